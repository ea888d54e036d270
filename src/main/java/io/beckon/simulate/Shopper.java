// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.simulate;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** One user's whole life, worked out when asked for. */
final class Shopper {
  /** No further visit. */
  static final long NEVER = Long.MAX_VALUE;

  /** The most by which an event of a right clock is received after it happened. */
  static final int MOST_DELAY_MS = 8_000;

  private static final int SECOND_MS = 1_000;
  private static final int MINUTE_MS = 60_000;
  private static final int HOUR_MS = 3_600_000;
  private static final long DAY_MS = 86_400_000L;

  /** A purchase that is put off comes within this time, or not at all. */
  private static final long PUT_OFF_MS = 14 * DAY_MS;

  /** How busy the shop is in each hour of the day, UTC, in hundredths of its busiest. */
  private static final List<Integer> BUSY =
      List.of(
          10, 5, 3, 2, 2, 5, 15, 30, 45, 55, 60, 60, 65, 60, 55, 60, 70, 80, 90, 100, 100, 85, 55,
          25);

  private static final int BUSY_SUM = 1_137;

  /** Without a common divisor with 1000: any thousand users in a row have the exact shares. */
  private static final int STRIDE = 617;

  // What dice are thrown for. Part of what a seed means: never changed.
  private static final int FOR_CLOCK = 0;
  private static final int FOR_CHURN = 1;
  private static final int FOR_PAUSE = 2;
  private static final int FOR_VISIT = 3;
  private static final int FOR_FATE = 4;

  private final SimulationSettings settings;
  private final Effects effects;
  private final int user;
  private final Persona persona;

  Shopper(SimulationSettings settings, Effects effects, int user) {
    this.settings = settings;
    this.effects = effects;
    this.user = user;
    this.persona = persona(settings.seed(), user);
  }

  /**
   * A look around that came to an interest in one product.
   *
   * @param atMs its last look, or its cart
   * @param planted the triggers that treat it, or do not
   */
  record Interest(Product product, long atMs, List<Effects.Planted> planted) {}

  /**
   * Everything of one visit, purchases put off included, in no order.
   *
   * @param caused the indexes of purchases that would not have been without a treatment
   */
  record Visit(List<SimulatedEvent> events, List<Interest> interests, Set<Integer> caused) {}

  private static Persona persona(long seed, int user) {
    long at = Math.floorMod(user * (long) STRIDE + Math.floorMod(seed, Persona.WHOLE), 1000L);
    for (Persona each : Persona.values()) {
      at -= each.share();
      if (at < 0) {
        return each;
      }
    }
    throw new IllegalStateException("the shares do not add up to a thousand");
  }

  private Dice dice(int purpose, long index) {
    return Dice.of(settings.seed(), user, purpose, index);
  }

  Persona persona() {
    return persona;
  }

  DeviceClock clock() {
    if (persona != Persona.WRONG_CLOCK) {
      return DeviceClock.RIGHT;
    }
    return switch (dice(FOR_CLOCK, 0).below(3)) {
      case 0 -> settings.clocksAhead() ? DeviceClock.AHEAD : DeviceClock.BEHIND;
      case 1 -> DeviceClock.BEHIND;
      default -> DeviceClock.LATE;
    };
  }

  /** When a churner is gone for good: after a fifth of the time, before the last fifth. */
  OptionalLong churnedAtMs() {
    if (persona != Persona.CHURNER) {
      return OptionalLong.empty();
    }
    long fifthMs = (settings.endMs() - settings.startMs()) / 5;
    long seconds = fifthMs * 3 / SECOND_MS;
    return OptionalLong.of(
        settings.startMs() + fifthMs + dice(FOR_CHURN, 0).below((int) seconds) * (long) SECOND_MS);
  }

  /** The last moment at which this user can do anything. */
  private long goneMs() {
    return churnedAtMs().orElse(Long.MAX_VALUE);
  }

  /** When the visit of this number begins, the one before having begun at {@code lastMs}. */
  long visitMs(int number, long lastMs) {
    Dice dice = dice(FOR_PAUSE, number);
    double pauseMs = persona.pauseMs();
    if (persona == Persona.FADING) {
      for (int i = 0; i < Math.min(number, 20); i++) {
        pauseMs = pauseMs * 3 / 2;
      }
    }
    long atMs = lastMs;
    if (persona == Persona.BOT) {
      atMs += dice.pauseMs(pauseMs);
    } else {
      // Visits as at the busiest hour, of which the other hours keep their share.
      double busiestMs = pauseMs * BUSY_SUM / (100.0 * BUSY.size());
      do {
        atMs += 1 + dice.pauseMs(busiestMs);
      } while (atMs < settings.endMs()
          && dice.below(100) >= BUSY.get((int) (Math.floorMod(atMs, DAY_MS) / HOUR_MS)));
    }
    return atMs < settings.endMs() && atMs < goneMs() ? atMs : NEVER;
  }

  /** Some time after one and up to another, rather sooner than later, when the shop is busy. */
  static long someTime(long fromMs, long untilMs, Dice dice) {
    double meanMs = Math.min((untilMs - fromMs) / 4.0, 12.0 * HOUR_MS);
    for (int i = 0; i < 1_000; i++) {
      long atMs = fromMs + 1 + dice.pauseMs(meanMs);
      if (atMs <= untilMs
          && dice.below(100) < BUSY.get((int) (Math.floorMod(atMs, DAY_MS) / HOUR_MS))) {
        return atMs;
      }
    }
    return untilMs;
  }

  /** What happens in the visit of this number, which begins at {@code startMs}. */
  Visit visit(int number, long startMs) {
    return new Course(number, startMs).run();
  }

  /** A visit while it is worked out. */
  private final class Course {
    private final List<SimulatedEvent> events = new ArrayList<>();
    private final List<Interest> interests = new ArrayList<>();
    private final Set<Integer> caused = new HashSet<>();
    private final int number;
    private final Dice dice;
    private final DeviceClock clock = clock();
    private final long lateByMs;
    private final long goneMs = goneMs();
    private long atMs;
    private int index;

    Course(int number, long startMs) {
      this.number = number;
      this.atMs = startMs;
      this.dice = dice(FOR_VISIT, number);
      this.lateByMs = clock == DeviceClock.LATE ? 2 * HOUR_MS + dice.below(4 * HOUR_MS) : 0;
    }

    Visit run() {
      if (persona == Persona.BOT) {
        crawl();
      } else {
        lookAround();
        if (dice.thousandth(persona.interest())) {
          takeInterest(product());
        }
      }
      return new Visit(events, interests, caused);
    }

    private Product product() {
      return new Product(dice.below(Product.COUNT));
    }

    private void crawl() {
      int looks = 40 + dice.below(20);
      for (int look = 0; look < looks; look++) {
        add(SimulatedEvent.Type.PRODUCT_VIEW, product(), atMs);
        atMs += 2 * SECOND_MS + dice.below(8 * SECOND_MS);
      }
    }

    private void lookAround() {
      int looks = 1 + dice.below(5);
      for (int look = 0; look < looks; look++) {
        add(SimulatedEvent.Type.PRODUCT_VIEW, product(), atMs);
        atMs += 20 * SECOND_MS + dice.below(150 * SECOND_MS);
      }
    }

    private void takeInterest(Product product) {
      int looks = 3 + dice.below(3);
      long lastMs = atMs;
      for (int look = 0; look < looks; look++) {
        add(SimulatedEvent.Type.PRODUCT_VIEW, product, atMs);
        lastMs = atMs;
        atMs += MINUTE_MS + dice.below(4 * MINUTE_MS);
      }
      long lookMs = lastMs;
      OptionalLong cartMs = OptionalLong.empty();
      if (dice.thousandth(persona.cart())) {
        add(SimulatedEvent.Type.ADD_TO_CART, product, atMs);
        lastMs = atMs;
        cartMs = OptionalLong.of(atMs);
      }
      int resolve = dice.below(1000);
      boolean now = resolve < persona.now();
      Optional<Effects.Fate> fate =
          now || lastMs >= goneMs
              ? Optional.empty()
              : effects.fate(
                  SimulatedEvent.userId(user), lookMs, cartMs, goneMs, dice(FOR_FATE, number));
      if (lastMs < goneMs) {
        interests.add(
            new Interest(product, lastMs, fate.map(Effects.Fate::planted).orElse(List.of())));
      }
      if (fate.isPresent()) {
        meet(fate.get(), product);
      } else if (now) {
        add(SimulatedEvent.Type.PURCHASE, product, atMs + MINUTE_MS + dice.below(29 * MINUTE_MS));
      } else if (resolve < persona.now() + persona.later()) {
        // Half of them after hours, half of them after days.
        long putOffMs = dice.pauseMs(dice.below(2) == 0 ? 2.0 * HOUR_MS : 2.0 * DAY_MS);
        if (putOffMs <= PUT_OFF_MS) {
          add(SimulatedEvent.Type.PURCHASE, product, atMs + MINUTE_MS + putOffMs);
        }
      }
    }

    private void meet(Effects.Fate fate, Product product) {
      if (fate.atMs().isPresent()) {
        if (!fate.anyway()) {
          caused.add(index);
        }
        add(SimulatedEvent.Type.PURCHASE, product, fate.atMs().getAsLong());
      }
    }

    private void add(SimulatedEvent.Type type, Product product, long timeMs) {
      int delayMs = dice.thousandth(20) ? dice.below(MOST_DELAY_MS) : dice.below(SECOND_MS);
      boolean twice = dice.thousandth(5);
      int copyDelayMs = dice.below(MOST_DELAY_MS);
      int place = index++;
      if (timeMs >= goneMs) {
        return;
      }
      events.add(event(type, product, timeMs, delayMs, place, false));
      if (twice) {
        events.add(event(type, product, timeMs, copyDelayMs, place, true));
      }
    }

    private SimulatedEvent event(
        SimulatedEvent.Type type,
        Product product,
        long timeMs,
        int delayMs,
        int place,
        boolean copy) {
      return new SimulatedEvent(
          user,
          number,
          place,
          timeMs,
          timeMs + clock.offsetMs(),
          timeMs + lateByMs + delayMs,
          type,
          product,
          copy);
    }
  }
}
