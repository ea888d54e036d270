// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.event.Attribute;
import io.beckon.event.AttributeType;
import io.beckon.event.Catalogue;
import io.beckon.event.EventType;
import io.beckon.event.RecordType;
import io.beckon.language.Ender;
import io.beckon.language.Intervention;
import io.beckon.language.JobDefinition;
import io.beckon.language.Selector;
import io.beckon.language.TriggerDefinition;
import io.beckon.language.When;
import io.beckon.language.diagnostics.Span;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** A job made by hand: who looks at an item and does not buy it within an hour is asked back. */
final class TestJobs {
  static final long LATENESS_MS = 10_000;
  static final long HOUR_MS = 3_600_000;

  private TestJobs() {}

  /** The job; two triggers, not in the order of their ids, of which one waits. */
  static JobDefinition shop() {
    return job(
        new JobDefinition.TimeSettings(
            LATENESS_MS,
            LATENESS_MS + HOUR_MS,
            600_000,
            30_000,
            JobDefinition.Order.SETTLED,
            JobDefinition.Clock.REPLAY),
        HOUR_MS);
  }

  private static JobDefinition job(JobDefinition.TimeSettings time, long forMs) {
    Catalogue catalogue =
        Catalogue.of(
            List.of(
                RecordType.of("view", List.of(Attribute.optional("item", AttributeType.STRING))),
                RecordType.of("buy", List.of(Attribute.optional("item", AttributeType.STRING))),
                RecordType.of("scroll", List.of(Attribute.optional("depth", AttributeType.INT)))),
            RecordType.of("user", List.of(Attribute.optional("tier", AttributeType.STRING))));
    List<String> item = List.of("item");
    When absence =
        new When.Absence(
            new When.OnEvent(all(catalogue, "view"), item),
            new Ender(all(catalogue, "buy"), item),
            forMs,
            When.OnRepeat.RESTART);
    When thanks = new When.Count(all(catalogue, "buy"), 2, 24 * HOUR_MS, List.of());
    return new JobDefinition(
        "shop",
        catalogue,
        time,
        new JobDefinition.SourceDefinition(
            JobDefinition.Format.JSONL, new JobDefinition.IdRule.Content(), Optional.empty()),
        ZoneOffset.UTC,
        List.of(trigger("thanks", thanks), trigger("come-back", absence)));
  }

  /** The shop on topics called after {@code id}, each source's after its name: {@code id.name}. */
  static JobDefinition live(String id, String servers, List<String> sources) {
    return onTopics(shop(), id, servers, sources, Optional.empty());
  }

  /** {@code shop} on topics. */
  static JobDefinition onTopics(
      JobDefinition shop,
      String id,
      String servers,
      List<String> sources,
      Optional<String> profiles) {
    return new JobDefinition(
        id,
        shop.catalogue(),
        shop.time(),
        sources.stream()
            .map(
                name ->
                    new JobDefinition.SourceDefinition(
                        name,
                        Optional.of(id + "." + name),
                        shop.source().format(),
                        shop.source().id(),
                        Optional.empty()))
            .toList(),
        Optional.of(
            new JobDefinition.LiveSettings(
                servers,
                id,
                false,
                Map.of(),
                Map.of(),
                new JobDefinition.Outputs(
                    id + ".commands",
                    id + ".decisions",
                    id + ".outcomes",
                    id + ".late",
                    id + ".dead-letters"),
                JobDefinition.Delivery.EXACTLY_ONCE,
                JobDefinition.Backend.ROCKSDB,
                profiles)),
        shop.zone(),
        shop.triggers());
  }

  /** The same job on live sources. */
  static JobDefinition live(long latenessMs, long quietAfterMs) {
    return live(latenessMs, quietAfterMs, HOUR_MS);
  }

  /** The same job on live sources, where who does not buy within {@code forMs} is asked back. */
  static JobDefinition live(long latenessMs, long quietAfterMs, long forMs) {
    return job(
        new JobDefinition.TimeSettings(
            latenessMs,
            latenessMs + HOUR_MS,
            600_000,
            quietAfterMs,
            JobDefinition.Order.SETTLED,
            JobDefinition.Clock.LIVE),
        forMs);
  }

  private static Selector all(Catalogue catalogue, String type) {
    EventType found = catalogue.type(type).orElseThrow();
    return new Selector(found, Optional.empty());
  }

  private static TriggerDefinition trigger(String id, When when) {
    return new TriggerDefinition(
        id,
        1,
        new Span("jobs/shop/triggers/" + id + ".yaml", 1, 1, 1),
        "tests",
        "A trigger of the tests.",
        TriggerDefinition.Mode.LIVE,
        Optional.empty(),
        TriggerDefinition.Lane.MARKETING,
        50,
        when,
        false,
        64,
        Optional.empty(),
        List.of(),
        Optional.empty(),
        OptionalLong.empty(),
        new Intervention(
            Intervention.Kind.MESSAGE, Optional.of("push"), Optional.of(id), List.of(), List.of()));
  }
}
