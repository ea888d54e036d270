// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.language.JobDefinition.ScoreRedis;
import io.beckon.redis.RedisAccess;
import io.beckon.redis.RedisScores;
import io.beckon.redis.ScoreWrite;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.ThreadSafeSimpleCounter;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.util.function.ThrowingRunnable;
import org.jspecify.annotations.Nullable;

/**
 * Brings every user's newest scores to Redis, however long it is away, and holds up nothing by it.
 *
 * <p>A record is state until Redis has it: what a checkpoint holds is written again after a
 * restart. The writing is done elsewhere ({@link ScoresWriter}); its answers come back through the
 * mailbox and clear what is still the newest. The writer's memory is small. Whatever does not fit
 * is found in the state again once there is room: then, and after a restore, users with something
 * to write are read from it by the thousand.
 *
 * <p>So of a user whose record is in the state one of these holds: it waits at the writer; it was
 * handed over, and an answer or a failure will come back; or {@code behind} is set, and an answer
 * will come that makes room.
 */
final class RedisScoresOperator extends AbstractStreamOperator<byte[]>
    implements OneInputStreamOperator<ScoreWrite, byte[]>, BoundedOneInput {
  /** The counter of records that were written. */
  static final String WRITTEN = "redis.written";

  /** The counter of records that Redis had newer ones of. */
  static final String OLDER = "redis.refused_older";

  /** The counter of records under whose key was something else. */
  static final String NOT_OURS = "redis.not_ours";

  private static final long serialVersionUID = 1L;
  private static final String NAME = "redis-scores";
  private static final String PENDING = "pending";

  /** Users are read from the state when so few are left at the writer. */
  private static final int ROOM_TO_REFILL = ScoresWriter.MOST - ScoresWriter.BATCH;

  /** How many at a time: some milliseconds of work, tens on disk. */
  private static final int REFILL = 2_000;

  private final RedisAccess access;
  private final String job;
  private final String key;
  private final long ttlMs;
  private transient @Nullable MailboxExecutor mailbox;
  private transient @Nullable ValueState<ScoreWrite> pending;
  private transient @Nullable ScoresWriter writer;
  private transient @Nullable Counts counts;
  private transient @Nullable Counter written;
  private transient @Nullable Counter older;
  private transient @Nullable Counter notOurs;
  private final AtomicLong pendingUsers = new AtomicLong();

  /** Whether the state may hold records that the writer knows nothing of. */
  private transient boolean behind;

  RedisScoresOperator(RedisAccess access, String job, ScoreRedis settings) {
    this.access = access;
    this.job = job;
    this.key = settings.key();
    this.ttlMs = settings.ttlMs();
  }

  /** Adds the operator behind {@code scores}; nothing comes out of it. */
  static void add(
      DataStream<ScoreWrite> scores, RedisAccess access, String job, ScoreRedis settings) {
    scores
        .keyBy(ScoreWrite::user, Types.STRING)
        .transform(NAME, EngagementJob.LINE, new RedisScoresOperator(access, job, settings))
        .name(NAME)
        .uid(NAME);
  }

  @Override
  public void setMailboxExecutor(MailboxExecutor executor) {
    super.setMailboxExecutor(executor);
    mailbox = executor;
  }

  @Override
  public void open() throws Exception {
    super.open();
    pending = getRuntimeContext().getState(new ValueStateDescriptor<>(PENDING, ScoreWrites.TYPE));
    counts = new Counts(getRuntimeContext());
    MetricGroup metrics = getMetricGroup().addGroup("redis");
    written = metrics.counter("written");
    older = metrics.counter("refused_older");
    notOurs = metrics.counter("not_ours");
    Counter failures = metrics.counter("failures", new ThreadSafeSimpleCounter());
    ScoresWriter made =
        new ScoresWriter(
            new RedisScores(access, job, new ScoreRedis(key, ttlMs)),
            new ScoresWriter.Results() {
              @Override
              public void answered(List<ScoreWrite> writes, List<RedisScores.Outcome> outcomes) {
                inTask(() -> acknowledge(writes, outcomes));
              }

              @Override
              public void broken(RuntimeException bug) {
                inTask(
                    () -> {
                      throw bug;
                    });
              }

              @Override
              public void failed() {
                failures.inc();
              }
            },
            NAME + "-" + getRuntimeContext().getTaskInfo().getIndexOfThisSubtask());
    writer = made;
    metrics.gauge("pending", pendingUsers::get);
    metrics.gauge("up", () -> made.isUp() ? 1 : 0);
    try (Stream<String> users = pendingUsers()) {
      pendingUsers.set(users.count());
    }
    behind = pendingUsers.get() > 0;
    refill();
    made.start();
  }

  private void inTask(ThrowingRunnable<Exception> what) {
    try {
      Objects.requireNonNull(mailbox).execute(what, NAME);
    } catch (RejectedExecutionException closing) {
      // What is not acknowledged is in the state, and is written again.
      return;
    }
  }

  private Stream<String> pendingUsers() {
    return this.<String>getKeyedStateBackend().getKeys(PENDING, VoidNamespace.INSTANCE);
  }

  private ScoresWriter writer() {
    return Objects.requireNonNull(writer);
  }

  private ValueState<ScoreWrite> pending() {
    return Objects.requireNonNull(pending);
  }

  @Override
  public void processElement(StreamRecord<ScoreWrite> element) throws Exception {
    ScoreWrite write = element.getValue();
    if (pending().value() == null) {
      pendingUsers.incrementAndGet();
    }
    pending().update(write);
    offer(write);
  }

  private void offer(ScoreWrite write) {
    if (!writer().offer(write)) {
      behind = true;
    }
  }

  /** Redis has answered; runs in the task's own thread. */
  private void acknowledge(List<ScoreWrite> writes, List<RedisScores.Outcome> outcomes)
      throws Exception {
    for (int i = 0; i < writes.size(); i++) {
      ScoreWrite write = writes.get(i);
      count(outcomes.get(i));
      writer().acknowledged(write);
      setCurrentKey(write.user());
      ScoreWrite newest = pending().value();
      if (write.equals(newest)) {
        pending().clear();
        pendingUsers.decrementAndGet();
      } else if (newest != null) {
        // For which there may have been no room.
        offer(newest);
      }
    }
    refill();
  }

  private void count(RedisScores.Outcome outcome) {
    Counts all = Objects.requireNonNull(counts);
    switch (outcome) {
      case WRITTEN -> {
        Objects.requireNonNull(written).inc();
        all.add(WRITTEN, 1);
      }
      case OLDER -> {
        Objects.requireNonNull(older).inc();
        all.add(OLDER, 1);
      }
      case NOT_OURS -> {
        Objects.requireNonNull(notOurs).inc();
        all.add(NOT_OURS, 1);
      }
    }
  }

  /** Hands over more of what only the state holds, if there is room. */
  private void refill() throws Exception {
    if (!behind || writer().room() < ROOM_TO_REFILL) {
      return;
    }
    List<String> found = new ArrayList<>();
    boolean all;
    try (Stream<String> users = pendingUsers()) {
      Iterator<String> each = users.iterator();
      while (each.hasNext() && found.size() < REFILL) {
        String user = each.next();
        if (!writer().has(user)) {
          found.add(user);
        }
      }
      all = !each.hasNext();
    }
    behind = !all;
    for (String user : found) {
      setCurrentKey(user);
      ScoreWrite newest = pending().value();
      if (newest != null) {
        offer(newest);
      }
    }
  }

  @Override
  public void endInput() throws Exception {
    while (pendingUsers.get() > 0) {
      writer().finishing(pendingUsers.get());
      Objects.requireNonNull(mailbox).yield();
    }
  }

  @Override
  public void close() throws Exception {
    if (writer != null) {
      writer.close();
    }
    super.close();
  }
}
