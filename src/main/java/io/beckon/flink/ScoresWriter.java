// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.redis.RedisAway;
import io.beckon.redis.RedisScores;
import io.beckon.redis.ScoreWrite;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes scores to Redis in a thread of its own, in batches of what has come together meanwhile. Of
 * a user only the newest record waits. While Redis is away it tries again and again, and never
 * gives up; what waits here is bounded, and the state holds it all.
 */
final class ScoresWriter implements AutoCloseable {
  /** How many users' records wait here at most, give or take a batch. */
  static final int MOST = 8_192;

  /** How many are written at once. */
  static final int BATCH = 512;

  private static final Logger LOG = LoggerFactory.getLogger(ScoresWriter.class);
  private static final long FIRST_PAUSE_MS = 50;
  private static final long LONGEST_PAUSE_MS = 3_000;
  private static final long LOG_EVERY_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final long PROGRESS_EVERY_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** Told what happened, by the writing thread. */
  interface Results {
    /** All of {@code writes} were answered. */
    void answered(List<ScoreWrite> writes, List<RedisScores.Outcome> outcomes);

    /** A batch was not; it will be written again. */
    void failed();

    /** Nothing will be written any more; that cannot be, and is told as it is. */
    void broken(RuntimeException bug);
  }

  private final RedisScores scores;
  private final Results results;
  private final Thread thread;
  private final Map<String, ScoreWrite> waiting = new LinkedHashMap<>();

  /** Being written, or written and not yet acknowledged. */
  private final Map<String, ScoreWrite> handed = new LinkedHashMap<>();

  private boolean closed;
  private volatile boolean up = true;
  private volatile long toFinish;
  private long loggedNanos = System.nanoTime() - LOG_EVERY_NANOS;

  /** Whether the log ends with the word that it is away. */
  private boolean told;

  ScoresWriter(RedisScores scores, Results results, String name) {
    this.scores = scores;
    this.results = results;
    this.thread = new Thread(this::run, name);
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /**
   * Has {@code write} written, in place of an older record of the user; false if there is no room.
   */
  synchronized boolean offer(ScoreWrite write) {
    if (waiting.size() >= MOST && !waiting.containsKey(write.user())) {
      return false;
    }
    waiting.put(write.user(), write);
    notifyAll();
    return true;
  }

  /** Whether a record of the user waits, or is being written. */
  synchronized boolean has(String user) {
    return waiting.containsKey(user) || handed.containsKey(user);
  }

  /** How many users' records may still come. */
  synchronized int room() {
    return MOST - waiting.size();
  }

  /** The owner has taken note of an answer. */
  synchronized void acknowledged(ScoreWrite write) {
    handed.remove(write.user(), write);
  }

  /** Whether the last try went well; at first that is believed. */
  boolean isUp() {
    return up;
  }

  /**
   * The input has ended, and so many records are still to be written: from here on that is told.
   */
  void finishing(long records) {
    toFinish = records;
  }

  private void run() {
    try {
      write();
    } catch (RuntimeException bug) {
      results.broken(bug);
    }
  }

  private void write() {
    int failures = 0;
    long toldNanos = System.nanoTime();
    for (List<ScoreWrite> batch = take(); !batch.isEmpty(); batch = take()) {
      try {
        List<RedisScores.Outcome> outcomes = scores.write(batch);
        succeeded(failures);
        failures = 0;
        results.answered(batch, outcomes);
      } catch (RedisAway away) {
        putBack(batch);
        failed(away);
        pause(failures);
        failures++;
      }
      long left = toFinish;
      if (left > 0 && System.nanoTime() - toldNanos > PROGRESS_EVERY_NANOS) {
        toldNanos = System.nanoTime();
        LOG.info("the input has ended; {} users' scores are still to be written to Redis", left);
      }
    }
  }

  /** The next batch; empty if there will be none. */
  private synchronized List<ScoreWrite> take() {
    try {
      while (waiting.isEmpty() && !closed) {
        wait();
      }
    } catch (InterruptedException e) {
      closed = true;
    }
    List<ScoreWrite> batch = new ArrayList<>();
    if (closed) {
      return batch;
    }
    Iterator<ScoreWrite> next = waiting.values().iterator();
    while (next.hasNext() && batch.size() < BATCH) {
      ScoreWrite write = next.next();
      // One that waits for its acknowledgement is no hindrance: the newer one is all that counts.
      handed.put(write.user(), write);
      batch.add(write);
      next.remove();
    }
    return batch;
  }

  private synchronized void putBack(List<ScoreWrite> batch) {
    for (ScoreWrite write : batch) {
      handed.remove(write.user(), write);
      waiting.putIfAbsent(write.user(), write);
    }
  }

  private void succeeded(int failures) {
    up = true;
    if (failures > 0 && told) {
      told = false;
      LOG.info("Redis takes scores again");
    }
  }

  private void failed(RedisAway away) {
    long now = System.nanoTime();
    if (!isClosed() && now - loggedNanos > LOG_EVERY_NANOS) {
      loggedNanos = now;
      told = true;
      LOG.warn("{}; scores wait until it does", away.getMessage());
    }
    up = false;
    results.failed();
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private synchronized void pause(int failures) {
    long mostMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS << Math.min(failures, 10));
    // Not all at once.
    long ms = ThreadLocalRandom.current().nextLong(mostMs / 2, mostMs + 1);
    long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ms);
    try {
      for (long left = ms; left > 0 && !closed; ) {
        wait(left);
        left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
      }
    } catch (InterruptedException e) {
      closed = true;
    }
  }

  /** Ends at once, whatever is being waited for; what was not written is not. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    scores.close();
  }
}
