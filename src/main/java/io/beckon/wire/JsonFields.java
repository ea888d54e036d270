// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import static tools.jackson.core.JsonToken.END_OBJECT;
import static tools.jackson.core.JsonToken.START_OBJECT;

import io.beckon.event.AttributeType;
import io.beckon.event.RecordType;
import io.beckon.event.Slots;
import io.beckon.wire.EventDecoder.Refusal;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads declared fields out of JSON objects in one pass, by a tree of their paths. */
final class JsonFields implements RawFields {
  /** A name on the way to fields. */
  private static final class Node {
    final Map<String, Node> children = new HashMap<>();
    int[] slots = {};
    boolean isId;
  }

  private final Node root = new Node();
  private final Slots slots;
  private final int[] declared;
  private final boolean[] wrong;
  private @Nullable String id;
  private boolean idFits;

  JsonFields(RecordType raw, List<Field> fields, Optional<List<String>> idPath) {
    this.slots = new Slots(raw);
    this.wrong = new boolean[raw.size()];
    this.declared = fields.stream().mapToInt(Field::slot).toArray();
    for (Field field : fields) {
      Node node = node(field.path());
      node.slots = Arrays.copyOf(node.slots, node.slots.length + 1);
      node.slots[node.slots.length - 1] = field.slot();
    }
    idPath.ifPresent(path -> node(path).isId = true);
  }

  private Node node(List<String> path) {
    Node node = root;
    for (String name : path) {
      node = node.children.computeIfAbsent(name, unknown -> new Node());
    }
    return node;
  }

  @Override
  public List<String> header(RawRecord record) {
    return List.of();
  }

  @Override
  public @Nullable Refusal read(RawRecord record) {
    for (int slot : declared) {
      slots.clear(slot);
      wrong[slot] = false;
    }
    id = null;
    idFits = true;
    if (!JsonValues.isText(record.bytes())) {
      return broken("not UTF-8 text");
    }
    try (JsonParser parser = JsonValues.parser(record.bytes())) {
      if (parser.nextToken() != START_OBJECT) {
        return broken("not a JSON object");
      }
      object(parser, root);
      return parser.nextToken() == null ? null : broken("more than one JSON value");
    } catch (JacksonException e) {
      return broken(JsonValues.broken(e));
    }
  }

  private static Refusal broken(String detail) {
    return new Refusal(DeadLetterReason.BROKEN_RECORD, detail);
  }

  private void object(JsonParser parser, Node node) throws JacksonException {
    while (parser.nextToken() != END_OBJECT) {
      Node child = node.children.get(parser.currentName());
      JsonToken token = parser.nextToken();
      if (child == null) {
        parser.skipChildren();
      } else {
        value(parser, token, child);
      }
    }
  }

  private void value(JsonParser parser, JsonToken token, Node node) throws JacksonException {
    if (node.isId) {
      id(parser, token);
    }
    if (token == START_OBJECT && !node.children.isEmpty()) {
      for (int slot : node.slots) {
        wrong[slot] = true;
      }
      object(parser, node);
      return;
    }
    if (!node.children.isEmpty()) {
      below(node, token != JsonToken.VALUE_NULL && !isEmptyText(parser, token));
    }
    if (node.slots.length == 0) {
      parser.skipChildren();
    } else if (token.isStructStart() && node.slots.length > 1) {
      several(parser, token, node);
    } else {
      for (int slot : node.slots) {
        wrong[slot] = !JsonValues.set(parser, token, slots, slot);
      }
    }
  }

  /** One list read by several fields: the stream is read once, so the first one's is taken over. */
  private void several(JsonParser parser, JsonToken token, Node node) throws JacksonException {
    int first = node.slots[0];
    wrong[first] = !JsonValues.set(parser, token, slots, first);
    for (int slot : node.slots) {
      AttributeType type = slots.type().attribute(slot).type();
      wrong[slot] = wrong[first] || type != slots.type().attribute(first).type();
      if (type == AttributeType.STRING_LIST) {
        slots.setStrings(slot, slots.stringsAt(first));
      } else if (type == AttributeType.INT_LIST) {
        slots.setInts(slot, slots.intsAt(first));
      }
    }
  }

  private static boolean isEmptyText(JsonParser parser, JsonToken token) throws JacksonException {
    return token == JsonToken.VALUE_STRING && parser.getStringLength() == 0;
  }

  /** The fields below a name that holds no object: missing, or wrong if it holds something else. */
  private void below(Node node, boolean isWrong) {
    for (Node child : node.children.values()) {
      for (int slot : child.slots) {
        slots.clear(slot);
        wrong[slot] = isWrong;
      }
      below(child, isWrong);
    }
  }

  private void id(JsonParser parser, JsonToken token) throws JacksonException {
    idFits = token.isScalarValue();
    id = idFits ? JsonValues.name(parser, token) : null;
    idFits &= id == null || Utf8.isText(id);
  }

  @Override
  public Slots slots() {
    return slots;
  }

  @Override
  public int wrongSlot() {
    for (int slot : declared) {
      if (wrong[slot]) {
        return slot;
      }
    }
    return -1;
  }

  @Override
  public @Nullable String id() {
    return id;
  }

  @Override
  public boolean idFits() {
    return idFits;
  }
}
