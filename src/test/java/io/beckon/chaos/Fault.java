// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.chaos;

/** What is done to a cluster that works. */
enum Fault {
  /** {@code kill -9} of one, which is started again at once. */
  TASK_MANAGER_KILLED("TaskManager: kill -9", true, 4),
  /** {@code kill -9} of all of them at the same time. */
  TASK_MANAGERS_KILLED("every TaskManager at once: kill -9", true, 3),
  /** {@code kill -9} of the one that leads; the other takes over. */
  LEADER_KILLED("JobManager that leads: kill -9", true, 3),
  /** {@code kill -9} of both, and of what they agreed with. */
  JOB_MANAGERS_KILLED("both JobManagers and ZooKeeper: kill -9", true, 2),
  /** {@code kill -9} of the only broker. */
  BROKER_KILLED("Kafka broker: kill -9", true, 3),
  /** An orderly restart, as of an upgrade. */
  BROKER_RESTARTED("Kafka broker: restarted", true, 2),
  /** Everything at once, as when the power goes. */
  ALL_KILLED("everything at once: kill -9", true, 2),
  /** Stands still for longer than a heartbeat may take, then goes on as if nothing had been. */
  TASK_MANAGER_STALLED("TaskManager: stands still for 14 s (SIGSTOP)", false, 1),
  /** Checkpoints can be neither written nor read. */
  CHECKPOINTS_GONE("checkpoint folder: gone for 6 s", false, 1),
  /** No room is left for checkpoints. */
  CHECKPOINTS_FULL("checkpoint folder: full for 6 s", false, 1),
  /** No process hears another one. */
  NETWORK_CUT("network between all processes: cut for 12 s", false, 1);

  private final String words;
  private final boolean restarts;
  private final int weight;

  Fault(String words, boolean restarts, int weight) {
    this.words = words;
    this.restarts = restarts;
    this.weight = weight;
  }

  /** For the report. */
  String words() {
    return words;
  }

  /** Whether processes end and are started. */
  boolean restarts() {
    return restarts;
  }

  /** How often, against the others. */
  int weight() {
    return weight;
  }
}
