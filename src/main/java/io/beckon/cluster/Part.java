// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cluster;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A process of a cluster.
 *
 * @param name {@code kafka}, {@code taskmanager-1} and so on
 * @param pid of the process, if it runs
 * @param since when that was started
 * @param port where others find it, if they do
 * @param metrics the port where it shows its metrics, if it does
 */
public record Part(
    String name,
    Optional<Long> pid,
    Optional<Instant> since,
    OptionalInt port,
    OptionalInt metrics) {
  public Part {
    Objects.requireNonNull(name);
    Objects.requireNonNull(pid);
    Objects.requireNonNull(since);
    Objects.requireNonNull(port);
    Objects.requireNonNull(metrics);
  }

  /** Whether the process is there. */
  public boolean runs() {
    return pid.isPresent();
  }
}
