// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.budget;

import io.beckon.language.PolicyDefinition.Rate;
import io.beckon.policy.Fact;
import java.util.ArrayList;
import java.util.List;

/** One rate: what went out under it, and how many wait for it. */
final class RateWindow {
  /**
   * So long after its own send time a request may still be taken as of that time: requests come
   * over a network, from several clocks.
   */
  static final long SETTLES_IN_MS = 60_000;

  /** So many more than two windows can hold are kept for that. */
  private static final int SPARE = 1_024;

  private final Rate rate;
  private final IssueTimes times = new IssueTimes();
  int waiting;

  RateWindow(Rate rate) {
    this.rate = rate;
  }

  Rate rate() {
    return rate;
  }

  IssueTimes times() {
    return times;
  }

  boolean hasRoom(long atMs) {
    return times.hasRoom(atMs, rate.atMost(), rate.perMs());
  }

  /** The earliest time at which there is room, as long as nothing else goes out. */
  long roomAtMs() {
    return times.roomAt(rate.atMost(), rate.perMs());
  }

  /** Whether it is known what went out in the window that ends with {@code atMs}. */
  boolean knows(long atMs) {
    return times.knows(atMs - rate.perMs());
  }

  void add(long atMs, long clockMs) {
    times.add(atMs);
    forget(clockMs);
  }

  void forget(long clockMs) {
    times.forget(clockMs - rate.perMs() - SETTLES_IN_MS, 2L * rate.atMost() + SPARE);
  }

  /** What the reason RATE rests on, in part. */
  List<Fact> facts() {
    List<Fact> facts = new ArrayList<>();
    facts.add(new Fact.Text("rate", rate.id()));
    facts.add(new Fact.Whole("at_most", rate.atMost()));
    facts.add(new Fact.Lasting("per", rate.perMs()));
    return facts;
  }
}
