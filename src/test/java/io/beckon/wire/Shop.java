// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import io.beckon.event.Attribute;
import io.beckon.event.AttributeType;
import io.beckon.event.Catalogue;
import io.beckon.event.RecordType;
import io.beckon.language.JobDefinition;
import io.beckon.language.JobDefinition.Clock;
import io.beckon.language.JobDefinition.IdRule;
import io.beckon.language.JobDefinition.Order;
import io.beckon.language.JobDefinition.SourceDefinition;
import io.beckon.language.JobDefinition.TimeSettings;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;

/** A small catalogue to decode into. */
final class Shop {
  static final RecordType VIEW =
      RecordType.of(
          "view",
          List.of(
              Attribute.optional("item_id", AttributeType.STRING),
              Attribute.optional("price", AttributeType.DECIMAL),
              Attribute.optional("weight", AttributeType.DOUBLE),
              Attribute.optional("amount", AttributeType.INT),
              Attribute.optional("gift", AttributeType.BOOL),
              Attribute.optional("seen", AttributeType.TIMESTAMP),
              Attribute.optional("tags", AttributeType.STRING_LIST),
              Attribute.optional("sizes", AttributeType.INT_LIST)));
  static final RecordType PURCHASE =
      RecordType.of("purchase", List.of(new Attribute("total", AttributeType.DECIMAL, true)));
  static final RecordType USER =
      RecordType.of(
          "user",
          List.of(
              Attribute.optional("tier", AttributeType.STRING),
              Attribute.optional("age", AttributeType.INT)));
  static final Catalogue CATALOGUE = Catalogue.of(List.of(VIEW, PURCHASE), USER);

  private Shop() {}

  static JobDefinition job(SourceDefinition source) {
    return new JobDefinition(
        "shop",
        CATALOGUE,
        new TimeSettings(10_000, 3_610_000, 600_000, 30_000, Order.SETTLED, Clock.REPLAY),
        source,
        ZoneOffset.UTC,
        List.of());
  }

  static EventDecoder canonical(IdRule id) {
    return new EventDecoder(
        job(new SourceDefinition(JobDefinition.Format.JSONL, id, Optional.empty())));
  }

  static RawRecord record(String text) {
    return record(text.getBytes(StandardCharsets.UTF_8));
  }

  static RawRecord record(byte[] bytes) {
    return new RawRecord("events.jsonl", 7, bytes, RawRecord.Kind.RECORD);
  }
}
