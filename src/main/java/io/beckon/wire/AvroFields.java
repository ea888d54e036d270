// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import io.beckon.event.RecordType;
import io.beckon.event.Slots;
import io.beckon.language.JobDefinition.AvroSource;
import io.beckon.wire.AvroInput.BrokenException;
import io.beckon.wire.AvroType.Kind;
import io.beckon.wire.EventDecoder.Refusal;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads declared fields out of records in Avro in one pass, by a tree of their paths: names of
 * fields of records, or of entries of maps.
 */
final class AvroFields implements RawFields {
  /** A name on the way to fields. */
  private static final class Node {
    final Map<String, Node> children = new HashMap<>();
    int[] slots = {};
    boolean isId;
  }

  private final AvroFrame frame;
  private final Node root = new Node();
  private final Slots slots;
  private final int[] declared;
  private final boolean[] wrong;
  private final boolean[] bytes;
  private final AvroValues.Name id = new AvroValues.Name();

  AvroFields(RecordType raw, List<Field> fields, Optional<List<String>> idPath, AvroSource source) {
    this.frame = new AvroFrame(source);
    this.slots = new Slots(raw);
    this.wrong = new boolean[raw.size()];
    this.bytes = new boolean[raw.size()];
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
      bytes[slot] = false;
    }
    id.clear();
    Refusal refusal = frame.open(record.bytes());
    if (refusal != null) {
      return refusal;
    }
    try {
      inside(frame.body(), frame.type(), root);
    } catch (BrokenException e) {
      return AvroFrame.broken(String.valueOf(e.getMessage()));
    }
    return frame.close();
  }

  /** The fields or entries of a record or map. */
  private void inside(AvroInput in, AvroType type, Node node) throws BrokenException {
    in.enter();
    if (type.kind() == Kind.RECORD) {
      for (int i = 0; i < type.size(); i++) {
        child(in, type.part(i), node.children.get(type.name(i)));
      }
    } else {
      for (long left = in.readBlock(); left > 0; left = in.readBlock()) {
        for (; left > 0; left--) {
          child(in, type.part(0), node.children.get(AvroValues.key(in)));
        }
      }
    }
    in.leave();
  }

  private void child(AvroInput in, AvroType type, @Nullable Node node) throws BrokenException {
    if (node == null) {
      AvroValues.skip(in, type);
      return;
    }
    AvroType found = AvroValues.branch(in, type);
    boolean object = found.kind() == Kind.RECORD || found.kind() == Kind.MAP;
    int value = in.position();
    if (node.isId) {
      id.read(in, found);
      in.seek(value);
    }
    if (object && !node.children.isEmpty()) {
      for (int slot : node.slots) {
        slots.clear(slot);
        wrong[slot] = true;
      }
      inside(in, found, node);
      return;
    }
    if (!node.children.isEmpty()) {
      // Nothing below null and below empty text; anything else is no object.
      boolean nothing = found.kind() == Kind.NULL;
      if (found.kind() == Kind.STRING) {
        nothing = in.readLength() == 0;
      }
      below(node, !nothing);
    }
    in.seek(value);
    if (node.slots.length == 0) {
      AvroValues.skip(in, found);
    }
    for (int slot : node.slots) {
      in.seek(value);
      wrong[slot] = !AvroValues.set(in, found, slots, slot);
      bytes[slot] = found.kind() == Kind.BYTES || found.kind() == Kind.FIXED;
    }
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
  public String instead(int slot) {
    return bytes[slot] ? ", but bytes" : "";
  }

  @Override
  public @Nullable String id() {
    return id.text();
  }

  @Override
  public boolean idFits() {
    return id.fits();
  }
}
