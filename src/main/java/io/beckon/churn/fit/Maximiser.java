// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn.fit;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.hipparchus.exception.MathRuntimeException;
import org.hipparchus.optim.InitialGuess;
import org.hipparchus.optim.MaxEval;
import org.hipparchus.optim.PointValuePair;
import org.hipparchus.optim.SimpleValueChecker;
import org.hipparchus.optim.nonlinear.scalar.GoalType;
import org.hipparchus.optim.nonlinear.scalar.ObjectiveFunction;
import org.hipparchus.optim.nonlinear.scalar.noderiv.NelderMeadSimplex;
import org.hipparchus.optim.nonlinear.scalar.noderiv.SimplexOptimizer;

/**
 * Finds parameters above 0 that maximise a function: Nelder and Mead's simplex over their
 * logarithms, which stay within bounds, from several starts; from the best of these it is begun
 * anew where it ended until that gains nothing.
 */
public final class Maximiser {
  /** No logarithm of a parameter leaves the range from minus this to this. */
  static final double BOUND = 7;

  private static final double STEP = .5;

  /** How close, in log-likelihood, the starts are told apart. */
  private static final double COARSE = 1e-3;

  /** What the last rounds may still gain. */
  private static final double TOLERANCE = 1e-7;

  private static final int MOST_EVALUATIONS = 4_000;
  private static final int MOST_ROUNDS = 8;

  private Maximiser() {}

  /**
   * Where the function is highest.
   *
   * @param parameters above 0
   * @param value of the function there
   * @param bounded whether one of them sits on a bound
   */
  public record Maximum(List<Double> parameters, double value, boolean bounded) {
    public Maximum {
      parameters = List.copyOf(parameters);
    }
  }

  /** The highest of what is found from each start; a start holds parameters, all above 0. */
  public static Maximum find(ToDoubleFunction<double[]> function, List<double[]> starts) {
    if (starts.isEmpty()) {
      throw new IllegalArgumentException("nowhere to start");
    }
    ToDoubleFunction<double[]> ofLogs = point -> value(function, point);
    PointValuePair best = once(ofLogs, start(ofLogs, starts.get(0)), COARSE);
    for (double[] start : starts.subList(1, starts.size())) {
      PointValuePair other = once(ofLogs, start(ofLogs, start), COARSE);
      best = other.getValue() > best.getValue() ? other : best;
    }
    best = polished(ofLogs, best);
    double[] logs = best.getPoint();
    boolean bounded = false;
    for (double log : logs) {
      bounded |= Math.abs(log) >= BOUND - .01;
    }
    return new Maximum(boxed(parameters(logs)), best.getValue(), bounded);
  }

  private static PointValuePair start(ToDoubleFunction<double[]> function, double[] parameters) {
    double[] logs = new double[parameters.length];
    for (int i = 0; i < logs.length; i++) {
      logs[i] = StrictMath.log(parameters[i]);
    }
    return new PointValuePair(logs, function.applyAsDouble(logs));
  }

  private static PointValuePair polished(ToDoubleFunction<double[]> function, PointValuePair from) {
    PointValuePair best = from;
    for (int round = 0; round < MOST_ROUNDS; round++) {
      PointValuePair next = once(function, best, TOLERANCE);
      double gain = next.getValue() - best.getValue();
      best = gain > 0 ? next : best;
      if (!(gain > TOLERANCE)) {
        break;
      }
    }
    return best;
  }

  private static PointValuePair once(
      ToDoubleFunction<double[]> function, PointValuePair from, double tolerance) {
    double[] start = from.getPoint();
    for (int i = 0; i < start.length; i++) {
      start[i] = clamp(start[i]);
    }
    double[] steps = new double[start.length];
    for (int i = 0; i < steps.length; i++) {
      // Inwards, where the start is close to a bound.
      steps[i] = start[i] > BOUND - STEP ? -STEP : STEP;
    }
    try {
      return new SimplexOptimizer(new SimpleValueChecker(-1, tolerance))
          .optimize(
              new MaxEval(MOST_EVALUATIONS),
              new ObjectiveFunction(function::applyAsDouble),
              GoalType.MAXIMIZE,
              new InitialGuess(start),
              new NelderMeadSimplex(steps));
    } catch (MathRuntimeException outOfEvaluations) {
      return from;
    }
  }

  /** Beyond a bound the function falls off from its value there. */
  private static double value(ToDoubleFunction<double[]> function, double[] logs) {
    double[] inside = new double[logs.length];
    double beyond = 0;
    for (int i = 0; i < logs.length; i++) {
      inside[i] = clamp(logs[i]);
      beyond += Math.abs(logs[i] - inside[i]);
    }
    double value = function.applyAsDouble(parameters(inside));
    double fallen = value - Math.max(1, Math.abs(value)) * beyond;
    return Double.isNaN(fallen) ? -Double.MAX_VALUE : fallen;
  }

  private static double clamp(double log) {
    return Math.min(Math.max(log, -BOUND), BOUND);
  }

  private static double[] parameters(double[] logs) {
    double[] parameters = new double[logs.length];
    for (int i = 0; i < logs.length; i++) {
      parameters[i] = StrictMath.exp(clamp(logs[i]));
    }
    return parameters;
  }

  private static List<Double> boxed(double[] values) {
    return Arrays.stream(values).boxed().toList();
  }
}
