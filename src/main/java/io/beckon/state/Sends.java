// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.language.PolicyDefinition.Cap;
import io.beckon.language.PolicyDefinition.CapWindow;
import io.beckon.language.PolicyDefinition.Period;
import io.beckon.plan.CapPlan;
import io.beckon.plan.Plan;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * The ledger of caps: what has been sent that counts against each, of the user and of each shadow
 * by itself. It outlives what triggers observed, and edits of everything but a cap's id.
 */
public final class Sends {
  private static final long DAY_MS = 86_400_000L;

  /**
   * A send.
   *
   * @param shadow the trigger's hash if it is a shadow's, 0 otherwise
   * @param untilMs the last instant of the send clock at which it may have gone out
   * @param fromDate the user's local date when it was decided, as an epoch day
   * @param untilDate the user's local date at {@code untilMs}
   */
  private record Send(long cap, long shadow, long untilMs, long fromDate, long untilDate) {}

  private final List<Send> sends = new ArrayList<>(0);

  /**
   * Whether {@code cap} has no room for another one.
   *
   * @param nowMs send time
   * @param today the user's local date then
   * @return the earliest of those in its window, if there is no room
   */
  public OptionalLong full(CapPlan cap, long shadow, long nowMs, long today) {
    int count = 0;
    long firstMs = Long.MAX_VALUE;
    for (int i = 0; i < sends.size(); i++) {
      Send send = sends.get(i);
      if (send.cap() == cap.hash() && send.shadow() == shadow && counts(cap, send, nowMs, today)) {
        count++;
        firstMs = Math.min(firstMs, send.untilMs());
      }
    }
    return count >= cap.cap().atMost() ? OptionalLong.of(firstMs) : OptionalLong.empty();
  }

  private static boolean counts(CapPlan cap, Send send, long nowMs, long today) {
    if (cap.cap().window() instanceof CapWindow.Rolling rolling) {
      return nowMs - send.untilMs() < rolling.ms();
    }
    Period period = ((CapWindow.Calendar) cap.cap().window()).period();
    long now = number(period, today);
    return number(period, send.fromDate()) <= now && now <= number(period, send.untilDate());
  }

  /** Which period a date lies in, counted from the first one there was. */
  public static long number(Period period, long epochDay) {
    return switch (period) {
      case DAY -> epochDay;
      // 1970-01-01 was a Thursday.
      case WEEK -> Math.floorDiv(epochDay + 3, 7);
      case MONTH -> {
        LocalDate date = LocalDate.ofEpochDay(epochDay);
        yield date.getYear() * 12L + date.getMonthValue();
      }
    };
  }

  /** Takes note of a send. */
  public void add(CapPlan cap, long shadow, long untilMs, long fromDate, long untilDate) {
    int at = sends.size();
    while (at > 0 && sends.get(at - 1).untilMs() > untilMs) {
      at--;
    }
    sends.add(at, new Send(cap.hash(), shadow, untilMs, fromDate, untilDate));
  }

  private static long deadAtMs(Plan plan, Send send) {
    CapPlan cap = plan.policy().capByHash(send.cap());
    return cap == null ? Long.MIN_VALUE : send.untilMs() + lifeMs(cap.cap()) + marginMs(plan);
  }

  private static long lifeMs(Cap cap) {
    if (cap.window() instanceof CapWindow.Rolling rolling) {
      return rolling.ms();
    }
    // Longer than the period, a change of zone included.
    return switch (((CapWindow.Calendar) cap.window()).period()) {
      case DAY -> 3 * DAY_MS;
      case WEEK -> 9 * DAY_MS;
      case MONTH -> 33 * DAY_MS;
    };
  }

  /** The watermark may be ahead of a live job's send clock by so much. */
  static long marginMs(Plan plan) {
    return plan.isReplay() ? 0 : plan.job().time().maxAheadMs();
  }

  void prune(Plan plan, long watermarkMs) {
    // Backwards: of those that time has passed, no more are of use than fill the cap.
    for (int i = sends.size() - 1; i >= 0; i--) {
      Send send = sends.get(i);
      if (deadAtMs(plan, send) <= watermarkMs || isOneTooMany(plan, i, watermarkMs)) {
        sends.remove(i);
      }
    }
  }

  private boolean isOneTooMany(Plan plan, int place, long watermarkMs) {
    Send send = sends.get(place);
    CapPlan cap = plan.policy().capByHash(send.cap());
    int later = 0;
    for (int i = place + 1; i < sends.size(); i++) {
      Send other = sends.get(i);
      if (other.cap() == send.cap()
          && other.shadow() == send.shadow()
          && other.untilMs() <= watermarkMs) {
        later++;
      }
    }
    return cap != null && later >= cap.cap().atMost();
  }

  boolean isEmpty() {
    return sends.isEmpty();
  }

  long deadAtMs(Plan plan) {
    long dead = Gathered.NEVER;
    for (Send send : sends) {
      dead = Math.max(dead, deadAtMs(plan, send));
    }
    return dead;
  }

  void write(ByteWriter out, long baseMs) {
    out.count(sends.size());
    for (Send send : sends) {
      out.i64(send.cap());
      out.u8(send.shadow() == 0 ? 0 : 1);
      if (send.shadow() != 0) {
        out.i64(send.shadow());
      }
      out.signed(send.untilMs() - baseMs);
      out.signed(send.fromDate());
      out.signed(send.untilDate() - send.fromDate());
    }
  }

  /** Those of caps that are gone are read over. */
  void read(ByteReader in, Plan plan, long baseMs) {
    int size = in.size(12);
    for (int i = 0; i < size; i++) {
      long cap = in.i64();
      long shadow = in.u8() == 0 ? 0 : in.i64();
      long untilMs = in.signed() + baseMs;
      long fromDate = in.signed();
      Send send = new Send(cap, shadow, untilMs, fromDate, in.signed() + fromDate);
      if (plan.policy().capByHash(cap) != null) {
        sends.add(send);
      }
    }
  }
}
