// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.calendar.Durations;
import io.beckon.calendar.QuietHours;
import io.beckon.calendar.UserCalendar;
import io.beckon.calendar.Zones;
import io.beckon.experiment.Holdouts;
import io.beckon.language.Intervention.SendAt;
import io.beckon.language.JobDefinition;
import io.beckon.language.PolicyDefinition;
import io.beckon.language.PolicyDefinition.Exemption;
import io.beckon.language.PolicyDefinition.Quiet;
import io.beckon.language.Selector;
import io.beckon.language.TriggerDefinition;
import io.beckon.language.TriggerDefinition.Goal;
import io.beckon.language.TriggerDefinition.Mode;
import io.beckon.language.When;
import io.beckon.simulate.Effects;
import io.beckon.simulate.Effects.Effect;
import io.beckon.simulate.Effects.Situation;
import io.beckon.simulate.SimulatedEvent;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongUnaryOperator;

/**
 * What a job's triggers are to do to simulated users: the options of {@code simulate} and the job's
 * definitions, as the simulation asks for it. Whom a trigger treats is drawn as the engine draws
 * it; nothing of the engine runs.
 */
final class PlantedEffects {
  /** How many buy without an effect, if nobody says. */
  static final String BASELINE = "0.1";

  private final JobDefinition job;
  private final PolicyDefinition policy;

  private PlantedEffects(JobDefinition job) {
    this.job = job;
    this.policy = job.policy();
  }

  /**
   * The effects of these triggers of the job.
   *
   * @param changes by trigger, each a share such as 0.08 or 8%
   */
  static Effects of(JobDefinition job, Map<String, String> changes, String baseline)
      throws Refusal {
    PlantedEffects planted = new PlantedEffects(job);
    double base = share("--baseline", baseline);
    double sum = base;
    List<Effect> effects = new ArrayList<>();
    for (Map.Entry<String, String> each : changes.entrySet()) {
      double change = share("--effect " + each.getKey(), each.getValue());
      sum += change;
      effects.add(planted.effect(planted.trigger(each.getKey()), change));
    }
    if (sum > 1) {
      throw Refusal.usage("--baseline and --effect add up to more than 1");
    }
    return Effects.of(base, effects);
  }

  private static double share(String option, String text) throws Refusal {
    boolean percent = text.endsWith("%");
    try {
      BigDecimal number = new BigDecimal(percent ? text.substring(0, text.length() - 1) : text);
      double share = (percent ? number.movePointLeft(2) : number).doubleValue();
      if (share >= 0 && share <= 1) {
        return share;
      }
    } catch (NumberFormatException e) {
      throw Refusal.usage(option + ": '" + text + "' is not a share, such as 0.08 or 8%");
    }
    throw Refusal.usage(option + " is from 0 to 1, not " + text);
  }

  private TriggerDefinition trigger(String id) throws Refusal {
    return job.triggers().stream()
        .filter(each -> each.id().equals(id))
        .findFirst()
        .orElseThrow(
            () ->
                new Refusal(
                    "--effect "
                        + id
                        + ": the job has no such trigger; it has "
                        + String.join(
                            ", ", job.triggers().stream().map(TriggerDefinition::id).toList())));
  }

  private Effect effect(TriggerDefinition trigger, double change) throws Refusal {
    String option = "--effect " + trigger.id() + ": ";
    if (trigger.mode() != Mode.LIVE) {
      throw new Refusal(option + "the trigger is not live, so it sends nothing");
    }
    if (!(trigger.when() instanceof When.Absence absence)
        || !is(absence.of().selector(), SimulatedEvent.Type.PURCHASE)) {
      throw new Refusal(option + notOfThisShop());
    }
    List<Selector> after = absence.selectors();
    Selector last = after.get(after.size() - 1);
    Situation situation;
    if (is(last, SimulatedEvent.Type.PRODUCT_VIEW)) {
      situation = Situation.LOOKED_AT;
    } else if (is(last, SimulatedEvent.Type.ADD_TO_CART)) {
      situation = Situation.IN_CART;
    } else {
      throw new Refusal(option + notOfThisShop());
    }
    Goal goal =
        trigger
            .goal()
            .filter(it -> is(it.ender().selector(), SimulatedEvent.Type.PURCHASE))
            .orElseThrow(() -> new Refusal(option + "the trigger needs a goal that is a purchase"));
    BigDecimal share = trigger.holdout();
    boolean exempt = policy.exempt(trigger.lane()).contains(Exemption.HOLDOUT);
    PolicyDefinition.Holdout global = policy.holdout();
    return new Effect(
        trigger.id(),
        situation,
        absence.forMs(),
        goal.withinMs(),
        change,
        user ->
            exempt
                || Holdouts.of(global.salt(), global.share(), trigger.id(), share, user).isEmpty(),
        sentBy(trigger));
  }

  private static boolean is(Selector selector, SimulatedEvent.Type type) {
    return selector.type().name().equals(type.canonical());
  }

  private static String notOfThisShop() {
    return "effects are planted for looks (product_view) and carts (add_to_cart) that end without a"
        + " purchase: `absence` of purchase";
  }

  /** By when a moment's command is out at the latest, in the zone of users without a profile. */
  private LongUnaryOperator sentBy(TriggerDefinition trigger) {
    long gatherMs =
        policy.exempt(trigger.lane()).contains(Exemption.ARBITRATION)
            ? 0
            : policy.arbitration().map(PolicyDefinition.Arbitration::gatherMs).orElse(0L);
    long spreadMs = policy.quiet().map(Quiet::spreadMs).orElse(0L);
    long laterMs =
        gatherMs + (trigger.then().sendAt() == SendAt.USUAL_HOUR ? Durations.DAY_MS + spreadMs : 0);
    if (policy.quiet().isEmpty() || policy.exempt(trigger.lane()).contains(Exemption.QUIET_HOURS)) {
      return momentMs -> momentMs + laterMs;
    }
    QuietHours hours = hours(policy.quiet().get());
    UserCalendar calendar = UserCalendar.of(new Zones().of(job.zone()));
    return momentMs -> {
      long readyMs = momentMs + laterMs;
      return hours.isQuiet(calendar, readyMs)
          ? hours.openFrom(calendar, readyMs) + spreadMs
          : readyMs;
    };
  }

  private static QuietHours hours(Quiet quiet) {
    return QuietHours.of(
        quiet.windows().stream()
            .map(each -> new QuietHours.Window(each.fromMinute(), each.toMinute()))
            .toList(),
        quiet.holidays().stream()
            .map(each -> new QuietHours.Holiday(each.from().toEpochDay(), each.to().toEpochDay()))
            .toList());
  }
}
