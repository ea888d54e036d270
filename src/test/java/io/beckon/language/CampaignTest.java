// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.calendar.Durations;
import io.beckon.language.Intervention.Field;
import io.beckon.language.Intervention.Kind;
import io.beckon.language.Intervention.SendAt;
import io.beckon.language.Intervention.Variant;
import io.beckon.language.PolicyDefinition.Arbitration;
import io.beckon.language.PolicyDefinition.Budget;
import io.beckon.language.PolicyDefinition.Cap;
import io.beckon.language.PolicyDefinition.CapWindow;
import io.beckon.language.PolicyDefinition.Consent;
import io.beckon.language.PolicyDefinition.Exemption;
import io.beckon.language.PolicyDefinition.Holdout;
import io.beckon.language.PolicyDefinition.Holiday;
import io.beckon.language.PolicyDefinition.Mute;
import io.beckon.language.PolicyDefinition.Period;
import io.beckon.language.PolicyDefinition.Quiet;
import io.beckon.language.PolicyDefinition.Rate;
import io.beckon.language.PolicyDefinition.Selection;
import io.beckon.language.PolicyDefinition.Window;
import io.beckon.language.TestDefinition.Expected;
import io.beckon.language.TestDefinition.ExpectedField;
import io.beckon.language.TriggerDefinition.Lane;
import io.beckon.language.TriggerDefinition.Step;
import io.beckon.language.diagnostics.Rendering;
import io.beckon.language.expression.Expression;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** A job that decides, read from end to end. */
class CampaignTest {
  private static final long HOUR_MS = 3_600_000;

  private static Definitions.Loaded loaded(Map<String, String> files) {
    Definitions.Loaded loaded = JobFiles.load(files);
    assertThat(Rendering.text(loaded.problems().sorted(), JobFiles.sources(files)))
        .isEqualTo("definitions: 0 errors, 0 warnings\n");
    return loaded;
  }

  private static Definitions.Loaded campaign() {
    return loaded(files());
  }

  private static Map<String, String> files() {
    return JobFiles.read(JobFiles.SHOP.resolveSibling("campaign"));
  }

  private static PolicyDefinition policy() {
    return campaign().job().orElseThrow().policy();
  }

  private static TriggerDefinition trigger(String id) {
    return campaign().job().orElseThrow().triggers().stream()
        .filter(t -> t.id().equals(id))
        .findFirst()
        .orElseThrow();
  }

  private static BigDecimal decimal(String text) {
    return new BigDecimal(text);
  }

  private static Selection lane(Lane lane) {
    return new Selection(Optional.of(lane), Optional.empty(), Optional.empty(), Optional.empty());
  }

  @Test
  void consentAndQuietHours() {
    PolicyDefinition policy = policy();
    assertThat(policy.consent())
        .contains(new Consent(OptionalInt.of(2), OptionalInt.of(3), OptionalInt.of(4), false));
    assertThat(policy.quiet())
        .contains(
            new Quiet(
                List.of(new Window(22 * 60, 8 * 60), new Window(12 * 60 + 30, 13 * 60)),
                List.of(new Holiday(LocalDate.of(2027, 2, 5), LocalDate.of(2027, 2, 12))),
                false,
                true,
                20 * 60_000));
    assertThat(policy.exempt(Lane.SERVICE))
        .containsExactlyInAnyOrder(Exemption.CAPS, Exemption.HOLDOUT, Exemption.QUIET_HOURS);
    assertThat(policy.exempt(Lane.MARKETING)).isEmpty();
  }

  @Test
  void whatUsersGetAndWhenTheyAreLeftAlone() {
    PolicyDefinition policy = policy();
    assertThat(policy.caps())
        .containsExactly(
            new Cap("daily", lane(Lane.MARKETING), 2, new CapWindow.Rolling(Durations.DAY_MS)),
            new Cap(
                "sms-weekly",
                new Selection(
                    Optional.empty(), Optional.of("sms"), Optional.empty(), Optional.empty()),
                1,
                new CapWindow.Calendar(Period.WEEK)),
            new Cap(
                "care-calls",
                new Selection(
                    Optional.empty(),
                    Optional.empty(),
                    Optional.of(Kind.OUTREACH),
                    Optional.of("browse-without-buy")),
                1,
                new CapWindow.Rolling(30 * Durations.DAY_MS)));
    assertThat(policy.arbitration()).contains(new Arbitration(5_000, 1));
    assertThat(policy.mostJourneys()).isEqualTo(16);
    assertThat(policy.holdout()).isEqualTo(new Holdout(decimal("0.05"), "2026Q4"));
    assertThat(policy.mutes()).hasSize(1);
    Mute mute = policy.mutes().get(0);
    assertThat(mute.lane()).isEqualTo(Lane.MARKETING);
    assertThat(mute.from().type().name()).isEqualTo("complaint_opened");
    assertThat(mute.from().where()).isEmpty();
    assertThat(mute.until().orElseThrow().where().map(Expression::text))
        .contains("event.order != \"open\"");
    assertThat(mute.atMostMs()).isEqualTo(14 * Durations.DAY_MS);
  }

  @Test
  void whatIsSharedByAllUsers() {
    PolicyDefinition policy = policy();
    assertThat(policy.budgets())
        .extracting(Budget::id)
        .containsExactly("november-coupons", "calls");
    Budget coupons = policy.budget("november-coupons").orElseThrow();
    assertThat(coupons.total()).contains(decimal("100000.00"));
    assertThat(coupons.perDay()).contains(decimal("5000.00"));
    assertThat(coupons.perWeek()).isEmpty();
    assertThat(coupons.perMonth()).isEmpty();
    assertThat(coupons.perUser()).contains(decimal("30.00"));
    assertThat(coupons.unit()).isEqualTo("CNY");
    assertThat(coupons.zone()).isEqualTo(ZoneId.of("Asia/Shanghai"));
    Intervention fallback = coupons.whenEmpty().orElseThrow();
    assertThat(fallback.kind()).isEqualTo(Kind.TUTORIAL);
    assertThat(fallback.template()).contains("guide");
    assertThat(fallback.expressions())
        .extracting(Expression::text)
        .containsExactly("user.tier", "signal.orders_90d");
    Budget calls = policy.budget("calls").orElseThrow();
    assertThat(calls.unit()).isEmpty();
    assertThat(calls.zone()).isEqualTo(ZoneId.of("Europe/Berlin"));
    assertThat(calls.whenEmpty()).isEmpty();
    assertThat(policy.rates())
        .containsExactly(
            new Rate(
                "outreach",
                new Selection(
                    Optional.empty(),
                    Optional.empty(),
                    Optional.of(Kind.OUTREACH),
                    Optional.empty()),
                200,
                HOUR_MS,
                true,
                500),
            new Rate("all-marketing", lane(Lane.MARKETING), 1000, 1000, false, 10_000));
  }

  @Test
  void stepsAndWhatTheyCost() {
    TriggerDefinition browse = trigger("browse-without-buy");
    assertThat(browse.holdout()).isEqualByComparingTo("0.025");
    assertThat(browse.steps())
        .extracting(Step::waitMs)
        .containsExactly(0L, 2 * Durations.DAY_MS, 12 * HOUR_MS);
    assertThat(browse.steps())
        .extracting(step -> step.condition().map(Expression::text).orElse(""))
        .containsExactly("signal.orders_90d < 10", "user.tier == \"gold\"", "");
    assertThat(browse.steps())
        .extracting(step -> step.intervention().sendAt())
        .containsExactly(SendAt.NOW, SendAt.USUAL_HOUR, SendAt.NEXT_OPEN);
    assertThat(browse.then()).isSameAs(browse.steps().get(0).intervention());
    assertThat(browse.then().budget()).contains("november-coupons");
    assertThat(browse.then().cost()).contains(decimal("10.00"));
    Intervention sms = browse.steps().get(1).intervention();
    assertThat(sms.budget()).isEmpty();
    assertThat(sms.cost()).isEmpty();
    Intervention call = browse.steps().get(2).intervention();
    assertThat(call.budget()).contains("calls");
    assertThat(call.cost()).contains(decimal("4.50"));
  }

  @Test
  void variantsAreComplete() {
    Intervention coupon = trigger("browse-without-buy").then();
    assertThat(coupon.variants())
        .extracting(Variant::name)
        .containsExactly("small", "large", "free");
    assertThat(coupon.variants()).extracting(Variant::weight).containsExactly(3, 1, 0);
    Intervention small = coupon.variants().get(0).intervention();
    assertThat(small.fields()).isEqualTo(coupon.fields());
    assertThat(small.params()).isEqualTo(coupon.params());
    assertThat(small.cost()).contains(decimal("10.00"));
    assertThat(small.variants()).isEmpty();
    Intervention large = coupon.variants().get(1).intervention();
    assertThat(large.fields())
        .containsExactly(new Field("offer", "COME-BACK-20"), new Field("value", decimal("20.00")));
    assertThat(large.cost()).contains(decimal("20.00"));
    assertThat(large.template()).contains("browse-comeback");
    assertThat(large.params())
        .extracting(Intervention.Param::name)
        .containsExactly("item", "tone", "looks");
    assertThat(large.params().get(1).parts()).containsExactly(new Intervention.Part.Text("loud"));
    Intervention free = coupon.variants().get(2).intervention();
    assertThat(free.cost()).contains(BigDecimal.ZERO);
    assertThat(free.budget()).contains("november-coupons");
    assertThat(free.template()).contains("browse-guide");
    assertThat(coupon.alternatives()).containsExactly(small, large, free);
    assertThat(coupon.expressions())
        .extracting(Expression::text)
        .containsExactly(
            "event.item_id", "event.item_id", "event.item_id", "moment.count", "event.item_id");
  }

  @Test
  void theGoal() {
    TriggerDefinition.Goal goal = trigger("browse-without-buy").goal().orElseThrow();
    assertThat(goal.ender().selector().type().name()).isEqualTo("purchase");
    assertThat(goal.ender().match()).containsExactly("item_id");
    assertThat(goal.withinMs()).isEqualTo(3 * Durations.DAY_MS);
    assertThat(goal.value().map(Expression::text)).contains("event.total");
    assertThat(trigger("welcome-back").goal().orElseThrow().value()).isEmpty();
    assertThat(trigger("complaint-care").goal()).isEmpty();
    assertThat(trigger("complaint-care").goalWithinMs()).isEmpty();
  }

  @Test
  void whatTestsExpect() {
    List<TestDefinition> tests = campaign().tests();
    assertThat(tests)
        .extracting(TestDefinition::forcesHoldout)
        .containsExactly(false, false, true, false, false, false);
    assertThat(tests).extracting(TestDefinition::variant).contains(Optional.of("large"));
    Expected outcome = tests.get(1).expect().outcomes().orElseThrow().get(0);
    assertThat(outcome.atMs()).isEmpty();
    assertThat(outcome.fields())
        .containsExactly(
            new ExpectedField("assignment", "treated"),
            new ExpectedField("variant", "large"),
            new ExpectedField("converted", "true"),
            new ExpectedField("value", "99.50"),
            new ExpectedField("delay", "1310m"));
    assertThat(tests.get(0).expect().outcomes().orElseThrow()).isEmpty();
    assertThat(tests.get(0).expect().commands()).isEmpty();
  }

  /** A cap of the lane and one of the kind. */
  @Test
  void selections() {
    Intervention call = trigger("browse-without-buy").steps().get(2).intervention();
    assertThat(lane(Lane.MARKETING).fits("a", Lane.MARKETING, call)).isTrue();
    assertThat(lane(Lane.SERVICE).fits("a", Lane.MARKETING, call)).isFalse();
    Selection care = policy().caps().get(2).of();
    assertThat(care.fits("browse-without-buy", Lane.MARKETING, call)).isTrue();
    assertThat(care.fits("welcome-back", Lane.MARKETING, call)).isFalse();
    assertThat(care.fits("browse-without-buy", Lane.MARKETING, trigger("welcome-back").then()))
        .isFalse();
    Selection phone =
        new Selection(Optional.empty(), Optional.of("phone"), Optional.empty(), Optional.empty());
    assertThat(phone.fits("a", Lane.SERVICE, call)).isTrue();
    assertThat(phone.fits("a", Lane.SERVICE, Kind.CUSTOM, Optional.empty())).isFalse();
  }

  @Test
  void withoutThePolicyNothingIsForbidden() {
    Map<String, String> files = files();
    files.remove("policy.yaml");
    files.remove("triggers/browse-without-buy.yaml");
    JobDefinition job = loaded(files).job().orElseThrow();
    assertThat(job.policy()).isEqualTo(PolicyDefinition.none("campaign"));
    assertThat(job.policy().holdout()).isEqualTo(new Holdout(BigDecimal.ZERO, "campaign"));
    assertThat(job.policy().mostJourneys()).isEqualTo(32);
    assertThat(job.zone()).isEqualTo(ZoneOffset.UTC);
  }

  /** Whatever is not written. */
  @Test
  void defaults() {
    Map<String, String> files = files();
    files.remove("triggers/browse-without-buy.yaml");
    files.put(
        "policy.yaml",
        """
        apiVersion: beckon/v1
        kind: Policy
        consent: {}
        quiet_hours: {windows: ["00:00-08:00", "23:30-24:00"]}
        arbitration: {}
        holdout: {global: 12.5%}
        """);
    PolicyDefinition policy = loaded(files).job().orElseThrow().policy();
    assertThat(policy.consent())
        .contains(
            new Consent(OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty(), false));
    assertThat(policy.quiet())
        .contains(
            new Quiet(
                List.of(new Window(0, 480), new Window(1410, 1440)), List.of(), false, false, 0));
    assertThat(policy.arbitration()).contains(new Arbitration(0, 1));
    assertThat(policy.holdout()).isEqualTo(new Holdout(decimal("0.125"), "campaign"));
  }

  @Test
  void tenStepsWithNineWaitsAreNotTooMany() {
    Map<String, String> files = files();
    StringBuilder then = new StringBuilder("then:\n");
    for (int i = 1; i <= 10; i++) {
      then.append(i == 1 ? "" : "  - wait: " + i + "h\n");
      then.append("  - message: {channel: push, template: t").append(i).append("}\n");
    }
    files.computeIfPresent(
        "triggers/welcome-back.yaml",
        (name, text) -> text.replaceFirst("then: .*\n", then.toString()));
    TriggerDefinition trigger = loaded(files).job().orElseThrow().triggers().get(2);
    assertThat(trigger.steps()).hasSize(10);
    assertThat(trigger.steps().get(9).waitMs()).isEqualTo(10 * HOUR_MS);
    assertThat(trigger.steps().get(9).intervention().template()).contains("t10");
  }
}
