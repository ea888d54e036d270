// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn.fit;

import io.beckon.churn.BgNbd;
import io.beckon.churn.History;
import io.beckon.churn.MbgNbd;
import io.beckon.churn.Nbd;
import io.beckon.churn.ReturnModel;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * A model of who returns, fitted to histories by maximum likelihood.
 *
 * @param model what to score with, in the histories' unit of time: what was asked for, or {@link
 *     Nbd} where that is degenerate
 * @param lnLikelihood of {@code model}
 * @param degenerate whether the data do not say how users are lost: the parameters asked for ran
 *     into their bounds, or towards a chance of 0
 * @param asked what the fit asked for came to, degenerate or not
 * @param askedLnLikelihood of {@code asked}
 */
public record ReturnFit(
    ReturnModel model,
    double lnLikelihood,
    boolean degenerate,
    ReturnModel asked,
    double askedLnLikelihood) {

  /** The mean age that a fit works with, whatever the unit of the histories. */
  private static final double MEAN_AGE = 10;

  /** Below that mean chance to be lost, a/(a+b), nobody is ever lost. */
  private static final double LEAST_CHANCE = 1e-4;

  /** Starts of r, alpha, a, b: of many one-time buyers, of few, and of hardly any loss. */
  private static final List<double[]> STARTS =
      List.of(
          new double[] {.5, 2, 1, 2},
          new double[] {1, 1, .2, 1},
          new double[] {2, 5, .5, 10},
          new double[] {.2, .5, 2, 2});

  /** Which model. */
  public enum Family {
    BG_NBD,
    MBG_NBD
  }

  /**
   * Fits a model.
   *
   * @throws IllegalArgumentException if no user has a repeat, or no time has passed: these say
   *     nothing of rates
   */
  public static ReturnFit of(Family family, Histories histories) {
    double meanAge = histories.users() == 0 ? 0 : histories.meanAge();
    if (histories.repeaters() == 0 || !(meanAge > 0)) {
      throw new IllegalArgumentException("histories without repeats");
    }
    double factor = MEAN_AGE / meanAge;
    Histories scaled = histories.times(factor);
    Function<double[], ReturnModel> maker =
        switch (family) {
          case BG_NBD -> p -> new BgNbd(p[0], p[1], p[2], p[3]);
          case MBG_NBD -> p -> new MbgNbd(p[0], p[1], p[2], p[3]);
        };
    Maximiser.Maximum found = Maximiser.find(of(maker, scaled), STARTS);
    ReturnModel asked = maker.apply(unboxed(found)).times(1 / factor);
    double askedLn = lnLikelihood(asked, histories);
    double a = found.parameters().get(2);
    double b = found.parameters().get(3);
    if (!found.bounded() && a / (a + b) >= LEAST_CHANCE) {
      return new ReturnFit(asked, askedLn, false, asked, askedLn);
    }
    Function<double[], ReturnModel> nbd = p -> new Nbd(p[0], p[1]);
    Maximiser.Maximum kept =
        Maximiser.find(
            of(nbd, scaled), STARTS.stream().map(p -> new double[] {p[0], p[1]}).toList());
    ReturnModel served = nbd.apply(unboxed(kept)).times(1 / factor);
    return new ReturnFit(served, lnLikelihood(served, histories), true, asked, askedLn);
  }

  /** The log-likelihood of all users. */
  public static double lnLikelihood(ReturnModel model, Histories histories) {
    double sum = 0;
    long repeats = -1;
    double countTerm = 0;
    for (int i = 0; i < histories.size(); i++) {
      History history = histories.distinct().get(i);
      if (history.repeats() != repeats) {
        // Sorted by repeats: gamma functions once for each number.
        repeats = history.repeats();
        countTerm = model.countTerm(repeats);
      }
      sum += histories.weight(i) * (countTerm + model.timeTerm(history));
    }
    return sum;
  }

  private static ToDoubleFunction<double[]> of(
      Function<double[], ReturnModel> maker, Histories histories) {
    return parameters -> lnLikelihood(maker.apply(parameters), histories);
  }

  private static double[] unboxed(Maximiser.Maximum found) {
    return found.parameters().stream().mapToDouble(Double::doubleValue).toArray();
  }
}
