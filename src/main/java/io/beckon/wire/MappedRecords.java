// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import io.beckon.event.Attribute;
import io.beckon.event.AttributeType;
import io.beckon.event.Catalogue;
import io.beckon.event.EventType;
import io.beckon.event.RecordType;
import io.beckon.event.Slots;
import io.beckon.language.JobDefinition.Format;
import io.beckon.language.JobDefinition.SourceDefinition;
import io.beckon.language.Mapping;
import io.beckon.language.Mapping.AttributeMapping;
import io.beckon.language.expression.Expression;
import io.beckon.language.expression.Frame;
import io.beckon.language.expression.Scope;
import io.beckon.wire.EventDecoder.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads raw records through a mapping. Only declared fields that the mapping reads are looked at.
 */
final class MappedRecords implements EventDecoder.RecordReader {
  private static final int TYPE = 0;
  private static final int USER = 1;
  private static final int TIME = 2;
  private static final RecordType HEAD =
      RecordType.of(
          "head",
          List.of(
              Attribute.optional("type", AttributeType.STRING),
              Attribute.optional("user", AttributeType.STRING),
              Attribute.optional("time", AttributeType.TIMESTAMP)));

  private final Catalogue catalogue;
  private final Mapping mapping;
  private final RawFields fields;
  private final Frame frame;
  private final Slots head = new Slots(HEAD);
  private final AttributeMapping[][] byType;
  private final String idName;
  private @Nullable EventType type;
  private @Nullable Slots attributes;

  MappedRecords(
      Catalogue catalogue, SourceDefinition source, Mapping mapping, Optional<String> idField) {
    Format format = source.format();
    this.catalogue = catalogue;
    this.mapping = mapping;
    this.idName = idField.map(name -> "field `" + name + "`").orElse("id");
    List<Expression> expressions =
        new ArrayList<>(List.of(mapping.type(), mapping.user(), mapping.time()));
    mapping.attributes().forEach(each -> expressions.add(each.value()));
    boolean[] used = new boolean[mapping.raw().size()];
    for (Expression expression : expressions) {
      expression.reads().forEach(read -> used[read.slot()] = true);
    }
    Optional<List<String>> idPath = idField.map(name -> idPath(mapping, format, name));
    List<RawFields.Field> declared = new ArrayList<>();
    for (int slot = 0; slot < used.length; slot++) {
      if (used[slot]) {
        declared.add(new RawFields.Field(slot, mapping.paths().get(slot)));
      }
    }
    this.fields =
        switch (format) {
          case JSONL -> new JsonFields(mapping.raw(), declared, idPath);
          case CSV -> new CsvFields(mapping.raw(), declared, idPath);
          case AVRO -> new AvroFields(mapping.raw(), declared, idPath, source.avro().orElseThrow());
        };
    this.frame = new Frame(Scope.raw(mapping.raw())).set(0, fields.slots());
    this.byType = new AttributeMapping[catalogue.types().size()][];
    for (EventType each : catalogue.types()) {
      byType[each.index()] =
          mapping.attributes().stream()
              .filter(attribute -> attribute.type().equals(each))
              .toArray(AttributeMapping[]::new);
    }
  }

  /** The path of a declared field, or else the name taken for a path. */
  private static List<String> idPath(Mapping mapping, Format format, String name) {
    int slot = mapping.raw().indexOf(name);
    if (slot >= 0) {
      return mapping.paths().get(slot);
    }
    return format == Format.CSV ? List.of(name) : List.of(name.split("\\.", -1));
  }

  @Override
  public List<String> header(RawRecord record) {
    return fields.header(record);
  }

  @Override
  public @Nullable Refusal read(RawRecord record) {
    Refusal refusal = fields.read(record);
    if (refusal != null) {
      return refusal;
    }
    int wrong = fields.wrongSlot();
    if (wrong >= 0) {
      Attribute field = mapping.raw().attribute(wrong);
      return wrong(
          "field `"
              + field.name()
              + "` is not "
              + Values.expected(field.type())
              + fields.instead(wrong));
    }
    if (!mapping.type().into(frame, head, TYPE)) {
      return new Refusal(DeadLetterReason.NO_TYPE, "`map.type` gives nothing");
    }
    String name = head.stringAt(TYPE);
    EventType known = catalogue.type(mapping.types().getOrDefault(name, name)).orElse(null);
    type = known;
    if (known == null) {
      return new Refusal(
          DeadLetterReason.UNKNOWN_TYPE, "what `map.type` gives is not in the catalogue");
    }
    if (!mapping.user().into(frame, head, USER)) {
      return new Refusal(DeadLetterReason.NO_USER, "`map.user` gives nothing");
    }
    if (!mapping.time().into(frame, head, TIME)) {
      return new Refusal(DeadLetterReason.NO_TIME, "`map.time` gives nothing");
    }
    return map(known);
  }

  private @Nullable Refusal map(EventType known) {
    Slots slots = new Slots(known.record());
    attributes = slots;
    for (AttributeMapping each : byType[known.index()]) {
      if (each.value().into(frame, slots, each.slot()) && !fits(slots, each)) {
        Attribute attribute = known.record().attribute(each.slot());
        return wrong(
            "attribute `" + attribute.name() + "` is not " + Values.expected(attribute.type()));
      }
    }
    return fields.idFits() ? null : wrong(idName + " is neither text nor a number");
  }

  /** Whether a computed value keeps within what values as they come must keep within. */
  private static boolean fits(Slots slots, AttributeMapping each) {
    int slot = each.slot();
    return switch (slots.type().attribute(slot).type()) {
      case DECIMAL ->
          each.value().type() == AttributeType.DECIMAL || Values.fits(slots.numberAt(slot));
      case DOUBLE -> Double.isFinite(slots.doubleAt(slot));
      case TIMESTAMP ->
          slots.longAt(slot) >= Rfc3339.LEAST_MS && slots.longAt(slot) <= Rfc3339.MOST_MS;
      case STRING, INT, BOOL, DURATION, STRING_LIST, INT_LIST -> true;
    };
  }

  private static Refusal wrong(String detail) {
    return new Refusal(DeadLetterReason.WRONG_VALUE, detail);
  }

  @Override
  public EventType type() {
    return Objects.requireNonNull(type);
  }

  @Override
  public String user() {
    return head.stringAt(USER);
  }

  @Override
  public long timeMs() {
    return head.longAt(TIME);
  }

  @Override
  public Slots attributes() {
    return Objects.requireNonNull(attributes);
  }

  @Override
  public @Nullable String id() {
    return fields.id();
  }

  @Override
  public String idName() {
    return idName;
  }
}
