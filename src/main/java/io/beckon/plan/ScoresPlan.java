// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.plan;

import java.util.List;

/**
 * What a job of scores publishes of each user.
 *
 * @param signals in the author's order
 * @param activeForMs how long past the last event of any of them the local day's close is told
 */
public record ScoresPlan(List<SignalRead> signals, long activeForMs) {
  public ScoresPlan {
    signals = List.copyOf(signals);
    if (signals.isEmpty() || activeForMs <= 0) {
      throw new IllegalArgumentException(signals.size() + " signals for " + activeForMs + " ms");
    }
  }
}
