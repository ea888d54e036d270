// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.language.Intervention.Kind;
import io.beckon.language.TriggerDefinition.Lane;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What may be sent at all: {@code policy.yaml}, checked, without its time zone.
 *
 * @param caps in the order of the file
 * @param service what the lane is exempt of
 * @param marketing what the lane is exempt of
 * @param budgets in the order of the file
 * @param rates in the order of the file
 * @param mostJourneys of a user, waiting or held
 */
public record PolicyDefinition(
    Optional<Consent> consent,
    Optional<Quiet> quiet,
    List<Cap> caps,
    Optional<Arbitration> arbitration,
    Set<Exemption> service,
    Set<Exemption> marketing,
    List<Mute> mutes,
    Holdout holdout,
    List<Budget> budgets,
    List<Rate> rates,
    int mostJourneys) {

  /** {@code journeys.at_most} where it is not written. */
  public static final int DEFAULT_JOURNEYS = 32;

  public PolicyDefinition {
    Objects.requireNonNull(consent);
    Objects.requireNonNull(quiet);
    Objects.requireNonNull(arbitration);
    Objects.requireNonNull(holdout);
    caps = List.copyOf(caps);
    service = Set.copyOf(service);
    marketing = Set.copyOf(marketing);
    mutes = List.copyOf(mutes);
    budgets = List.copyOf(budgets);
    rates = List.copyOf(rates);
  }

  /** A policy that forbids nothing, of the job {@code jobId}. */
  public static PolicyDefinition none(String jobId) {
    return new PolicyDefinition(
        Optional.empty(),
        Optional.empty(),
        List.of(),
        Optional.empty(),
        Set.of(),
        Set.of(),
        List.of(),
        new Holdout(BigDecimal.ZERO, jobId),
        List.of(),
        List.of(),
        DEFAULT_JOURNEYS);
  }

  /** The policy with another share of users held out of everything. */
  public PolicyDefinition withHoldout(BigDecimal share) {
    return with(quiet, new Holdout(share, holdout.salt()));
  }

  /** The policy that releases at once what quiet hours held. */
  public PolicyDefinition withoutSpread() {
    return with(
        quiet.map(it -> new Quiet(it.windows(), it.holidays(), it.drops(), it.keepsHighest(), 0)),
        holdout);
  }

  private PolicyDefinition with(Optional<Quiet> quiet, Holdout holdout) {
    return new PolicyDefinition(
        consent,
        quiet,
        caps,
        arbitration,
        service,
        marketing,
        mutes,
        holdout,
        budgets,
        rates,
        mostJourneys);
  }

  /** What {@code lane} is exempt of. */
  public Set<Exemption> exempt(Lane lane) {
    return lane == Lane.SERVICE ? service : marketing;
  }

  /** The budget called {@code id}. */
  public Optional<Budget> budget(String id) {
    return budgets.stream().filter(budget -> budget.id().equals(id)).findFirst();
  }

  /**
   * Who agreed to be reached.
   *
   * @param marketingSlot the bool of the profile that the lane needs; none: the lane needs none
   * @param serviceSlot likewise
   * @param channelsSlot the list of strings of the profile that names the channels agreed to
   * @param allowsByDefault what a missing attribute means
   */
  public record Consent(
      OptionalInt marketingSlot,
      OptionalInt serviceSlot,
      OptionalInt channelsSlot,
      boolean allowsByDefault) {
    public Consent {
      Objects.requireNonNull(marketingSlot);
      Objects.requireNonNull(serviceSlot);
      Objects.requireNonNull(channelsSlot);
    }
  }

  /**
   * When nothing is sent, in the user's zone.
   *
   * @param drops whether what falls into it is dropped rather than held
   * @param keepsHighest whether of all that is released together one is kept
   * @param spreadMs over how long a release is spread, by user
   */
  public record Quiet(
      List<Window> windows,
      List<Holiday> holidays,
      boolean drops,
      boolean keepsHighest,
      long spreadMs) {
    public Quiet {
      windows = List.copyOf(windows);
      holidays = List.copyOf(holidays);
    }
  }

  /**
   * Hours of every day, from the first minute up to, without, the last.
   *
   * @param fromMinute of the day, 0 to 1439
   * @param toMinute of the day, 0 to 1440; before {@code fromMinute}: of the next day
   */
  public record Window(int fromMinute, int toMinute) {}

  /** Local dates, both included. */
  public record Holiday(LocalDate from, LocalDate to) {
    public Holiday {
      Objects.requireNonNull(from);
      Objects.requireNonNull(to);
    }
  }

  /** Which interventions: those that agree with everything that is given. */
  public record Selection(
      Optional<Lane> lane,
      Optional<String> channel,
      Optional<Kind> kind,
      Optional<String> trigger) {
    public Selection {
      Objects.requireNonNull(lane);
      Objects.requireNonNull(channel);
      Objects.requireNonNull(kind);
      Objects.requireNonNull(trigger);
    }

    /** Whether {@code intervention} of the trigger and lane is among them. */
    public boolean fits(String trigger, Lane lane, Intervention intervention) {
      return fits(trigger, lane, intervention.kind(), intervention.channel());
    }

    /** Whether something of that trigger, lane, kind and channel is among them. */
    public boolean fits(String trigger, Lane lane, Kind kind, Optional<String> channel) {
      return (this.trigger.isEmpty() || this.trigger.get().equals(trigger))
          && (this.lane.isEmpty() || this.lane.get() == lane)
          && (this.kind.isEmpty() || this.kind.get() == kind)
          && (this.channel.isEmpty() || this.channel.equals(channel));
    }
  }

  /** No more than so many of them a user. */
  public record Cap(String id, Selection of, int atMost, CapWindow window) {
    public Cap {
      Objects.requireNonNull(id);
      Objects.requireNonNull(of);
      Objects.requireNonNull(window);
    }
  }

  /** What a cap counts over. */
  public sealed interface CapWindow {
    /** The last {@code ms} milliseconds. */
    record Rolling(long ms) implements CapWindow {}

    /** The user's local day, week or month. */
    record Calendar(Period period) implements CapWindow {
      public Calendar {
        Objects.requireNonNull(period);
      }
    }
  }

  /** A period of the calendar. */
  public enum Period {
    /** A local date. */
    DAY,
    /** From Monday. */
    WEEK,
    /** From the first. */
    MONTH
  }

  /**
   * A user's candidates compete.
   *
   * @param gatherMs how long the first waits for others
   * @param keep how many win
   */
  public record Arbitration(long gatherMs, int keep) {}

  /** What a lane may be exempt of. */
  public enum Exemption {
    /** Consent, of lane and channel. */
    CONSENT,
    /** Mutes. */
    MUTE,
    /** Arbitration: it neither competes nor counts. */
    ARBITRATION,
    /** Caps: none stops it. */
    CAPS,
    /** Quiet hours. */
    QUIET_HOURS,
    /** Holdouts. */
    HOLDOUT
  }

  /**
   * From an event on, until another or for so long, nothing of a lane is sent.
   *
   * @param until what ends it before its time
   * @param atMostMs how long it lasts at most
   */
  public record Mute(Lane lane, Selector from, Optional<Selector> until, long atMostMs) {
    public Mute {
      Objects.requireNonNull(lane);
      Objects.requireNonNull(from);
      Objects.requireNonNull(until);
    }
  }

  /**
   * Users to whom nothing is sent, for comparison.
   *
   * @param share in [0, 1], exact
   * @param salt of this draw and of all others of the job
   */
  public record Holdout(BigDecimal share, String salt) {
    public Holdout {
      Objects.requireNonNull(share);
      Objects.requireNonNull(salt);
    }
  }

  /**
   * What may be spent; at least one amount is there, all positive.
   *
   * @param unit what the amounts are in; empty if not written
   * @param zone whose days, weeks and months count
   * @param whenEmpty what is sent in place of what can no longer be paid; it has no budget itself
   */
  public record Budget(
      String id,
      Optional<BigDecimal> total,
      Optional<BigDecimal> perDay,
      Optional<BigDecimal> perWeek,
      Optional<BigDecimal> perMonth,
      Optional<BigDecimal> perUser,
      String unit,
      ZoneId zone,
      Optional<Intervention> whenEmpty) {
    public Budget {
      Objects.requireNonNull(id);
      Objects.requireNonNull(total);
      Objects.requireNonNull(perDay);
      Objects.requireNonNull(perWeek);
      Objects.requireNonNull(perMonth);
      Objects.requireNonNull(perUser);
      Objects.requireNonNull(unit);
      Objects.requireNonNull(zone);
      Objects.requireNonNull(whenEmpty);
    }
  }

  /**
   * No more than so many of them at a time, of all users together.
   *
   * @param perMs in any window of this length
   * @param queues whether what finds it full waits rather than is dropped
   * @param mostQueued how many may wait
   */
  public record Rate(
      String id, Selection of, int atMost, long perMs, boolean queues, int mostQueued) {
    public Rate {
      Objects.requireNonNull(id);
      Objects.requireNonNull(of);
    }
  }
}
