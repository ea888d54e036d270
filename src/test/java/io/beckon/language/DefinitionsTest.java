// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.calendar.Durations;
import io.beckon.event.Event;
import io.beckon.event.EventType;
import io.beckon.language.Intervention.Param;
import io.beckon.language.Intervention.Part;
import io.beckon.language.JobDefinition.Clock;
import io.beckon.language.JobDefinition.Format;
import io.beckon.language.JobDefinition.IdRule;
import io.beckon.language.JobDefinition.Order;
import io.beckon.language.JobDefinition.TimeSettings;
import io.beckon.language.TestDefinition.Expected;
import io.beckon.language.TestDefinition.ExpectedField;
import io.beckon.language.TriggerDefinition.Cooldown;
import io.beckon.language.TriggerDefinition.Lane;
import io.beckon.language.TriggerDefinition.Mode;
import io.beckon.language.diagnostics.Problem;
import io.beckon.language.diagnostics.Rendering;
import io.beckon.language.diagnostics.Severity;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** The example job, read from end to end. */
class DefinitionsTest {
  private static final long HOUR_MS = 3_600_000;
  private static final long START_MS = Instant.parse("2026-01-05T12:00:00Z").toEpochMilli();

  private static Definitions.Loaded loaded(Map<String, String> files) {
    Definitions.Loaded loaded = JobFiles.load(files);
    List<Problem> errors =
        loaded.problems().sorted().stream().filter(p -> p.severity() == Severity.ERROR).toList();
    assertThat(errors).as(() -> Rendering.text(errors, JobFiles.sources(files))).isEmpty();
    return loaded;
  }

  private static JobDefinition shop() {
    return loaded(JobFiles.shop()).job().orElseThrow();
  }

  private static TriggerDefinition trigger(String id) {
    return shop().triggers().stream().filter(t -> t.id().equals(id)).findFirst().orElseThrow();
  }

  private static TestDefinition test(String name) {
    return loaded(JobFiles.shop()).tests().stream()
        .filter(t -> t.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void nothingIsWrong() {
    assertThat(loaded(JobFiles.shop()).problems().sorted()).isEmpty();
  }

  @Test
  void jobAndPolicy() {
    JobDefinition job = shop();
    assertThat(job.id()).isEqualTo("shop");
    assertThat(job.zone()).isEqualTo(ZoneId.of("Asia/Shanghai"));
    assertThat(job.time())
        .isEqualTo(
            new TimeSettings(
                10_000, HOUR_MS + 10_000, 600_000, 30_000, Order.SETTLED, Clock.REPLAY));
    assertThat(job.source().format()).isEqualTo(Format.CSV);
    assertThat(job.source().id()).isEqualTo(new IdRule.Content());
    Mapping mapping = job.source().mapping().orElseThrow();
    assertThat(mapping.raw().attributes())
        .extracting(a -> a.name())
        .containsExactly("ts_ms", "user", "type", "item", "value");
    assertThat(mapping.paths())
        .containsExactly(
            List.of("ts_ms"), List.of("user"), List.of("type"), List.of("item"), List.of("value"));
    assertThat(mapping.types())
        .isEqualTo(Map.of("view", "product_view", "cart", "add_to_cart", "buy", "purchase"));
    assertThat(mapping.attributes())
        .extracting(a -> a.type().name() + "." + a.type().record().attribute(a.slot()).name())
        .containsExactlyInAnyOrder(
            "product_view.item_id",
            "add_to_cart.item_id",
            "purchase.item_id",
            "product_view.price",
            "add_to_cart.price",
            "purchase.total");
  }

  @Test
  void absence() {
    TriggerDefinition trigger = trigger("browse-without-buy");
    assertThat(trigger.version()).isEqualTo(3);
    assertThat(trigger.owner()).isEqualTo("growth");
    assertThat(trigger.priority()).isEqualTo(40);
    assertThat(trigger.mode()).isEqualTo(Mode.LIVE);
    assertThat(trigger.lane()).isEqualTo(Lane.MARKETING);
    assertThat(trigger.maxInstances()).isEqualTo(64);
    assertThat(trigger.span().line()).isEqualTo(3);
    assertThat(trigger.active())
        .contains(
            new TriggerDefinition.ActiveDates(
                Optional.of(LocalDate.of(2026, 1, 1)), Optional.of(LocalDate.of(2026, 12, 31))));
    assertThat(trigger.cooldown()).contains(new Cooldown(7 * Durations.DAY_MS, false));
    assertThat(trigger.expiresInMs()).isEqualTo(OptionalLong.of(12 * HOUR_MS));
    assertThat(trigger.audience().orElseThrow().text())
        .isEqualTo("user.tier != \"blocked\" && moment.count >= 3");
    assertThat(trigger.cancelOn())
        .extracting(e -> e.selector().type().name() + e.match())
        .containsExactly("purchase[item_id]", "complaint_opened[]");
    When.Absence absence = (When.Absence) trigger.when();
    assertThat(absence.forMs()).isEqualTo(2 * HOUR_MS);
    assertThat(absence.onRepeat()).isEqualTo(When.OnRepeat.RESTART);
    assertThat(absence.match()).containsExactly("item_id");
    assertThat(absence.of().match()).containsExactly("item_id");
    When.Count count = (When.Count) absence.after();
    assertThat(count.atLeast()).isEqualTo(3);
    assertThat(count.withinMs()).isEqualTo(HOUR_MS / 2);
    assertThat(count.event().where().orElseThrow().text()).isEqualTo("event.price >= 50.0");
  }

  @Test
  void interventionAndItsParams() {
    Intervention then = trigger("browse-without-buy").then();
    assertThat(then.kind()).isEqualTo(Intervention.Kind.COUPON);
    assertThat(then.channel()).contains("push");
    assertThat(then.template()).contains("browse-comeback");
    assertThat(then.fields())
        .containsExactly(
            new Intervention.Field("offer", "COME-BACK-10"),
            new Intervention.Field("value", new BigDecimal("10.00")));
    assertThat(then.params()).extracting(Param::name).containsExactly("item", "looks");
    List<Part> looks = then.params().get(1).parts();
    assertThat(looks).hasSize(3);
    assertThat(looks.get(0)).isEqualTo(new Part.Text("seen "));
    assertThat(((Part.Computed) looks.get(1)).expression().text())
        .isEqualTo("string(moment.count)");
    assertThat(looks.get(2)).isEqualTo(new Part.Text(" times"));

    Intervention custom = trigger("many-opens").then();
    assertThat(custom.channel()).isEmpty();
    assertThat(custom.params().get(1).parts()).containsExactly(new Part.Text("7"));
    assertThat(custom.params().get(2).parts()).containsExactly(new Part.Text("${5}"));
  }

  @Test
  void otherShapes() {
    TriggerDefinition care = trigger("complaint-care");
    assertThat(care.urgent()).isTrue();
    assertThat(care.lane()).isEqualTo(Lane.SERVICE);
    assertThat(care.when()).isInstanceOf(When.OnEvent.class);

    TriggerDefinition spender = trigger("big-spender");
    When.Sum sum = (When.Sum) spender.when();
    assertThat(sum.of()).isEqualTo("total");
    assertThat(sum.atLeast()).isEqualByComparingTo("1000");
    assertThat(spender.goalWithinMs()).isEqualTo(OptionalLong.of(7 * Durations.DAY_MS));

    When.Distinct distinct = (When.Distinct) trigger("window-shopper").when();
    assertThat(distinct.of()).isEqualTo("item_id");
    assertThat(distinct.atLeast()).isEqualTo(10);

    TriggerDefinition cart = trigger("cart-after-look");
    assertThat(cart.mode()).isEqualTo(Mode.SHADOW);
    assertThat(cart.cooldown()).contains(new Cooldown(2 * Durations.DAY_MS, true));
    When.Sequence sequence = (When.Sequence) cart.when();
    assertThat(sequence.steps()).hasSize(2);
    assertThat(sequence.without().orElseThrow().match()).isEmpty();
  }

  @Test
  void withoutInheritsTheMatchOfItsSequence() {
    Map<String, String> files = JobFiles.shop();
    files.computeIfPresent(
        "triggers/cart-after-look.yaml", (name, text) -> text.replace(", match: []", ""));
    When.Sequence sequence =
        (When.Sequence)
            loaded(files).job().orElseThrow().triggers().stream()
                .filter(t -> t.id().equals("cart-after-look"))
                .findFirst()
                .orElseThrow()
                .when();
    assertThat(sequence.without().orElseThrow().match()).containsExactly("item_id");
  }

  @Test
  void testsInTheOrderOfFilesAndPlaces() {
    assertThat(loaded(JobFiles.shop()).tests())
        .extracting(TestDefinition::trigger)
        .containsExactly(
            "big-spender",
            "browse-without-buy",
            "browse-without-buy",
            "cart-after-look",
            "complaint-care");
  }

  @Test
  void testEventsAreRepeatedAndNumbered() {
    TestDefinition test = test("bought within two hours, so nothing");
    assertThat(test.startMs()).isEqualTo(START_MS);
    assertThat(test.events())
        .extracting(Event::id, e -> e.type().name(), e -> e.timeMs() - START_MS)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("e1", "product_view", 0L),
            org.assertj.core.groups.Tuple.tuple("e2", "product_view", 300_000L),
            org.assertj.core.groups.Tuple.tuple("e3", "product_view", 600_000L),
            org.assertj.core.groups.Tuple.tuple("e4", "purchase", 5_400_000L));
    EventType view = test.events().get(0).type();
    assertThat(test.events().get(0).attributes().stringAt(view.record().indexOf("item_id")))
        .isEqualTo("p1");
    assertThat(test.profile().stringAt(test.profile().type().indexOf("tier"))).isEqualTo("gold");
    assertThat(test.untilMs()).isEqualTo(OptionalLong.of(START_MS + Durations.DAY_MS));
    assertThat(test.expect().decisions()).contains(List.of());
    assertThat(test.expect().commands()).contains(List.of());
  }

  @Test
  void expectationsAndTheirPlaces() {
    TestDefinition test = test("three looks and no purchase");
    List<Expected> decisions = test.expect().decisions().orElseThrow();
    assertThat(decisions).hasSize(1);
    assertThat(decisions.get(0).atMs())
        .isEqualTo(OptionalLong.of(START_MS + 2 * HOUR_MS + 600_000));
    assertThat(decisions.get(0).fields()).containsExactly(new ExpectedField("reason", "ISSUED"));
    assertThat(test.expect().commands().orElseThrow().get(0).fields())
        .containsExactly(new ExpectedField("kind", "coupon"), new ExpectedField("channel", "push"));
    String[] lines =
        JobFiles.shop().getOrDefault("triggers/browse-without-buy.yaml", "").split("\n");
    assertThat(lines[test.expect().span().line() - 1].strip()).isEqualTo("expect:");
    assertThat(lines[test.expect().endLine() - 1].strip())
        .isEqualTo("commands: [{kind: coupon, channel: push}]");
    TestDefinition flow = test("bought within two hours, so nothing");
    String line = lines[flow.expect().span().line() - 1];
    assertThat(line.substring(flow.expect().span().column() - 1))
        .hasSize(flow.expect().span().length())
        .isEqualTo("expect: {decisions: [], commands: []}");
  }

  @Test
  void eventsAreReadWhenTheyArriveAndPaddedIdsKeepTheOrderWritten() {
    Map<String, String> files = JobFiles.shop();
    files.computeIfPresent(
        "triggers/complaint-care.yaml",
        (name, text) ->
            text.substring(0, text.indexOf("tests:"))
                + """
                tests:
                  - name: order
                    start: 2026-03-29T00:30:00+01:00
                    history: [{at: -3d, event: app_open}]
                    events:
                      - {at: 0m, event: app_open, arrives: 2h10m, id: late}
                      - {at: "2026-03-29T01:30:00+01:00", event: app_open, times: 9, every: 1s}
                      - {at: 2h10m, event: app_open}
                    expect: {decisions: []}
                """);
    TestDefinition test =
        loaded(files).tests().stream()
            .filter(t -> t.name().equals("order"))
            .findFirst()
            .orElseThrow();
    assertThat(test.startMs()).isEqualTo(Instant.parse("2026-03-28T23:30:00Z").toEpochMilli());
    assertThat(test.untilMs()).isEmpty();
    assertThat(test.expect().commands()).isEmpty();
    assertThat(test.events())
        .extracting(Event::id)
        .containsExactly(
            "e01", "e03", "e04", "e05", "e06", "e07", "e08", "e09", "e10", "e11", "late", "e12");
    assertThat(test.events().get(0).timeMs()).isEqualTo(test.startMs() - 3 * Durations.DAY_MS);
    assertThat(test.events().get(1).timeMs()).isEqualTo(test.startMs() + HOUR_MS);
    assertThat(test.events().get(10).timeMs()).isEqualTo(test.startMs());
  }

  @Test
  void withoutMappingRecordsAreEventsAndDefaultsHold() {
    JobDefinition job =
        loaded(
                Map.of(
                    "job.yaml",
                    "{apiVersion: beckon/v1, kind: Job, id: j, source: {id: row}}",
                    "events.yaml",
                    "{apiVersion: beckon/v1, kind: Events, events: {ping: }}"))
            .job()
            .orElseThrow();
    assertThat(job.source())
        .isEqualTo(
            new JobDefinition.SourceDefinition(Format.JSONL, new IdRule.Row(), Optional.empty()));
    assertThat(job.time())
        .isEqualTo(
            new TimeSettings(10_000, HOUR_MS + 10_000, 600_000, 30_000, Order.SETTLED, Clock.LIVE));
    assertThat(job.zone()).isEqualTo(ZoneOffset.UTC);
    assertThat(job.triggers()).isEmpty();
    assertThat(job.catalogue().type("ping")).isPresent();
  }
}
