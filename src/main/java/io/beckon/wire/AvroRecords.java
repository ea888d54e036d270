// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import io.beckon.event.Attribute;
import io.beckon.event.AttributeType;
import io.beckon.event.Catalogue;
import io.beckon.event.RecordType;
import io.beckon.event.Slots;
import io.beckon.language.JobDefinition.AvroSource;
import io.beckon.wire.AvroInput.BrokenException;
import io.beckon.wire.AvroType.Kind;
import io.beckon.wire.EventDecoder.Refusal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads records of Avro with the fields {@code id, type, user, time, attributes}, in any order,
 * {@code attributes} being a record or a map.
 */
final class AvroRecords extends CanonicalReader {
  private static final int TIME = 0;
  private static final RecordType HEAD =
      RecordType.of("head", List.of(Attribute.optional("time", AttributeType.TIMESTAMP)));

  private final AvroFrame frame;
  private final AvroValues.Name name = new AvroValues.Name();
  private final Slots head = new Slots(HEAD);

  AvroRecords(Catalogue catalogue, AvroSource source) {
    super(catalogue);
    this.frame = new AvroFrame(source);
  }

  @Override
  public @Nullable Refusal read(RawRecord record) {
    clear();
    Refusal refusal = frame.open(record.bytes());
    if (refusal != null) {
      return refusal;
    }
    AvroInput in = frame.body();
    try {
      int attributesAt = -1;
      int attributesField = -1;
      AvroType envelope = frame.type();
      in.enter();
      for (int i = 0; i < envelope.size(); i++) {
        AvroType field = envelope.part(i);
        switch (envelope.name(i)) {
          case "type" -> {
            name.read(in, field);
            typeFits = name.isText();
            typeName = name.text();
          }
          case "user" -> {
            name.read(in, field);
            userFits = name.fits();
            user = name.text();
          }
          case "id" -> {
            name.read(in, field);
            idFits = name.fits();
            id = name.text();
          }
          case "time" -> {
            timeFits = AvroValues.set(in, field, head, TIME);
            timed = timeFits && head.has(TIME);
            timeMs = head.longAt(TIME);
          }
          case "attributes" -> {
            attributesAt = in.position();
            attributesField = i;
            AvroValues.skip(in, field);
          }
          default -> AvroValues.skip(in, field);
        }
      }
      in.leave();
      refusal = frame.close();
      if (refusal != null) {
        return refusal;
      }
      type = typeName == null ? null : catalogue.type(typeName).orElse(null);
      refusal = checkType();
      if (refusal != null) {
        return refusal;
      }
      if (attributesField >= 0) {
        // Only now is it known what they are.
        in.seek(attributesAt);
        attributes(in, envelope.part(attributesField));
      }
    } catch (BrokenException e) {
      return AvroFrame.broken(String.valueOf(e.getMessage()));
    }
    return check();
  }

  private void attributes(AvroInput in, AvroType written) throws BrokenException {
    AvroType found = AvroValues.branch(in, written);
    switch (found.kind()) {
      case RECORD -> {
        Slots slots = new Slots(type().record());
        attributes = slots;
        for (int i = 0; i < found.size(); i++) {
          attribute(in, found.part(i), found.name(i), slots);
        }
      }
      case MAP -> {
        Slots slots = new Slots(type().record());
        attributes = slots;
        for (long left = in.readBlock(); left > 0; left = in.readBlock()) {
          for (; left > 0; left--) {
            String key = AvroValues.key(in);
            attribute(in, found.part(0), key, slots);
          }
        }
      }
      default -> attributesFit = found.kind() == Kind.NULL;
    }
  }

  private void attribute(AvroInput in, AvroType written, String key, Slots slots)
      throws BrokenException {
    int slot = slots.type().indexOf(key);
    if (slot < 0) {
      AvroValues.skip(in, written);
    } else if (!AvroValues.set(in, written, slots, slot) && wrongSlot < 0) {
      wrongSlot = slot;
    }
  }
}
