// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.budget;

import io.beckon.calendar.LocalDays;
import io.beckon.language.PolicyDefinition.Budget;
import io.beckon.language.PolicyDefinition.Period;
import io.beckon.policy.Fact;
import io.beckon.state.ByteReader;
import io.beckon.state.ByteWriter;
import io.beckon.state.Sends;
import io.beckon.state.StateFormatException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What was spent of one budget: all in all, and by day, week and month of its zone. All four are
 * kept whatever limits there are, so that a limit set later counts what was spent before it.
 */
final class Spending {
  private BigDecimal total = BigDecimal.ZERO;
  private final InPeriod day = new InPeriod();
  private final InPeriod week = new InPeriod();
  private final InPeriod month = new InPeriod();

  /** A limit, and what was spent of it. */
  private record Limit(String period, BigDecimal limit, BigDecimal spent) {
    BigDecimal left() {
      return limit.subtract(spent);
    }
  }

  /** The first limit of {@code budget} that {@code cost} at {@code atMs} would exceed, in facts. */
  Optional<List<Fact>> refuses(Budget budget, BigDecimal cost, long atMs) {
    for (Limit limit : limits(budget, atMs)) {
      if (limit.left().compareTo(cost) < 0) {
        return Optional.of(
            List.of(
                new Fact.Text("budget", budget.id()),
                new Fact.Text("period", limit.period),
                new Fact.Amount("limit", limit.limit),
                new Fact.Amount("spent", limit.spent),
                new Fact.Amount("cost", cost),
                new Fact.Amount("left", limit.left())));
      }
    }
    return Optional.empty();
  }

  /** Spends {@code cost}; what was spent and the least that is left, in facts. */
  List<Fact> charge(Budget budget, BigDecimal cost, long atMs) {
    long date = LocalDays.dateAt(atMs, budget.zone()).toEpochDay();
    total = total.add(cost);
    day.add(Sends.number(Period.DAY, date), cost);
    week.add(Sends.number(Period.WEEK, date), cost);
    month.add(Sends.number(Period.MONTH, date), cost);
    List<Fact> facts = new ArrayList<>();
    facts.add(new Fact.Text("budget", budget.id()));
    facts.add(new Fact.Amount("cost", cost));
    limits(budget, atMs).stream()
        .map(Limit::left)
        .min(BigDecimal::compareTo)
        .ifPresent(left -> facts.add(new Fact.Amount("left", left)));
    return facts;
  }

  /** What each limit of {@code budget} has left at {@code atMs}. */
  List<BudgetStage.Left> left(Budget budget, long atMs) {
    return limits(budget, atMs).stream()
        .map(it -> new BudgetStage.Left(budget.id(), it.period, it.limit, it.left()))
        .toList();
  }

  private List<Limit> limits(Budget budget, long atMs) {
    long date = LocalDays.dateAt(atMs, budget.zone()).toEpochDay();
    List<Limit> limits = new ArrayList<>(4);
    budget.total().ifPresent(limit -> limits.add(new Limit("total", limit, total)));
    add(limits, "day", budget.perDay(), day.of(Sends.number(Period.DAY, date)));
    add(limits, "week", budget.perWeek(), week.of(Sends.number(Period.WEEK, date)));
    add(limits, "month", budget.perMonth(), month.of(Sends.number(Period.MONTH, date)));
    return limits;
  }

  private static void add(
      List<Limit> limits, String period, Optional<BigDecimal> limit, BigDecimal spent) {
    limit.ifPresent(most -> limits.add(new Limit(period, most, spent)));
  }

  /** Whether nothing was ever spent. */
  boolean isEmpty() {
    return day.newest == InPeriod.NONE;
  }

  void write(ByteWriter out) {
    RequestCodec.writeDecimal(out, total);
    day.write(out);
    week.write(out);
    month.write(out);
  }

  void read(ByteReader in) {
    total = RequestCodec.readDecimal(in);
    day.read(in);
    week.read(in);
    month.read(in);
  }

  /**
   * What was spent in the newest period and the one before it that saw any: clocks that differ a
   * little, or a zone that was changed, may lead back over the end of a period, and never further.
   */
  private static final class InPeriod {
    private static final long NONE = Long.MIN_VALUE;

    private long newest = NONE;
    private BigDecimal inNewest = BigDecimal.ZERO;
    private long earlier = NONE;
    private BigDecimal inEarlier = BigDecimal.ZERO;

    BigDecimal of(long period) {
      if (period > newest) {
        return BigDecimal.ZERO;
      }
      if (period == newest) {
        return inNewest;
      }
      // Of one that is forgotten it is only known that it came before these.
      return earlier == NONE || period > earlier ? BigDecimal.ZERO : inEarlier;
    }

    void add(long period, BigDecimal cost) {
      if (period > newest) {
        earlier = newest;
        inEarlier = inNewest;
        newest = period;
        inNewest = cost;
      } else if (period == newest) {
        inNewest = inNewest.add(cost);
      } else if (period > earlier) {
        earlier = period;
        inEarlier = cost;
      } else {
        inEarlier = inEarlier.add(cost);
      }
    }

    void write(ByteWriter out) {
      out.u8(newest == NONE ? 0 : earlier == NONE ? 1 : 2);
      if (newest != NONE) {
        out.signed(newest);
        RequestCodec.writeDecimal(out, inNewest);
      }
      if (earlier != NONE) {
        out.signed(newest - earlier);
        RequestCodec.writeDecimal(out, inEarlier);
      }
    }

    void read(ByteReader in) {
      int periods = in.u8();
      if (periods > 2) {
        throw new StateFormatException("damaged state: amounts of " + periods + " periods");
      }
      if (periods > 0) {
        newest = in.signed();
        inNewest = RequestCodec.readDecimal(in);
      }
      if (periods > 1) {
        earlier = newest - in.signed();
        inEarlier = RequestCodec.readDecimal(in);
      }
    }
  }
}
