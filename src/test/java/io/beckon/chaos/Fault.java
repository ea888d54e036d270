// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.chaos;

/** What is done to a cluster that works. */
enum Fault {
  /** {@code kill -9} of one, which is started again at once. */
  TASK_MANAGER_KILLED("TaskManager: kill -9", 2),
  /** {@code kill -9} of all of them at the same time. */
  TASK_MANAGERS_KILLED("every TaskManager at once: kill -9", 4),
  /** {@code kill -9} of the one that leads; the other takes over. */
  LEADER_KILLED("JobManager that leads: kill -9", 2),
  /** {@code kill -9} of both, and of what they agreed with. */
  JOB_MANAGERS_KILLED("both JobManagers and ZooKeeper: kill -9", 4),
  /** {@code kill -9} of the only broker. */
  BROKER_KILLED("Kafka broker: kill -9", 4),
  /** An orderly restart, as of an upgrade. */
  BROKER_RESTARTED("Kafka broker: restarted", 2),
  /** {@code kill -9} of Redis as often as it comes back. */
  REDIS_KILLED("Redis: kill -9, three times in a row", 3),
  /** An orderly restart, with a while in between. */
  REDIS_RESTARTED("Redis: away for 5 s, restarted", 2),
  /** Everything at once, as when the power goes. */
  ALL_KILLED("everything at once: kill -9", 8),
  /** Stands still for longer than a heartbeat may take, then goes on as if nothing had been. */
  TASK_MANAGER_STALLED("TaskManager: stands still for 14 s (SIGSTOP)", 1),
  /** Checkpoints can be neither written nor read. */
  CHECKPOINTS_GONE("checkpoint folder: gone for 6 s", 1),
  /** No room is left for checkpoints. */
  CHECKPOINTS_FULL("checkpoint folder: full for 6 s", 1),
  /** Checkpoints are written so slowly that one takes longer than the pause between two. */
  CHECKPOINTS_SLOW("checkpoint storage: slow, until a checkpoint is made", 1),
  /** No process hears another one. */
  NETWORK_CUT("network between all processes: cut for 12 s", 1),
  /** Its wall clock is set ahead or back, and right again. */
  TASK_MANAGER_CLOCK("TaskManager: clock an hour ahead or behind for 8 s", 1),
  /** So is that of the one that leads. */
  JOB_MANAGER_CLOCK("JobManager that leads: clock 30 s ahead or behind for 8 s", 1),
  /** So is the broker's; transactions are given up after ten minutes by it. */
  BROKER_CLOCK("Kafka broker: clock four minutes ahead or behind for 8 s", 1);

  private final String words;
  private final int weight;

  Fault(String words, int weight) {
    this.words = words;
    this.weight = weight;
  }

  /** For the report. */
  String words() {
    return words;
  }

  /** How often, against the others. */
  int weight() {
    return weight;
  }

  /** Whether it sets clocks. */
  boolean ofClocks() {
    return this == TASK_MANAGER_CLOCK || this == JOB_MANAGER_CLOCK || this == BROKER_CLOCK;
  }
}
