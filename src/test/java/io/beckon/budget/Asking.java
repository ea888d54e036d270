// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.budget;

import io.beckon.detect.Episode;
import io.beckon.language.Intervention.Kind;
import io.beckon.language.PolicyDefinition;
import io.beckon.language.PolicyDefinition.Budget;
import io.beckon.language.PolicyDefinition.Rate;
import io.beckon.language.PolicyDefinition.Selection;
import io.beckon.language.TriggerDefinition.Lane;
import io.beckon.policy.BudgetRequest.Revoke;
import io.beckon.policy.BudgetRequest.Spend;
import io.beckon.policy.Command;
import io.beckon.policy.CommandIds;
import io.beckon.policy.Decision;
import io.beckon.policy.Fact;
import io.beckon.policy.Reason;
import java.math.BigDecimal;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Makes requests of one step each, told apart by the user, and policies. */
final class Asking {
  static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
  static final long DAY_MS = 86_400_000;

  private final String user;
  private long atMs;
  private String trigger = "t";
  private Lane lane = Lane.MARKETING;
  private int priority = 50;
  private Kind kind = Kind.COUPON;
  private Optional<String> channel = Optional.of("push");
  private Optional<String> budget = Optional.empty();
  private Optional<BigDecimal> cost = Optional.empty();
  private Optional<Kind> fallback = Optional.empty();
  private Optional<String> fallbackChannel = Optional.empty();
  private long sendForMs = DAY_MS;
  private long rememberForMs = 2 * DAY_MS;

  private Asking(String user) {
    this.user = user;
  }

  static Asking of(String user) {
    return new Asking(user);
  }

  Asking at(long timeMs) {
    atMs = timeMs;
    return this;
  }

  Asking trigger(String id) {
    trigger = id;
    return this;
  }

  Asking lane(Lane of) {
    lane = of;
    return this;
  }

  Asking priority(int of) {
    priority = of;
    return this;
  }

  Asking kind(Kind of) {
    kind = of;
    return this;
  }

  Asking channel(String of) {
    channel = Optional.of(of);
    return this;
  }

  Asking pays(String from, String amount) {
    budget = Optional.of(from);
    cost = Optional.of(new BigDecimal(amount));
    return this;
  }

  Asking orElse(Kind instead, String by) {
    fallback = Optional.of(instead);
    fallbackChannel = Optional.of(by);
    return this;
  }

  Asking sendFor(long ms) {
    sendForMs = ms;
    return this;
  }

  Asking rememberFor(long ms) {
    rememberForMs = ms;
    return this;
  }

  private Episode episode() {
    return new Episode(List.of(new Episode.MatchValue("item", "i-" + user)), "e-" + user);
  }

  private Command command(
      Command.Action action,
      Kind of,
      Optional<String> by,
      Optional<String> from,
      Optional<BigDecimal> amount,
      List<Fact> evidence) {
    boolean issue = action == Command.Action.ISSUE;
    return new Command(
        new CommandIds("job").of(user, trigger, episode(), 1),
        action,
        "job",
        user,
        trigger,
        3,
        episode(),
        1,
        of,
        by,
        Optional.of("template-" + of),
        issue ? List.of(new Command.Value("value", new BigDecimal("10.00"))) : List.of(),
        issue ? List.of(new Command.Value("item", "i-" + user)) : List.of(),
        Optional.empty(),
        from,
        amount,
        lane,
        priority,
        atMs - 5,
        atMs,
        atMs,
        issue ? OptionalLong.of(atMs + DAY_MS) : OptionalLong.empty(),
        evidence);
  }

  Command command() {
    return command(
        Command.Action.ISSUE,
        kind,
        channel,
        budget,
        cost,
        List.of(new Fact.Whole("count", 3), new Fact.At("since", atMs - 100)));
  }

  Spend spend() {
    Command command = command();
    return new Spend(
        atMs,
        command,
        new Decision(
            user,
            trigger,
            3,
            episode(),
            1,
            atMs - 5,
            atMs,
            Reason.ISSUED,
            command.id(),
            command.evidence(),
            List.of(new Fact.Text("scope", "asked"))),
        fallback.map(
            instead ->
                command(
                    Command.Action.ISSUE,
                    instead,
                    fallbackChannel,
                    Optional.empty(),
                    Optional.empty(),
                    command.evidence())),
        atMs + sendForMs,
        atMs + rememberForMs);
  }

  Revoke revoke() {
    return new Revoke(
        atMs,
        command(
            Command.Action.CANCEL,
            kind,
            channel,
            Optional.empty(),
            Optional.empty(),
            List.of(new Fact.Text("cancelled_by", "purchase"), new Fact.At("cancelled_at", atMs))));
  }

  /** A policy of nothing but these. */
  static PolicyDefinition policy(List<Budget> budgets, List<Rate> rates) {
    PolicyDefinition none = PolicyDefinition.none("job");
    return new PolicyDefinition(
        none.consent(),
        none.quiet(),
        none.caps(),
        none.arbitration(),
        none.service(),
        none.marketing(),
        none.mutes(),
        none.holdout(),
        budgets,
        rates,
        none.mostJourneys());
  }

  /** A budget; limits that are empty are not there. */
  static Budget budget(String id, String total, String day, String week, String month) {
    return new Budget(
        id,
        amount(total),
        amount(day),
        amount(week),
        amount(month),
        Optional.empty(),
        "EUR",
        BERLIN,
        Optional.empty());
  }

  private static Optional<BigDecimal> amount(String text) {
    return text.isEmpty() ? Optional.empty() : Optional.of(new BigDecimal(text));
  }

  /** A rate of a kind. */
  static Rate queues(String id, Kind kind, int atMost, long perMs, int mostQueued) {
    return new Rate(id, ofKind(kind), atMost, perMs, true, mostQueued);
  }

  /** A rate of a channel. */
  static Rate drops(String id, String channel, int atMost, long perMs) {
    return new Rate(id, ofChannel(channel), atMost, perMs, false, 0);
  }

  static Selection ofKind(Kind kind) {
    return new Selection(Optional.empty(), Optional.empty(), Optional.of(kind), Optional.empty());
  }

  static Selection ofChannel(String channel) {
    return new Selection(
        Optional.empty(), Optional.of(channel), Optional.empty(), Optional.empty());
  }
}
