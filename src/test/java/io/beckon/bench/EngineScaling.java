// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.Locale;

/**
 * What 990 triggers that do not care for an event cost it: the events of {@link EngineBench} with
 * 10 and with 1,000 triggers in turn, by the time the thread itself spent. What else the machine
 * does falls on both alike, so that the ratio means something on a busy one, too.
 */
public final class EngineScaling {
  private static final int FEW = 10;
  private static final int MANY = 1_000;
  private static final int EVENTS_A_TURN = 4_000;
  private static final int WARM_UP_TURNS = 40;

  private EngineScaling() {}

  /** Measures both orders; the argument is the number of turns, 200 by default. */
  public static void main(String[] args) {
    int turns = args.length > 0 ? Integer.parseInt(args[0]) : 200;
    for (String order : new String[] {"settled", "arrival"}) {
      measure(order, turns);
    }
  }

  private static void measure(String order, int turns) {
    EngineBench.Work few = new EngineBench.Work(EngineBench.job(FEW, order), EngineBench.STEP_MS);
    EngineBench.Work many = new EngineBench.Work(EngineBench.job(MANY, order), EngineBench.STEP_MS);
    for (int turn = 0; turn < WARM_UP_TURNS; turn++) {
      nanos(few);
      nanos(many);
    }
    double[] ratios = new double[turns];
    double[] fewNanos = new double[turns];
    double[] manyNanos = new double[turns];
    for (int turn = 0; turn < turns; turn++) {
      // Each goes first every other time.
      boolean fewFirst = turn % 2 == 0;
      double first = nanos(fewFirst ? few : many);
      double second = nanos(fewFirst ? many : few);
      fewNanos[turn] = fewFirst ? first : second;
      manyNanos[turn] = fewFirst ? second : first;
      ratios[turn] = manyNanos[turn] / fewNanos[turn];
    }
    System.out.printf(
        Locale.ROOT,
        "%s: %d triggers %.0f ns, %d triggers %.0f ns an event; ratio %.2f, middle half %.2f-%.2f%n",
        order,
        FEW,
        at(fewNanos, 0.5),
        MANY,
        at(manyNanos, 0.5),
        at(ratios, 0.5),
        at(ratios, 0.25),
        at(ratios, 0.75));
  }

  private static double nanos(EngineBench.Work work) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long begun = threads.getCurrentThreadCpuTime();
    long sum = 0;
    for (int i = 0; i < EVENTS_A_TURN; i++) {
      sum += work.takeDecoded();
    }
    long spent = threads.getCurrentThreadCpuTime() - begun;
    if (sum == 0) {
      throw new IllegalStateException("no state has a deadline");
    }
    return spent / (double) EVENTS_A_TURN;
  }

  static double at(double[] values, double part) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[(int) (part * (sorted.length - 1))];
  }
}
