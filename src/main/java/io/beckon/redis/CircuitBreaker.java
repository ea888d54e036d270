// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.redis;

/**
 * Spares a server that does not answer, and those who would wait for it: after so many failures in
 * a row nothing is tried for a while; then one trial decides. Not thread-safe.
 */
public final class CircuitBreaker {
  private final int after;
  private final long forMs;
  private int failures;
  private long nextTrialMs;
  private boolean open;
  private boolean trying;

  /**
   * A closed one.
   *
   * @param after how many failures in a row open it, at least 1
   * @param forMs for how long it then stays open, and again after each trial that fails
   */
  public CircuitBreaker(int after, long forMs) {
    if (after < 1 || forMs < 1) {
      throw new IllegalArgumentException("after " + after + " for " + forMs);
    }
    this.after = after;
    this.forMs = forMs;
  }

  /**
   * Whether to try now; if so, {@link #succeeded} or {@link #failed} has to follow. While a trial
   * runs there is no other.
   *
   * @param nowMs a clock that never goes back; its beginning does not matter
   */
  public boolean allows(long nowMs) {
    if (!open) {
      return true;
    }
    if (trying || nowMs - nextTrialMs < 0) {
      return false;
    }
    trying = true;
    return true;
  }

  /** What was tried went well. */
  public void succeeded() {
    failures = 0;
    open = false;
    trying = false;
  }

  /** What was tried failed. */
  public void failed(long nowMs) {
    trying = false;
    if (failures < after) {
      failures++;
    }
    if (failures >= after) {
      open = true;
      nextTrialMs = nowMs + forMs;
    }
  }

  /** Whether nothing is tried, but for a trial. */
  public boolean isOpen() {
    return open;
  }
}
