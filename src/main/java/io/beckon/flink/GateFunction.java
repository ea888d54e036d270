// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.budget.GateCodec;
import io.beckon.language.JobDefinition;
import io.beckon.language.JobDefinition.GateSettings;
import io.beckon.policy.GateRequest;
import io.beckon.redis.CircuitBreaker;
import io.beckon.redis.GateAsk;
import io.beckon.redis.GateKeys;
import io.beckon.redis.RedisAccess;
import io.beckon.redis.RedisAway;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.ThreadSafeSimpleCounter;
import org.apache.flink.streaming.api.functions.async.ResultFuture;
import org.apache.flink.streaming.api.functions.async.RichAsyncFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks Redis about commands before they go out, those that come together at once, in a thread of
 * its own. Every request is answered within the time limit, counted from when it came: by Redis, or
 * by the fact that there was no answer. So the job never fails here and never stands still.
 *
 * <p>What comes out is the request with an answer in front, see {@link GateAnswers}; in the order
 * of the requests, since Flink waits for each in turn. Requests under way are in every checkpoint
 * and are asked again after a restart.
 */
final class GateFunction extends RichAsyncFunction<byte[], byte[]> {
  private static final long serialVersionUID = 1L;
  private static final Logger LOG = LoggerFactory.getLogger(GateFunction.class);
  private static final long LOG_EVERY_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** How long the first of a batch waits for others. */
  private static final long GATHER_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private final JobFactory job;
  private final @Nullable RedisAccess redis;
  private transient @Nullable Asker asker;

  /**
   * The gate of a job.
   *
   * @param redis whom to ask; empty if the job has no gate: then everything passes
   */
  GateFunction(JobFactory job, Optional<RedisAccess> redis) {
    this.job = job;
    this.redis = redis.orElse(null);
  }

  @Override
  public void open(OpenContext context) {
    RedisAccess access = redis;
    if (access != null) {
      JobDefinition definition = job.create();
      MetricGroup metrics = getRuntimeContext().getMetricGroup().addGroup("gate");
      Asker made =
          new Asker(
              definition,
              definition.gate().orElseThrow(),
              access,
              metrics,
              "gate-" + getRuntimeContext().getTaskInfo().getIndexOfThisSubtask());
      made.start();
      asker = made;
    }
  }

  @Override
  public void asyncInvoke(byte[] request, ResultFuture<byte[]> result) {
    Asker asks = asker;
    GateRequest decoded = GateCodec.decode(request);
    if (asks == null || decoded.decision().isEmpty()) {
      result.complete(List.of(GateAnswers.passed(request)));
    } else {
      asks.take(decoded, request, result);
    }
  }

  /** The time limit is over. */
  @Override
  public void timeout(byte[] request, ResultFuture<byte[]> result) {
    result.complete(List.of(GateAnswers.away(request)));
  }

  @Override
  public void close() {
    if (asker != null) {
      asker.close();
    }
  }

  /** The thread that asks, and what it works with. */
  private static final class Asker implements AutoCloseable {
    private final GateKeys keys;
    private final GateAsk ask;
    private final CircuitBreaker breaker;
    private final int most;
    private final long limitNanos;
    private final long gatherNanos;
    private final Counter asked;
    private final Counter batches;
    private final Counter failures = new ThreadSafeSimpleCounter();
    private final BlockingQueue<Question> questions = new LinkedBlockingQueue<>();
    private final Thread thread;
    private volatile boolean closed;
    private volatile boolean open;
    private long loggedNanos = System.nanoTime() - LOG_EVERY_NANOS;

    Asker(
        JobDefinition job,
        GateSettings settings,
        RedisAccess access,
        MetricGroup metrics,
        String name) {
      keys = new GateKeys(job.id(), settings.keys());
      ask = new GateAsk(access.withTimeLimit(settings.timeLimitMs()));
      breaker = new CircuitBreaker(settings.breakerAfter(), settings.breakerForMs());
      most = settings.batch();
      limitNanos = TimeUnit.MILLISECONDS.toNanos(settings.timeLimitMs());
      gatherNanos = Math.min(GATHER_NANOS, limitNanos / 4);
      asked = metrics.counter("asked", new ThreadSafeSimpleCounter());
      batches = metrics.counter("batches", new ThreadSafeSimpleCounter());
      metrics.counter("failures", failures);
      metrics.gauge("open", () -> open ? 1 : 0);
      thread = new Thread(this::run, name);
      thread.setDaemon(true);
    }

    void start() {
      thread.start();
    }

    void take(GateRequest decoded, byte[] request, ResultFuture<byte[]> result) {
      questions.add(new Question(request, keys.of(decoded.command()), result, System.nanoTime()));
    }

    private void run() {
      try {
        while (!closed) {
          answer(gather());
        }
      } catch (InterruptedException e) {
        // Closed. What is not answered is in the checkpoint, or the job is at its end.
        closed = true;
      } catch (RuntimeException bug) {
        broken(bug);
      }
    }

    /** The requests that are there within a moment; those whose time is over are told. */
    private List<Question> gather() throws InterruptedException {
      List<Question> batch = new ArrayList<>();
      batch.add(questions.take());
      long until = System.nanoTime() + gatherNanos;
      while (batch.size() < most) {
        questions.drainTo(batch, most - batch.size());
        long left = until - System.nanoTime();
        if (batch.size() == most || left <= 0 || open) {
          break;
        }
        Question next = questions.poll(left, TimeUnit.NANOSECONDS);
        if (next != null) {
          batch.add(next);
        }
      }
      long now = System.nanoTime();
      batch.removeIf(
          question -> {
            boolean over = now - question.cameNanos > limitNanos;
            if (over) {
              question.result.complete(List.of(GateAnswers.away(question.request)));
            }
            return over;
          });
      return batch;
    }

    private void answer(List<Question> batch) {
      if (batch.isEmpty()) {
        return;
      }
      long startNanos = System.nanoTime();
      if (!breaker.allows(TimeUnit.NANOSECONDS.toMillis(startNanos))) {
        unasked(batch);
        return;
      }
      List<List<Optional<String>>> asks = batch.stream().map(Question::keys).toList();
      batches.inc();
      asked.inc(batch.size());
      try {
        int[] found = firstExisting(asks, startNanos);
        if (System.nanoTime() - startNanos > limitNanos) {
          failed("Redis does not answer the gate in time");
        } else {
          breaker.succeeded();
          if (open) {
            LOG.info("Redis answers the gate again");
          }
        }
        for (int i = 0; i < found.length; i++) {
          Question question = batch.get(i);
          question.result.complete(
              List.of(
                  found[i] == GateAsk.NONE
                      ? GateAnswers.passed(question.request)
                      : GateAnswers.stopped(question.request, found[i])));
        }
      } catch (RedisAway away) {
        failed(String.valueOf(away.getMessage()));
        unasked(batch);
      }
      open = breaker.isOpen();
    }

    private int[] firstExisting(List<List<Optional<String>>> asks, long startNanos)
        throws RedisAway {
      try {
        return ask.firstExisting(asks);
      } catch (RedisAway away) {
        // A connection that was at rest while Redis was restarted breaks only when it is used.
        if (away.why() == RedisAway.Why.UNREACHABLE
            && System.nanoTime() - startNanos < limitNanos / 2) {
          return ask.firstExisting(asks);
        }
        throw away;
      }
    }

    private void failed(String why) {
      failures.inc();
      long now = System.nanoTime();
      breaker.failed(TimeUnit.NANOSECONDS.toMillis(now));
      if (now - loggedNanos > LOG_EVERY_NANOS && !closed) {
        loggedNanos = now;
        LOG.warn("{}; until it does, commands are sent or not as gate.when_away says", why);
      }
    }

    private static void unasked(List<Question> batch) {
      for (Question question : batch) {
        question.result.complete(List.of(GateAnswers.away(question.request)));
      }
    }

    private void broken(RuntimeException bug) {
      closed = true;
      Collection<Question> left = new ArrayList<>();
      questions.drainTo(left);
      for (Question question : left) {
        question.result.completeExceptionally(bug);
      }
      LOG.error("the gate's thread has ended", bug);
    }

    @Override
    public void close() {
      closed = true;
      thread.interrupt();
      ask.close();
    }
  }

  /**
   * A request that waits for its answer.
   *
   * @param cameNanos when it came, by {@link System#nanoTime}
   */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  private record Question(
      byte[] request, List<Optional<String>> keys, ResultFuture<byte[]> result, long cameNanos) {
    private Question {
      Objects.requireNonNull(request);
      Objects.requireNonNull(result);
    }
  }
}
