// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.language.Definitions;
import io.beckon.language.Intervention;
import io.beckon.language.Intervention.Kind;
import io.beckon.language.JobDefinition;
import io.beckon.language.PolicyDefinition;
import io.beckon.language.PolicyDefinition.Budget;
import io.beckon.language.PolicyDefinition.Cap;
import io.beckon.language.PolicyDefinition.CapWindow;
import io.beckon.language.PolicyDefinition.Exemption;
import io.beckon.language.PolicyDefinition.Period;
import io.beckon.language.TestDefinition.Expected;
import io.beckon.language.TriggerDefinition;
import io.beckon.language.TriggerDefinition.Lane;
import io.beckon.language.TriggerDefinition.Step;
import io.beckon.language.When;
import io.beckon.policy.Reason;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** What docs/library.md promises of every job of the library, and who breaks the promise. */
enum LibraryChecklist {
  SERVICE(
      "Complaints, outages, failed payments and rights go by the service lane",
      LibraryChecklist::notService),
  MUTED("Marketing is silent meanwhile", LibraryChecklist::notMuted),
  CONSENT("Marketing needs consent", LibraryChecklist::withoutConsent),
  QUIET("Marketing keeps quiet hours and holidays", LibraryChecklist::notQuiet),
  CAPPED("At most one piece of marketing a day", LibraryChecklist::notCapped),
  COUPONS(
      "A coupon has a budget, and in place of one too many there is a tutorial",
      LibraryChecklist::unpaid),
  HELD_OUT("Somebody is held out of all marketing", LibraryChecklist::nobodyHeldOut),
  GOALS("Marketing has a goal", LibraryChecklist::marketingWithoutGoal),
  ABANDONED(
      "What was left lying has a goal and `cancel_on`, and marketing holds out a share of its own",
      LibraryChecklist::abandonedWithoutEnd),
  EXPIRES("Everything expires", LibraryChecklist::neverExpires),
  PEOPLE(
      "Those who call and write get no more than they can do", LibraryChecklist::peopleWithoutRate),
  JOURNEYS("Few things wait for a user at a time", LibraryChecklist::tooManyJourneys);

  /** What is bad news for a user: whoever reacts to it has something to make good. */
  private static final Set<String> TROUBLE =
      Set.of("complaint_opened", "payment_failed", "request_failed", "ticket_opened");

  /** What of it is open until something else says that it is over. */
  private static final Set<String> OPEN =
      Set.of("complaint_opened", "request_failed", "ticket_opened");

  /** Dates on which users lose what is theirs. */
  private static final Set<String> RIGHTS =
      Set.of("points_expire_on", "renews_on", "tier_review_on", "trial_ends_on");

  private static final int MOST_JOURNEYS = 8;
  private static final long DAY_MS = 86_400_000L;

  /** Reasons that no test of a library can show. */
  static final Set<Reason> BEYOND_TESTS =
      EnumSet.of(Reason.WARMING_UP, Reason.RATE, Reason.OPTED_OUT, Reason.GATE_AWAY);

  private final String title;

  // Each is a reference to a static method, which nothing can change.
  @SuppressWarnings("ImmutableEnumChecker")
  private final Function<JobDefinition, List<String>> broken;

  LibraryChecklist(String title, Function<JobDefinition, List<String>> broken) {
    this.title = title;
    this.broken = broken;
  }

  /** What is promised. */
  String title() {
    return title;
  }

  /** What of the job breaks the promise: triggers, budgets, events, or {@code policy}. */
  List<String> broken(JobDefinition job) {
    return broken.apply(job);
  }

  /** The reasons that no decision which some test expects has. */
  static Set<Reason> unshown(List<Definitions.Loaded> jobs) {
    Set<Reason> missing = EnumSet.allOf(Reason.class);
    for (Definitions.Loaded job : jobs) {
      job.tests().stream()
          .flatMap(test -> test.expect().decisions().orElseGet(List::of).stream())
          .map(decision -> value(decision, "reason"))
          .flatMap(Optional::stream)
          .map(Reason::valueOf)
          .forEach(missing::remove);
    }
    return missing;
  }

  private static Optional<String> value(Expected expected, String name) {
    return expected.fields().stream()
        .filter(field -> field.name().equals(name))
        .map(field -> field.value())
        .findFirst();
  }

  private static List<String> notService(JobDefinition job) {
    return job.triggers().stream()
        .filter(trigger -> trigger.lane() != Lane.SERVICE)
        .filter(trigger -> isAboutTrouble(trigger.when()) || isAboutRights(trigger.when(), job))
        .map(TriggerDefinition::id)
        .toList();
  }

  private static boolean isAboutTrouble(When when) {
    return when.selectors().stream().anyMatch(it -> TROUBLE.contains(it.type().name()));
  }

  private static boolean isAboutRights(When when, JobDefinition job) {
    return when instanceof When.Milestone milestone
        && RIGHTS.contains(job.catalogue().profile().attribute(milestone.slot()).name());
  }

  private static List<String> notMuted(JobDefinition job) {
    return OPEN.stream()
        .sorted()
        .filter(open -> job.catalogue().type(open).isPresent())
        .filter(
            open ->
                job.policy().mutes().stream()
                    .noneMatch(
                        mute ->
                            mute.lane() == Lane.MARKETING
                                && mute.from().type().name().equals(open)
                                && mute.from().where().isEmpty()
                                && mute.until().isPresent()
                                && mute.atMostMs() <= 14 * DAY_MS))
        .toList();
  }

  private static List<String> withoutConsent(JobDefinition job) {
    boolean asked =
        job.policy().consent().filter(it -> it.marketingSlot().isPresent()).isPresent()
            && !isExempt(job, Exemption.CONSENT);
    return policyUnless(asked);
  }

  private static List<String> notQuiet(JobDefinition job) {
    boolean quiet =
        job.policy()
                .quiet()
                .filter(it -> !it.windows().isEmpty() && !it.holidays().isEmpty())
                .isPresent()
            && !isExempt(job, Exemption.QUIET_HOURS);
    return policyUnless(quiet);
  }

  private static List<String> notCapped(JobDefinition job) {
    boolean capped =
        job.policy().caps().stream().anyMatch(LibraryChecklist::isDaily)
            && !isExempt(job, Exemption.CAPS);
    return policyUnless(capped);
  }

  private static boolean isDaily(Cap cap) {
    PolicyDefinition.Selection of = cap.of();
    boolean all =
        of.lane().equals(Optional.of(Lane.MARKETING))
            && of.channel().isEmpty()
            && of.kind().isEmpty()
            && of.trigger().isEmpty();
    boolean day =
        cap.window() instanceof CapWindow.Rolling rolling
            ? rolling.ms() >= DAY_MS
            : cap.window().equals(new CapWindow.Calendar(Period.DAY));
    return all && day && cap.atMost() == 1;
  }

  private static boolean isExempt(JobDefinition job, Exemption exemption) {
    return job.policy().exempt(Lane.MARKETING).contains(exemption);
  }

  private static List<String> policyUnless(boolean kept) {
    return kept ? List.of() : List.of("policy");
  }

  private static List<String> unpaid(JobDefinition job) {
    List<String> broken = new ArrayList<>();
    for (TriggerDefinition trigger : job.triggers()) {
      for (Step step : trigger.steps()) {
        for (Intervention sent : step.intervention().alternatives()) {
          if (sent.kind() == Kind.COUPON && !isPaid(job, sent)) {
            broken.add(trigger.id());
          }
        }
      }
    }
    return broken.stream().distinct().toList();
  }

  private static boolean isPaid(JobDefinition job, Intervention coupon) {
    Optional<Budget> budget = coupon.budget().flatMap(job.policy()::budget);
    return coupon.cost().filter(cost -> cost.signum() > 0).isPresent()
        && budget.filter(it -> it.perUser().isPresent() && it.total().isPresent()).isPresent()
        && budget.flatMap(Budget::whenEmpty).filter(it -> it.kind() == Kind.TUTORIAL).isPresent();
  }

  private static List<String> nobodyHeldOut(JobDefinition job) {
    BigDecimal share = job.policy().holdout().share();
    boolean some = share.signum() > 0 && share.compareTo(BigDecimal.ONE) < 0;
    return policyUnless(some && !isExempt(job, Exemption.HOLDOUT));
  }

  private static List<String> marketingWithoutGoal(JobDefinition job) {
    return job.triggers().stream()
        .filter(trigger -> trigger.lane() == Lane.MARKETING && trigger.goal().isEmpty())
        .map(TriggerDefinition::id)
        .toList();
  }

  private static List<String> abandonedWithoutEnd(JobDefinition job) {
    return job.triggers().stream()
        .filter(
            trigger ->
                trigger.when() instanceof When.Absence
                    || trigger.when() instanceof When.Inactive
                    || trigger.when() instanceof When.Due)
        .filter(
            trigger ->
                trigger.goal().isEmpty()
                    || trigger.cancelOn().isEmpty()
                    || (trigger.lane() == Lane.MARKETING && trigger.holdout().signum() == 0))
        .map(TriggerDefinition::id)
        .toList();
  }

  private static List<String> neverExpires(JobDefinition job) {
    return job.triggers().stream()
        .filter(trigger -> trigger.expiresInMs().isEmpty())
        .map(TriggerDefinition::id)
        .toList();
  }

  private static List<String> peopleWithoutRate(JobDefinition job) {
    return job.triggers().stream()
        .filter(
            trigger ->
                trigger.steps().stream()
                    .map(Step::intervention)
                    .filter(it -> it.kind() == Kind.OUTREACH)
                    .anyMatch(
                        it ->
                            job.policy().rates().stream()
                                .noneMatch(
                                    rate -> rate.of().fits(trigger.id(), trigger.lane(), it))))
        .map(TriggerDefinition::id)
        .toList();
  }

  private static List<String> tooManyJourneys(JobDefinition job) {
    return policyUnless(job.policy().mostJourneys() <= MOST_JOURNEYS);
  }
}
