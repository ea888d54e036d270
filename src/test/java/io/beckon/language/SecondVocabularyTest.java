// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.beckon.calendar.Durations;
import io.beckon.event.Attribute;
import io.beckon.event.AttributeType;
import io.beckon.event.Slots;
import io.beckon.language.JobDefinition.ObserveFrom;
import io.beckon.language.JobDefinition.SendFrom;
import io.beckon.language.JobDefinition.Timezone;
import io.beckon.language.TestDefinition.Happens;
import io.beckon.language.TestDefinition.Updates;
import io.beckon.language.diagnostics.Rendering;
import io.beckon.language.diagnostics.Severity;
import io.beckon.language.expression.Expression;
import io.beckon.language.expression.Frame;
import io.beckon.language.expression.Scope;
import io.beckon.language.expression.Verdict;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Signals, the shapes that time, signals and profiles make, warm-up and retention. */
class SecondVocabularyTest {
  private static final long DAY = Durations.DAY_MS;
  private static final Map<String, String> HABITS =
      JobFiles.read(Path.of("src", "test", "resources", "jobs", "habits"));

  private static Definitions.Loaded loaded(Map<String, String> files) {
    Definitions.Loaded loaded = JobFiles.load(files);
    assertThat(loaded.problems().sorted())
        .as(() -> Rendering.text(loaded.problems().sorted(), JobFiles.sources(files)))
        .noneMatch(problem -> problem.severity() == Severity.ERROR);
    return loaded;
  }

  private static JobDefinition job() {
    return loaded(HABITS).job().orElseThrow();
  }

  private static TriggerDefinition trigger(String id) {
    return job().triggers().stream().filter(t -> t.id().equals(id)).findFirst().orElseThrow();
  }

  private static List<String> types(List<Selector> selectors) {
    return selectors.stream().map(selector -> selector.type().name()).toList();
  }

  private static List<String> moment(When when) {
    return when.momentType().attributes().stream().map(Attribute::name).toList();
  }

  @Test
  void jobWideSettings() {
    JobDefinition job = job();
    assertThat(job.timezone())
        .isEqualTo(new Timezone(Optional.of("timezone"), ZoneId.of("Europe/Berlin")));
    assertThat(job.zone()).isEqualTo(ZoneId.of("Europe/Berlin"));
    assertThat(job.retentionMs()).isEqualTo(200 * DAY);
    assertThat(job.time().observeFrom()).contains(new ObserveFrom.Earliest());
    assertThat(job.time().sendFrom())
        .contains(new SendFrom.At(Instant.parse("2026-02-28T23:00:00Z").toEpochMilli()));
    JobDefinition copy = job.replayed().withTriggers(List.of());
    assertThat(copy.signals()).isSameAs(job.signals());
    assertThat(copy.timezone()).isEqualTo(job.timezone());
    assertThat(copy.retentionMs()).isEqualTo(job.retentionMs());
    assertThat(copy.time().sendFrom()).isEqualTo(job.time().sendFrom());
  }

  @Test
  void withoutAnyOfItNothingIsWarmedUpAndThereAreNoSignals() {
    JobDefinition job = loaded(JobFiles.shop()).job().orElseThrow();
    assertThat(job.time().observeFrom()).isEmpty();
    assertThat(job.time().sendFrom()).isEmpty();
    assertThat(job.retentionMs()).isEqualTo(400 * DAY);
    assertThat(job.signals().all()).isEmpty();
  }

  @Test
  void startsMayBeInstants() {
    Map<String, String> files = new TreeMap<>(HABITS);
    files.computeIfPresent(
        "job.yaml",
        (name, text) ->
            text.replace("observe_from: earliest", "observe_from: 2026-02-01T00:00:00Z")
                .replaceAll("send_from: \"[^\"]*\"", "send_from: now"));
    JobDefinition job = loaded(files).job().orElseThrow();
    assertThat(job.time().observeFrom())
        .contains(new ObserveFrom.At(Instant.parse("2026-02-01T00:00:00Z").toEpochMilli()));
    assertThat(job.time().sendFrom()).contains(new SendFrom.Now());
  }

  @Test
  void signalsByName() {
    Signals signals = job().signals();
    assertThat(signals.all())
        .extracting(SignalDefinition::name, SignalDefinition::type)
        .containsExactly(
            tuple("basket", AttributeType.DOUBLE),
            tuple("cheapest", AttributeType.DECIMAL),
            tuple("days_28", AttributeType.INT),
            tuple("dearest", AttributeType.DECIMAL),
            tuple("first_order", AttributeType.TIMESTAMP),
            tuple("items_7d", AttributeType.INT),
            tuple("last_item", AttributeType.STRING),
            tuple("last_order", AttributeType.DURATION),
            tuple("level", AttributeType.DOUBLE),
            tuple("order_gap", AttributeType.DOUBLE),
            tuple("orders_90d", AttributeType.INT),
            tuple("ratio", AttributeType.DOUBLE),
            tuple("spend_90d", AttributeType.DECIMAL),
            tuple("usual_hour", AttributeType.INT));
    for (int i = 0; i < signals.all().size(); i++) {
      assertThat(signals.type().indexOf(signals.all().get(i).name())).isEqualTo(i);
      assertThat(signals.type().attribute(i).type()).isEqualTo(signals.all().get(i).type());
    }
  }

  private static SignalMeasure measure(JobDefinition job, String name) {
    return job.signals().all().stream()
        .filter(signal -> signal.name().equals(name))
        .findFirst()
        .orElseThrow()
        .measure();
  }

  @Test
  void measures() {
    JobDefinition job = job();
    Selector purchase =
        new Selector(job.catalogue().type("purchase").orElseThrow(), Optional.empty());
    Selector open = new Selector(job.catalogue().type("app_open").orElseThrow(), Optional.empty());
    assertThat(measure(job, "orders_90d"))
        .isEqualTo(new SignalMeasure.Count(List.of(purchase), 90 * DAY));
    SignalMeasure.Statistic spend = (SignalMeasure.Statistic) measure(job, "spend_90d");
    assertThat(spend.kind()).isEqualTo(SignalMeasure.Kind.SUM);
    assertThat(spend.of()).isEqualTo("total");
    assertThat(spend.events().get(0).where().map(Expression::text)).contains("event.total > 0.0");
    assertThat(measure(job, "basket"))
        .isEqualTo(
            new SignalMeasure.Statistic(
                SignalMeasure.Kind.AVG, List.of(purchase), "total", 365 * DAY));
    assertThat(((SignalMeasure.Statistic) measure(job, "dearest")).of()).isEqualTo("price");
    assertThat(types(measure(job, "items_7d").events()))
        .containsExactly("product_view", "purchase");
    assertThat(measure(job, "first_order"))
        .isEqualTo(new SignalMeasure.First(List.of(purchase), Optional.empty()));
    assertThat(measure(job, "last_item"))
        .isEqualTo(new SignalMeasure.Last(List.of(purchase), Optional.of("item_id")));
    assertThat(measure(job, "last_order")).isEqualTo(new SignalMeasure.Since(List.of(purchase)));
    assertThat(measure(job, "order_gap"))
        .isEqualTo(new SignalMeasure.OwnGap(List.of(purchase), OptionalLong.of(30 * DAY), 3));
    assertThat(measure(job, "days_28")).isEqualTo(new SignalMeasure.ActiveDays(List.of(open), 28));
    assertThat(measure(job, "level"))
        .isEqualTo(
            new SignalMeasure.ActivityLevel(List.of(open), 28 * DAY, OptionalLong.of(14 * DAY)));
    assertThat(measure(job, "ratio"))
        .isEqualTo(new SignalMeasure.DropRatio(List.of(open), 7 * DAY, 28 * DAY, 0.05));
    assertThat(measure(job, "usual_hour")).isEqualTo(new SignalMeasure.BusiestHour(List.of(open)));
  }

  @Test
  void inactiveByOwnGapAndByALength() {
    When.Inactive asleep = (When.Inactive) trigger("asleep").when();
    assertThat(types(asleep.selectors())).containsExactly("app_open", "purchase");
    assertThat(asleep.match()).isEmpty();
    assertThat(asleep.hasEvent()).isFalse();
    assertThat(asleep.delay())
        .isEqualTo(
            new When.Wait.OwnGap(
                2.5, 7 * DAY, 2, 3, OptionalLong.of(3 * DAY), OptionalLong.of(60 * DAY)));
    assertThat(moment(asleep)).containsExactly("time", "since", "gap", "events");
    When.Inactive lapsed = (When.Inactive) trigger("lapsed").when();
    assertThat(lapsed.delay()).isEqualTo(new When.Wait.Fixed(14 * DAY));
    assertThat(moment(lapsed)).containsExactly("time", "since", "events");
  }

  @Test
  void dueHasAnEvent() {
    When.Due due = (When.Due) trigger("refill").when();
    assertThat(due.match()).containsExactly("item_id");
    assertThat(due.hasEvent()).isTrue();
    assertThat(due.delay())
        .isEqualTo(
            new When.Wait.OwnGap(1, 30 * DAY, 2, 2, OptionalLong.empty(), OptionalLong.empty()));
  }

  @Test
  void dropWithItsDefaults() {
    When.Drop drop = (When.Drop) trigger("cooling").when();
    assertThat(drop.measure()).isEqualTo(new When.Measure.Sum("total"));
    assertThat(List.of(drop.recentDays(), drop.baselineDays(), drop.minHistoryDays()))
        .containsExactly(7, 28, 35);
    assertThat(List.of(drop.by(), drop.minBaseline(), drop.clearAt()))
        .containsExactly(0.4, 1.5, 0.8);
    assertThat(moment(drop)).containsExactly("time", "recent", "baseline", "drop");
  }

  @Test
  void scoreMilestoneAndChanges() {
    When.Score score = (When.Score) trigger("churning").when();
    assertThat(score.index()).isEqualTo(job().signals().type().indexOf("level"));
    assertThat(score.line())
        .isEqualTo(new When.Line(false, new BigDecimal("0.1"), Optional.of(new BigDecimal("0.2"))));
    assertThat(score.forMs()).isEqualTo(2 * DAY);
    assertThat(moment(score)).containsExactly("time", "score");
    int birthday = job().catalogue().profile().indexOf("birthday");
    assertThat(trigger("birthday").when())
        .isEqualTo(new When.Milestone("birthday", birthday, true, -3, LocalTime.of(8, 30)));
    assertThat(moment(trigger("birthday").when())).containsExactly("time", "years", "date");
    assertThat(trigger("promoted").when())
        .isEqualTo(
            new When.Changes(
                "tier", 0, AttributeType.STRING, Optional.of("silver"), Optional.of("gold")));
    assertThat(moment(trigger("promoted").when())).containsExactly("time", "from", "to");
  }

  @Test
  void durationsAreComparedAndWritten() {
    Expression condition = trigger("refill").audience().orElseThrow();
    JobDefinition job = job();
    Slots event = new Slots(job.catalogue().type("purchase").orElseThrow().record());
    event.setDecimal(event.type().indexOf("total"), BigDecimal.TEN);
    Slots signals = new Slots(job.signals().type());
    int slot = signals.type().indexOf("last_order");
    Frame frame =
        new Frame(
                Scope.moment(event.type(), job.catalogue().profile(), event.type(), signals.type()))
            .set(Scope.EVENT, event)
            .set(Scope.SIGNAL, signals);
    assertThat(condition.test(frame)).isEqualTo(Verdict.MISSING);
    signals.setLong(slot, 2 * DAY);
    assertThat(condition.test(frame)).isEqualTo(Verdict.FALSE);
    signals.setLong(slot, 2 * DAY + 1);
    assertThat(condition.test(frame)).isEqualTo(Verdict.TRUE);
    Intervention.Part.Computed since =
        (Intervention.Part.Computed) trigger("asleep").then().params().get(0).parts().get(0);
    assertThat(since.expression().evaluate(frame)).isEqualTo("172800.001s");
  }

  @Test
  void testsFixSignalsAndUpdateProfiles() {
    TestDefinition test = loaded(HABITS).tests().get(0);
    Slots signals = test.signals();
    assertThat(signals.longAt(signals.type().indexOf("last_order"))).isEqualTo(30 * DAY);
    assertThat(signals.numberAt(signals.type().indexOf("spend_90d"))).isEqualByComparingTo("10.5");
    assertThat(signals.has(signals.type().indexOf("level"))).isFalse();
    assertThat(test.events())
        .extracting(e -> e.id() + e.type().name())
        .containsExactly("e1app_open", "e2purchase");
    assertThat(test.inputs())
        .extracting(Object::getClass)
        .containsExactlyElementsOf(
            Arrays.asList(Happens.class, Updates.class, Happens.class, Updates.class));
    Updates first = (Updates) test.inputs().get(1);
    Updates second = (Updates) test.inputs().get(3);
    assertThat(first.timeMs()).isEqualTo(test.startMs() + DAY);
    assertThat(profile(first.profile())).containsExactly("gold", null, 631_897_200_000L, null);
    assertThat(profile(second.profile())).containsExactly("silver", null, 631_897_200_000L, null);
    assertThat(profile(test.profile())).containsExactly("gold", "Asia/Tokyo", null, null);
  }

  private static List<Object> profile(Slots slots) {
    Object[] values = new Object[slots.type().size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = slots.objectAt(i);
    }
    return Arrays.asList(values);
  }
}
