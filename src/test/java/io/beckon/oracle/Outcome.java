// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.oracle;

import java.math.BigDecimal;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What came of a case, in terms that neither side owns. Decisions and commands in the order in
 * which they came to be.
 *
 * @param followed outcomes of episodes
 * @param requests to the stage where all users meet, as it is to take them
 * @param shared what that stage made of them
 * @param late ids of late events, in the order they were read
 * @param prevented by trigger, those not zero
 * @param displaced live instances that went beyond {@code max_instances}, by trigger
 * @param noInstance selected events without a match attribute, by trigger
 * @param open absences still open at the end, by trigger
 * @param held moments without a final decision at the end, by trigger
 * @param following episodes without an outcome at the end, by trigger
 */
public record Outcome(
    List<Judged> decisions,
    List<Sent> commands,
    List<Followed> followed,
    List<Request> requests,
    Shared shared,
    List<String> late,
    int duplicates,
    int idsForgotten,
    Map<String, Integer> prevented,
    Map<String, Integer> displaced,
    Map<String, Integer> noInstance,
    Map<String, Integer> open,
    Map<String, Integer> held,
    Map<String, Integer> following) {

  /**
   * A step's decision.
   *
   * @param detail what of the numbers compared both sides must have alike, {@code name=value}
   */
  public record Judged(
      String user,
      String trigger,
      String match,
      String anchor,
      int step,
      long momentMs,
      long decisionMs,
      String reason,
      String detail) {

    /** Of a first step, with nothing compared. */
    public Judged(
        String user,
        String trigger,
        String match,
        String anchor,
        long momentMs,
        long decisionMs,
        String reason) {
      this(user, trigger, match, anchor, 1, momentMs, decisionMs, reason, "");
    }

    /** The same, decided otherwise. */
    public Judged as(long atMs, String otherReason, String otherDetail) {
      return new Judged(
          user, trigger, match, anchor, step, momentMs, atMs, otherReason, otherDetail);
    }

    private Judged earlier(long by) {
      return new Judged(
          user, trigger, match, anchor, step, momentMs - by, decisionMs - by, reason, detail);
    }

    /** Whether something that happened ended it, which has no place among what is decided. */
    boolean isEnded() {
      return reason.equals("EVICTED") || (reason.equals("CANCELLED") && !detail.isEmpty());
    }
  }

  /**
   * A command.
   *
   * @param variant empty if there is none, and of a CANCEL
   * @param what kind and channel; of a CANCEL empty
   * @param params its params as text, {@code name=value}
   */
  public record Sent(
      String action,
      String user,
      String trigger,
      String match,
      String anchor,
      int step,
      long momentMs,
      long atMs,
      String variant,
      String what,
      String params) {

    /** The same, sent at another time. */
    public Sent at(long otherMs) {
      return new Sent(
          action, user, trigger, match, anchor, step, momentMs, otherMs, variant, what, params);
    }

    private Sent earlier(long by) {
      return new Sent(
          action,
          user,
          trigger,
          match,
          anchor,
          step,
          momentMs - by,
          atMs - by,
          variant,
          what,
          params);
    }
  }

  /**
   * What an episode brought about.
   *
   * @param value empty if there is none
   * @param delayMs -1 if there is none
   */
  public record Followed(
      String user,
      String trigger,
      String match,
      String anchor,
      String assignment,
      String variant,
      boolean converted,
      String value,
      long delayMs,
      long momentMs,
      long decidedMs) {
    private Followed earlier(long by) {
      return new Followed(
          user,
          trigger,
          match,
          anchor,
          assignment,
          variant,
          converted,
          value,
          delayMs,
          momentMs - by,
          decidedMs - by);
    }
  }

  /**
   * What is asked of the stage where all users meet.
   *
   * @param kind SPEND or REVOKE
   * @param sendUntilMs 0 of a REVOKE
   */
  public record Request(
      String kind,
      long atMs,
      Sent command,
      Optional<Judged> decision,
      Optional<Sent> fallback,
      long sendUntilMs) {
    private Request earlier(long by) {
      return new Request(
          kind,
          atMs - by,
          command.earlier(by),
          decision.map(d -> d.earlier(by)),
          fallback.map(f -> f.earlier(by)),
          sendUntilMs - by);
    }
  }

  /** What the stage where all users meet decided and sent, in its order, and what it counted. */
  public record Shared(List<Judged> decisions, List<Sent> commands, Map<String, Integer> counts) {
    /** Nothing. */
    public static Shared none() {
      return new Shared(List.of(), List.of(), Map.of());
    }
  }

  /** The same with another number of copies. */
  Outcome withDuplicates(int other) {
    return new Outcome(
        decisions,
        commands,
        followed,
        requests,
        shared,
        late,
        other,
        idsForgotten,
        prevented,
        displaced,
        noInstance,
        open,
        held,
        following);
  }

  /** The same, all of it {@code by} ms earlier. */
  Outcome earlier(long by) {
    return new Outcome(
        decisions.stream().map(d -> d.earlier(by)).toList(),
        commands.stream().map(c -> c.earlier(by)).toList(),
        followed.stream().map(f -> f.earlier(by)).toList(),
        requests.stream().map(r -> r.earlier(by)).toList(),
        new Shared(
            shared.decisions.stream().map(d -> d.earlier(by)).toList(),
            shared.commands.stream().map(c -> c.earlier(by)).toList(),
            shared.counts),
        late,
        duplicates,
        idsForgotten,
        prevented,
        displaced,
        noInstance,
        open,
        held,
        following);
  }

  /**
   * The same in an order that both sides can have: of each user, what is decided in the order in
   * which it was; what one event ends and revokes, and outcomes, in a fixed one, since that is
   * nowhere promised.
   */
  public Outcome comparable() {
    return new Outcome(
        decisions.stream()
            .sorted(
                Comparator.comparing(Judged::user)
                    .thenComparing(Judged::isEnded)
                    .thenComparing(d -> d.isEnded() ? d.toString() : ""))
            .toList(),
        commands.stream()
            .sorted(
                Comparator.comparing(Sent::user)
                    .thenComparing(Sent::action)
                    .thenComparing(s -> s.action().equals("CANCEL") ? s.toString() : ""))
            .toList(),
        followed.stream().sorted(Comparator.comparing(Followed::toString)).toList(),
        requests.stream()
            .sorted(
                Comparator.comparingLong(Request::atMs)
                    .thenComparing(r -> r.kind().equals("REVOKE") ? r.toString() : ""))
            .toList(),
        shared,
        late,
        duplicates,
        idsForgotten,
        prevented,
        displaced,
        noInstance,
        open,
        held,
        following);
  }

  /** A param's value as text, whoever computed it. */
  public static String text(Object value) {
    return value instanceof BigDecimal decimal
        ? (decimal.signum() == 0 ? "0" : decimal.stripTrailingZeros().toPlainString())
        : value.toString();
  }
}
