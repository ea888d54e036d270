// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.simulate;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.PriorityQueue;

/**
 * A shop and its users over some days.
 *
 * <p>What is kept: 12 bytes a user, and the events that have yet to arrive of visits that have
 * begun. Everything else is worked out anew when it is needed.
 */
public final class Simulation {
  private final SimulationSettings settings;
  private final Effects effects;

  /** The simulation of these settings. */
  public Simulation(SimulationSettings settings) {
    this(settings, Effects.none());
  }

  /** The simulation of these settings, with what is planted. */
  public Simulation(SimulationSettings settings, Effects effects) {
    this.settings = Objects.requireNonNull(settings);
    this.effects = Objects.requireNonNull(effects);
  }

  /** Takes events. */
  @FunctionalInterface
  public interface Sink {
    /** Takes the next event. */
    void accept(SimulatedEvent event) throws IOException;
  }

  /**
   * What a simulation came to.
   *
   * @param events how many events arrived, copies included
   * @param mostWaiting how many events waited for their arrival at the worst
   */
  public record Result(long events, int mostWaiting) {}

  /**
   * What is true of a user.
   *
   * @param user the number of the user, from 0
   * @param churnedAtMs the moment after which the user does nothing any more
   * @param events how many events the user has within the days, copies not counted
   * @param interests every product that was looked at in earnest, in the order of time
   */
  public record Truth(
      int user,
      Persona persona,
      DeviceClock clock,
      OptionalLong churnedAtMs,
      long events,
      List<Interest> interests) {
    /** Takes a copy of the list. */
    public Truth {
      Objects.requireNonNull(churnedAtMs);
      interests = List.copyOf(interests);
    }
  }

  /**
   * A product that was looked at in earnest.
   *
   * @param atMs the last look, or when it was put into the cart; true time
   * @param boughtAtMs when the same user bought it thereafter; true time, also beyond the last day
   * @param anywayAtMs when they would have with nobody stepping in: the same where nothing is
   *     planted
   * @param planted the triggers whose situation it came to, in the order they were planted
   */
  public record Interest(
      Product product,
      long atMs,
      OptionalLong boughtAtMs,
      OptionalLong anywayAtMs,
      List<Effects.Planted> planted) {
    /** Takes a copy of the list. */
    public Interest {
      planted = List.copyOf(planted);
    }
  }

  /** How the user of this number behaves. */
  public Persona persona(int user) {
    return new Shopper(settings, effects, user).persona();
  }

  /**
   * Hands out every event that happens within the days, in the order of arrival; some arrive after
   * the last day.
   */
  public Result run(Sink sink) throws IOException {
    VisitQueue visits = new VisitQueue(settings.users());
    int[] numbers = new int[settings.users()];
    PriorityQueue<SimulatedEvent> waiting = new PriorityQueue<>();
    long startMs = settings.startMs();
    long endMs = settings.endMs();
    for (int user = 0; user < settings.users(); user++) {
      long firstMs = new Shopper(settings, effects, user).visitMs(0, startMs);
      if (firstMs != Shopper.NEVER) {
        visits.add(firstMs - startMs, user);
      }
    }
    long events = 0;
    int mostWaiting = 0;
    while (true) {
      SimulatedEvent next = waiting.peek();
      // Nothing arrives before its visit has begun.
      if (!visits.isEmpty() && (next == null || startMs + visits.firstMs() <= next.arrivalMs())) {
        int user = visits.firstUser();
        long atMs = startMs + visits.firstMs();
        visits.removeFirst();
        Shopper shopper = new Shopper(settings, effects, user);
        int number = numbers[user]++;
        for (SimulatedEvent event : shopper.visit(number, atMs).events()) {
          if (event.timeMs() < endMs) {
            waiting.add(event);
          }
        }
        mostWaiting = Math.max(mostWaiting, waiting.size());
        long nextMs = shopper.visitMs(number + 1, atMs);
        if (nextMs != Shopper.NEVER) {
          visits.add(nextMs - startMs, user);
        }
      } else if (next != null) {
        waiting.remove();
        events++;
        sink.accept(next);
      } else {
        return new Result(events, mostWaiting);
      }
    }
  }

  /** What is true of the user of this number. */
  public Truth truth(int user) {
    Shopper shopper = new Shopper(settings, effects, user);
    List<SimulatedEvent> purchases = new ArrayList<>();
    List<SimulatedEvent> anyway = new ArrayList<>();
    List<Shopper.Interest> shown = new ArrayList<>();
    long events = 0;
    int number = 0;
    long atMs = shopper.visitMs(0, settings.startMs());
    while (atMs != Shopper.NEVER) {
      Shopper.Visit visit = shopper.visit(number, atMs);
      for (SimulatedEvent event : visit.events()) {
        if (event.copy()) {
          continue;
        }
        events += event.timeMs() < settings.endMs() ? 1 : 0;
        if (event.type() == SimulatedEvent.Type.PURCHASE) {
          purchases.add(event);
          if (!visit.caused().contains(event.index())) {
            anyway.add(event);
          }
        }
      }
      for (Shopper.Interest interest : visit.interests()) {
        if (interest.atMs() < settings.endMs()) {
          shown.add(interest);
        }
      }
      number++;
      atMs = shopper.visitMs(number, atMs);
    }
    List<Interest> interests = new ArrayList<>();
    for (Shopper.Interest each : shown) {
      interests.add(
          new Interest(
              each.product(),
              each.atMs(),
              bought(purchases, each),
              bought(anyway, each),
              each.planted()));
    }
    return new Truth(
        user, shopper.persona(), shopper.clock(), shopper.churnedAtMs(), events, interests);
  }

  private static OptionalLong bought(List<SimulatedEvent> purchases, Shopper.Interest interest) {
    return purchases.stream()
        .filter(purchase -> purchase.product().equals(interest.product()))
        .mapToLong(SimulatedEvent::timeMs)
        .filter(timeMs -> timeMs > interest.atMs())
        .min();
  }
}
