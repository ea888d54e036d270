// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.simulate;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongUnaryOperator;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * What interventions make of users: planted, so that a measurement of it has a truth to be compared
 * with. Who took an interest and did not buy at once buys later with a probability, the baseline,
 * and with a greater one for each effect that treats them.
 *
 * <p>It knows users only by name and asks who treats them; nothing is sent in a simulation. Such a
 * purchase comes after everything that could have caused it has been sent, also that of users whom
 * nothing treats: what differs between the two is the probability alone.
 */
public final class Effects {
  /** How finely probabilities are told apart. */
  private static final int PARTS = 1_000_000;

  private static final Effects NONE = new Effects(0, List.of());

  private final double baseline;
  private final List<Effect> effects;

  private Effects(double baseline, List<Effect> effects) {
    this.baseline = baseline;
    this.effects = List.copyOf(effects);
  }

  /** How an interest in a product ended that was not bought. */
  public enum Situation {
    /** It was looked at three times or more, and perhaps put into the cart. */
    LOOKED_AT,
    /** It was put into the cart. */
    IN_CART
  }

  /**
   * What one trigger does.
   *
   * @param trigger its name
   * @param waitMs from the last look, or the cart, to the moment
   * @param withinMs from the moment to the last time at which a purchase counts
   * @param change what it adds to the probability of a purchase, from 0 to 1
   * @param treats whether it treats the user of this name
   * @param sentBy by when something is sent at the latest, given the moment
   */
  public record Effect(
      String trigger,
      Situation situation,
      long waitMs,
      long withinMs,
      double change,
      Predicate<String> treats,
      LongUnaryOperator sentBy) {
    /** Checks the ranges. */
    public Effect {
      Objects.requireNonNull(trigger);
      Objects.requireNonNull(situation);
      Objects.requireNonNull(treats);
      Objects.requireNonNull(sentBy);
      if (!(change >= 0 && change <= 1)) {
        throw new IllegalArgumentException("change " + change);
      }
    }
  }

  /** Nothing is planted. */
  public static Effects none() {
    return NONE;
  }

  /**
   * These effects; they add up where several treat a user.
   *
   * @param baseline how probable a purchase is without them
   * @throws IllegalArgumentException if probabilities add up to more than 1
   */
  public static Effects of(double baseline, List<Effect> effects) {
    double sum = baseline;
    for (Effect each : effects) {
      sum += each.change();
    }
    if (!(baseline >= 0 && sum <= 1 + 1e-9)) {
      throw new IllegalArgumentException("probabilities up to " + sum);
    }
    return new Effects(baseline, effects);
  }

  /**
   * A trigger whose situation an interest came to.
   *
   * @param treated whether the user is treated, not held out
   */
  public record Planted(String trigger, boolean treated) {}

  /**
   * What comes of an interest that did not end in a purchase.
   *
   * @param planted the triggers whose situation it is
   * @param atMs when it is bought after all
   * @param anyway whether it would have been bought had nothing been sent
   */
  record Fate(List<Planted> planted, OptionalLong atMs, boolean anyway) {}

  /**
   * The fate of an interest; empty if no effect is about it.
   *
   * @param lookMs the last look
   * @param cartMs when it was put into the cart
   * @param goneMs from when on the user does nothing
   */
  Optional<Fate> fate(String user, long lookMs, OptionalLong cartMs, long goneMs, Dice dice) {
    List<Effect> concerned =
        effects.stream()
            .filter(each -> each.situation() == Situation.LOOKED_AT || cartMs.isPresent())
            .toList();
    if (concerned.isEmpty()) {
      return Optional.empty();
    }
    int chance = parts(baseline);
    long fromMs = Long.MIN_VALUE;
    long untilMs = goneMs - 1;
    double changed = baseline;
    boolean[] treats = new boolean[concerned.size()];
    for (int i = 0; i < treats.length; i++) {
      Effect each = concerned.get(i);
      treats[i] = each.treats().test(user);
      changed += treats[i] ? each.change() : 0;
      long sinceMs = each.situation() == Situation.LOOKED_AT ? lookMs : cartMs.orElse(lookMs);
      long momentMs = sinceMs + each.waitMs();
      fromMs = Math.max(fromMs, each.sentBy().applyAsLong(momentMs));
      untilMs = Math.min(untilMs, momentMs + each.withinMs());
    }
    List<Planted> planted =
        IntStream.range(0, treats.length)
            .mapToObj(i -> new Planted(concerned.get(i).trigger(), treats[i]))
            .toList();
    int throwOf = dice.below(PARTS);
    if (throwOf >= parts(changed) || fromMs >= untilMs) {
      return Optional.of(new Fate(planted, OptionalLong.empty(), false));
    }
    long atMs = Shopper.someTime(fromMs, untilMs, dice);
    return Optional.of(new Fate(planted, OptionalLong.of(atMs), throwOf < chance));
  }

  private static int parts(double probability) {
    return (int) Math.round(probability * PARTS);
  }
}
