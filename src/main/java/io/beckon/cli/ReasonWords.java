// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.language.JobDefinition;
import io.beckon.language.PolicyDefinition.Budget;
import io.beckon.language.PolicyDefinition.Cap;
import io.beckon.language.PolicyDefinition.Mute;
import io.beckon.language.PolicyDefinition.Selection;
import io.beckon.language.TriggerDefinition;
import io.beckon.language.TriggerDefinition.ActiveDates;
import io.beckon.language.TriggerDefinition.Lane;
import io.beckon.policy.Reason;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** Every reason a decision may have, in plain words, with the numbers that were compared. */
final class ReasonWords {
  private final JobDefinition job;
  private final PlainTimes times;

  ReasonWords(JobDefinition job, PlainTimes times) {
    this.job = job;
    this.times = times;
  }

  /** What is checked, for the list of all checks; empty of what is no check. */
  static Optional<String> check(Reason reason) {
    return switch (reason) {
      case EVICTED -> Optional.of("displaced by newer moments");
      case WARMING_UP -> Optional.of("before the first time to send");
      case PAUSED -> Optional.of("paused");
      case NOT_ACTIVE -> Optional.of("active dates");
      case NOT_IN_AUDIENCE -> Optional.of("if");
      case COOLDOWN -> Optional.of("cooldown");
      case NO_CONSENT -> Optional.of("consent");
      case MUTED -> Optional.of("mute");
      case LOST_ARBITRATION -> Optional.of("arbitration");
      case CAP -> Optional.of("caps");
      case QUIET_DROPPED -> Optional.of("quiet hours");
      case EXPIRED -> Optional.of("expires_in");
      case CANCELLED -> Optional.of("cancelled or goal reached");
      case SHADOW -> Optional.of("shadow");
      case HOLDOUT -> Optional.of("holdout");
      case BUDGET -> Optional.of("budget");
      case RATE -> Optional.of("rates");
      case OPTED_OUT, GATE_AWAY -> Optional.of("the last gate");
      case ISSUED, DEFERRED -> Optional.empty();
    };
  }

  /** All checks in their order. */
  static String checks() {
    Set<String> checks = new LinkedHashSet<>();
    for (Reason reason : Reason.values()) {
      check(reason).ifPresent(checks::add);
    }
    return String.join(", ", checks);
  }

  /**
   * A sentence about a decision.
   *
   * @param trigger the trigger as the job has it now, if it has it
   * @param compared as in the record
   * @param sent what goes out, for those that did: {@code coupon by push}
   */
  String sentence(
      Reason reason, Optional<TriggerDefinition> trigger, JsonNode compared, String sent) {
    Facts facts = new Facts(compared);
    return switch (reason) {
      case EVICTED ->
          "Given up: newer moments of the trigger displaced it; a user can have "
              + facts.text("max_instances").orElse("only so many")
              + " at a time (max_instances).";
      case WARMING_UP ->
          "Not sent: it lies before "
              + facts.time("send_from").orElse("the time")
              + ", from when on things are sent (send_from).";
      case PAUSED ->
          facts
              .text("key")
              .map(key -> "Not sent: paused at the last gate, by the key " + quoted(key) + ".")
              .orElse("Not sent: the trigger was paused.");
      case NOT_ACTIVE -> notActive(trigger, facts);
      case NOT_IN_AUDIENCE -> notInAudience(trigger, facts);
      case COOLDOWN ->
          "Not sent: the last one was at "
              + facts.time("last").orElse("an earlier time")
              + ", and the trigger's cooldown is "
              + facts.text("cooldown").orElse("longer than that")
              + ".";
      case NO_CONSENT -> noConsent(facts);
      case MUTED ->
          "Not sent: "
              + lane(trigger).map(lane -> "lane " + lane).orElse("its lane")
              + " was muted since "
              + facts.time("muted_since").orElse("an earlier time")
              + muteOf(trigger)
              + facts.text("at_most").map(most -> ", for at most " + most).orElse("")
              + ".";
      case LOST_ARBITRATION ->
          "Not sent: "
              + facts.text("winner").map(ReasonWords::quoted).orElse("another trigger")
              + " came first, and of those that stand together "
              + facts.text("keep").orElse("only some")
              + (facts.text("keep").equals(Optional.of("1")) ? " is sent." : " are sent.");
      case CAP -> cap(facts);
      case QUIET_DROPPED ->
          "Not sent: it fell into " + quiet(facts) + ", and what does is dropped.";
      case EXPIRED ->
          "Not sent: it would have come too late, after "
              + facts.time("expires_at").orElse("its time")
              + " (expires_in).";
      case CANCELLED -> "Not sent: " + cancelled(facts) + ".";
      case SHADOW -> "Not sent: the trigger is a shadow. Live, it would have gone out.";
      case HOLDOUT -> holdout(facts);
      case BUDGET -> budget(facts);
      case RATE -> rate(facts);
      case OPTED_OUT ->
          "Not sent: the last gate knows that the user has opted out"
              + facts.text("key").map(key -> ", by the key " + quoted(key)).orElse("")
              + ".";
      case GATE_AWAY -> "Not sent: the last gate could not be asked.";
      case ISSUED -> issued(facts, sent);
      case DEFERRED ->
          "Held until " + facts.time("until").orElse("later") + " because of " + held(facts) + ".";
    };
  }

  private static String notActive(Optional<TriggerDefinition> trigger, Facts facts) {
    String dates =
        trigger
            .flatMap(TriggerDefinition::active)
            .map(ReasonWords::dates)
            .map(text -> " (" + text + ")")
            .orElse("");
    return "Not sent: the trigger is not active on "
        + facts.text("date").orElse("that date")
        + dates
        + ".";
  }

  private static String dates(ActiveDates active) {
    String from = active.from().map(date -> "from " + date).orElse("");
    String until = active.until().map(date -> "until " + date).orElse("");
    return "active " + (from + " " + until).strip();
  }

  private static String notInAudience(Optional<TriggerDefinition> trigger, Facts facts) {
    Optional<String> ofStep = facts.text("step_if");
    boolean missing = ofStep.or(() -> facts.text("if")).equals(Optional.of("missing"));
    String what = ofStep.isPresent() ? "the step's `if`" : "`if`";
    String text =
        ofStep.isPresent()
            ? ""
            : trigger
                .flatMap(TriggerDefinition::audience)
                .map(expression -> ", " + expression.text().strip() + ",")
                .orElse("");
    return "Not sent: "
        + what
        + text
        + (missing ? " needs something that is not known of the user." : " does not hold.");
  }

  private static String noConsent(Facts facts) {
    boolean channel = facts.text("consent").equals(Optional.of("channel"));
    return "Not sent: the user has not agreed to "
        + (channel ? "be reached by " : "")
        + facts.text("of").orElse(channel ? "that channel" : "it")
        + (channel ? "." : " (the lane's consent).");
  }

  private static Optional<String> lane(Optional<TriggerDefinition> trigger) {
    return trigger.map(it -> it.lane().name().toLowerCase(Locale.ROOT));
  }

  private String muteOf(Optional<TriggerDefinition> trigger) {
    Optional<Lane> lane = trigger.map(TriggerDefinition::lane);
    Set<String> types =
        job.policy().mutes().stream()
            .filter(mute -> lane.equals(Optional.of(mute.lane())))
            .map(Mute::from)
            .map(PlainWords::name)
            .collect(Collectors.toCollection(LinkedHashSet::new));
    return types.isEmpty() ? "" : " (" + String.join(" or ", types) + ")";
  }

  private String cap(Facts facts) {
    String id = facts.text("cap").orElse("");
    String most = facts.text("at_most").orElse("so many");
    boolean one = most.equals("1");
    if (id.equals("journeys")
        && facts.text("rolling").isEmpty()
        && facts.text("period").isEmpty()) {
      return "Not sent: "
          + most
          + (one ? " journey" : " journeys")
          + " of the user wait or are held already, the most there may be (journeys.at_most).";
    }
    String over =
        facts
            .text("rolling")
            .map(window -> " in " + window)
            .or(() -> facts.text("period").map(period -> " a " + period))
            .orElse("");
    return "Not sent: "
        + facts.named("cap")
        + " allows "
        + most
        + over
        + selection(id)
        + ", and "
        + most
        + (one ? " was" : " were")
        + " sent"
        + facts.time("since").map(since -> (one ? " at " : " since ") + since).orElse("")
        + ".";
  }

  private String selection(String cap) {
    return job.policy().caps().stream()
        .filter(each -> each.id().equals(cap))
        .findFirst()
        .map(Cap::of)
        .map(ReasonWords::selected)
        .orElse("");
  }

  private static String selected(Selection of) {
    List<String> parts = new ArrayList<>();
    of.lane().ifPresent(lane -> parts.add("lane " + lane.name().toLowerCase(Locale.ROOT)));
    of.channel().ifPresent(channel -> parts.add("channel " + channel));
    of.kind().ifPresent(kind -> parts.add("kind " + kind.name().toLowerCase(Locale.ROOT)));
    of.trigger().ifPresent(trigger -> parts.add("trigger " + trigger));
    return parts.isEmpty() ? "" : " for " + String.join(", ", parts);
  }

  /** {@code quiet hours 22:00-08:00 of the user's time}, or the holiday. */
  private static String quiet(Facts facts) {
    return facts
        .text("quiet")
        .map(
            name ->
                name.contains(":")
                    ? "quiet hours " + name + " of the user's time"
                    : "the holiday " + name)
        .orElse("quiet hours");
  }

  private static String held(Facts facts) {
    List<String> causes = new ArrayList<>();
    facts.text("send_at").ifPresent(sendAt -> causes.add("`send_at: " + sendAt + "`"));
    if (facts.text("quiet").isPresent() || causes.isEmpty()) {
      causes.add(quiet(facts));
    }
    return String.join(" and ", causes);
  }

  private String cancelled(Facts facts) {
    if (facts.text("goal").isPresent()) {
      return "the user had reached the goal by then: "
          + PlainWords.words(facts.text("goal").get())
          + facts.time("goal_at").map(at -> " at " + at).orElse("");
    }
    return facts
        .text("cancelled_by")
        .map(
            type ->
                "cancelled by "
                    + PlainWords.words(type)
                    + facts.time("cancelled_at").map(at -> " at " + at).orElse(""))
        .orElse("it was cancelled by then, or the goal reached");
  }

  private static String holdout(Facts facts) {
    String from = facts.text("scope").equals(Optional.of("global")) ? "everything" : "this trigger";
    String numbers =
        facts.text("draw").isPresent() && facts.text("share").isPresent()
            ? ": the draw "
                + facts.text("draw").get()
                + " is below the share "
                + facts.text("share").get()
            : "";
    return "Not sent, for comparison: the user is held out from " + from + numbers + ".";
  }

  private String budget(Facts facts) {
    String id = facts.text("budget").orElse("");
    String unit = job.policy().budget(id).map(Budget::unit).filter(it -> !it.isEmpty()).orElse("");
    String after = unit.isEmpty() ? "" : " " + unit;
    Optional<String> perUser = facts.text("per_user");
    Optional<String> limit = perUser.or(() -> facts.text("limit"));
    String over =
        perUser.isPresent()
            ? " per user"
            : facts
                .text("period")
                .map(period -> period.equals("total") ? " in all" : " a " + period)
                .orElse("");
    return "Not sent: "
        + facts.named("budget")
        + " "
        + limit.map(it -> "is " + it + after + over).orElse("is spent")
        + facts.text("spent").map(it -> ", of which " + it + after + " are spent").orElse("")
        + facts.text("cost").map(it -> ", and this costs " + it + after).orElse("")
        + ".";
  }

  private String rate(Facts facts) {
    String allowed =
        facts.named("rate")
            + " allows "
            + facts.text("at_most").orElse("so many")
            + facts.text("per").map(per -> " in " + per).orElse("");
    String waited = facts.time("queued_since").map(since -> " since " + since).orElse("");
    if (facts.text("max_queue").isPresent()) {
      return "Not sent: "
          + allowed
          + ", and of the "
          + facts.text("max_queue").get()
          + " that may wait others come first"
          + (waited.isEmpty() ? "." : "; it waited" + waited + ".");
    }
    Optional<String> until = facts.time("queued_until");
    return until.isPresent()
        ? "Not sent: "
            + allowed
            + ", and it waited"
            + waited
            + " until "
            + until.get()
            + " in vain."
        : "Not sent: " + allowed + ", and as many had gone out.";
  }

  private String issued(Facts facts, String sent) {
    Optional<String> fallback = facts.text("fallback");
    String after =
        facts
                .time("queued_since")
                .map(since -> " It had waited for a rate since " + since + ".")
                .orElse("")
            + facts
                .text("gate_away")
                .map(one -> " The last gate could not be asked, and then it is sent.")
                .orElse("");
    String what = sent.isEmpty() ? fallback.orElse("") : sent;
    String head = what.isEmpty() ? "Sent." : "Sent: " + what + ".";
    if (fallback.isEmpty()) {
      return head + after;
    }
    return head + " In place of what " + facts.named("budget") + " could no longer pay." + after;
  }

  private static String quoted(String id) {
    return "`" + id + "`";
  }

  /** What was compared, by name. */
  private final class Facts {
    private final JsonNode compared;

    Facts(JsonNode compared) {
      this.compared = compared;
    }

    Optional<String> text(String name) {
      JsonNode value = compared.get(name);
      return value == null || value.isNull() ? Optional.empty() : Optional.of(value.asString());
    }

    /** {@code the cap `daily`}, or {@code a cap} if it is not said which. */
    String named(String what) {
      return text(what).map(id -> "the " + what + " `" + id + "`").orElse("a " + what);
    }

    Optional<String> time(String name) {
      return text(name).map(times::shown);
    }
  }
}
