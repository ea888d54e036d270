// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Activities and models by a seed, ordinary ones and extreme ones. */
public final class RandomScores {
  static final long DAY_MS = 86_400_000;

  private static final List<Feature> FEATURES = List.of(Feature.values());

  private RandomScores() {}

  static Activity activity(Random random) {
    Activity activity = new Activity();
    long date = 10_000L + random.nextInt(10_000);
    long zoneMs = (random.nextInt(27) - 12) * 3_600_000L;
    int dates = random.nextInt(10) == 0 ? 400 : 1 + random.nextInt(30);
    int gap = random.nextBoolean() ? 60 : 4;
    long subscribed = date - random.nextInt(50);
    for (int i = 0; i < dates; i++) {
      long closeMs = (date + 1) * DAY_MS + zoneMs;
      activity.take(date, closeMs, closeMs - 1 - random.nextInt((int) DAY_MS));
      date += 1 + random.nextInt(gap);
    }
    if (random.nextInt(4) > 0) {
      activity.subscribe(subscribed * DAY_MS + zoneMs + DAY_MS);
    }
    return activity;
  }

  /** A score of any family. */
  public static ChurnScore score(Random random) {
    return switch (random.nextInt(5)) {
      case 0 -> new ReturnScore(model(random), (1 + random.nextInt(365)) * DAY_MS);
      case 1 ->
          new CadenceScore(
              new OwnCadence(
                  .5 + 6 * random.nextDouble(),
                  1 + random.nextInt(60),
                  .5 + 4 * random.nextDouble(),
                  random.nextInt(20) * DAY_MS,
                  (20 + random.nextInt(100)) * DAY_MS));
      case 2 -> silence();
      default -> scorecard(random);
    };
  }

  private static ReturnModel model(Random random) {
    double r = .05 + 2 * random.nextDouble();
    double alpha = random.nextInt(5) == 0 ? 1e6 * random.nextDouble() + 1 : 1 + random.nextInt(90);
    double a = .05 + 2 * random.nextDouble();
    double b = .05 + 4 * random.nextDouble();
    return switch (random.nextInt(3)) {
      case 0 -> new BgNbd(r, alpha, a, b);
      case 1 -> new MbgNbd(r, alpha, a, b);
      default -> new Nbd(r, alpha);
    };
  }

  /** What is shipped for usage that falls silent. */
  static Scorecard silence() {
    return new Scorecard(
        -3.692,
        1,
        0,
        List.of(
            new Term.Ln(Feature.GAP, 1, .209),
            new Term.Ln(Feature.REPEATS, 1, -.377),
            new Term.Ln(Feature.AGE, 1, .159),
            new Term.Ln(Feature.GAP_RATIO, .05, .086),
            new Term.Ln(Feature.EWMA_GAP, .5, .39),
            new Term.Ln(Feature.LEVEL_7D, .005, .001),
            new Term.Ln(Feature.LEVEL_28D, .005, -.705)),
        new Background(31, 2, Optional.empty()));
  }

  private static Scorecard scorecard(Random random) {
    boolean billed = random.nextBoolean();
    Optional<Billing> billing =
        billed
            ? Optional.of(new Billing(random.nextInt(40), 1 + random.nextInt(40)))
            : Optional.empty();
    List<Term> terms = new ArrayList<>();
    for (int i = random.nextInt(8); i >= 0; i--) {
      Feature feature = FEATURES.get(random.nextInt(FEATURES.size()));
      if (!feature.needsBilling() || billed) {
        terms.add(term(random, feature));
      }
    }
    double slope = random.nextInt(4) == 0 ? -1.3 : random.nextBoolean() ? 1 : .7;
    return new Scorecard(
        random.nextGaussian(),
        slope,
        random.nextBoolean() ? 0 : random.nextGaussian(),
        terms,
        new Background(1 + random.nextInt(60), .5 + random.nextInt(5), billing));
  }

  private static Term term(Random random, Feature feature) {
    double weight = random.nextGaussian();
    double scale =
        switch (feature) {
          case LEVEL_7D, LEVEL_28D -> .3;
          case ACTIVE_7D, GAP_RATIO -> 4;
          default -> 40;
        };
    return switch (random.nextInt(3)) {
      case 0 ->
          new Term.Ln(
              feature,
              feature.mayBeZero() || random.nextBoolean() ? .005 + 2 * random.nextDouble() : 0,
              weight);
      case 1 -> new Term.Linear(feature, weight / scale);
      default -> {
        double from = Math.round(scale * random.nextDouble() * 4) / 4.0;
        yield new Term.Bin(feature, from, from + scale * (.05 + random.nextDouble()), weight);
      }
    };
  }
}
