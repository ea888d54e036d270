// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import io.beckon.event.Attribute;
import io.beckon.event.Catalogue;
import io.beckon.event.EventType;
import io.beckon.event.Slots;
import io.beckon.wire.EventDecoder.Refusal;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What is the same of records {@code {id, type, user, time, attributes}} in every format. */
abstract sealed class CanonicalReader implements EventDecoder.RecordReader
    permits CanonicalRecords, AvroRecords {
  final Catalogue catalogue;
  @Nullable EventType type;
  @Nullable String typeName;
  @Nullable String user;
  @Nullable String id;
  @Nullable Slots attributes;
  long timeMs;
  boolean timed;
  boolean typeFits;
  boolean userFits;
  boolean idFits;
  boolean timeFits;
  boolean attributesFit;
  int wrongSlot;

  CanonicalReader(Catalogue catalogue) {
    this.catalogue = catalogue;
  }

  /** Forgets the record before. */
  final void clear() {
    type = null;
    typeName = null;
    user = null;
    id = null;
    attributes = null;
    timed = false;
    typeFits = true;
    userFits = true;
    idFits = true;
    timeFits = true;
    attributesFit = true;
    wrongSlot = -1;
  }

  @Override
  public final List<String> header(RawRecord record) {
    return List.of();
  }

  static Refusal wrong(String detail) {
    return new Refusal(DeadLetterReason.WRONG_VALUE, detail);
  }

  final @Nullable Refusal checkType() {
    if (!typeFits) {
      return wrong("`type` is not text");
    }
    if (typeName == null) {
      return new Refusal(DeadLetterReason.NO_TYPE, "`type` is missing");
    }
    return type == null
        ? new Refusal(DeadLetterReason.UNKNOWN_TYPE, "`type` is not in the catalogue")
        : null;
  }

  final @Nullable Refusal check() {
    if (!userFits) {
      return wrong("`user` is neither text nor a whole number");
    }
    if (user == null) {
      return new Refusal(DeadLetterReason.NO_USER, "`user` is missing");
    }
    if (!timeFits) {
      return wrong("`time` is not an RFC 3339 time or epoch milliseconds");
    }
    if (!timed) {
      return new Refusal(DeadLetterReason.NO_TIME, "`time` is missing");
    }
    if (!attributesFit) {
      return wrong("`attributes` is not an object");
    }
    if (wrongSlot >= 0) {
      Attribute attribute = type().record().attribute(wrongSlot);
      return wrong(
          "attribute `" + attribute.name() + "` is not " + Values.expected(attribute.type()));
    }
    return idFits ? null : wrong("`id` is neither text nor a whole number");
  }

  @Override
  public final EventType type() {
    return Objects.requireNonNull(type);
  }

  @Override
  public final String user() {
    return Objects.requireNonNull(user);
  }

  @Override
  public final long timeMs() {
    return timeMs;
  }

  @Override
  public final Slots attributes() {
    return Optional.ofNullable(attributes).orElseGet(() -> new Slots(type().record()));
  }

  @Override
  public final @Nullable String id() {
    return id;
  }

  @Override
  public final String idName() {
    return "`id`";
  }
}
