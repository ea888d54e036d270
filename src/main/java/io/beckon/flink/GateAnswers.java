// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.budget.GateCodec;
import io.beckon.language.JobDefinition;
import io.beckon.language.JobDefinition.GateSettings;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.policy.GateRequest;
import io.beckon.policy.Reason;
import io.beckon.redis.GateKeys;
import io.beckon.wire.JsonLines;
import io.beckon.wire.RunSummary;
import java.util.Arrays;
import java.util.Objects;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/**
 * Makes final decisions of the gate's answers, and hands out the commands that pass; here they are
 * counted, and only here.
 *
 * <p>An answer is the request with one byte in front.
 */
final class GateAnswers extends ProcessFunction<byte[], byte[]> {
  private static final long serialVersionUID = 1L;

  /** Nothing stops it, or nothing may. */
  private static final int PASSED = 0;

  /** Nobody could be asked. */
  private static final int AWAY = 1;

  /** Stopped by the first key; others follow. */
  private static final int STOPPED = 2;

  private final JobFactory job;
  private transient @Nullable Counts counts;
  private transient @Nullable ResultMetrics metrics;
  private transient @Nullable JsonLines lines;
  private transient @Nullable GateSettings settings;
  private transient @Nullable GateKeys keys;

  GateAnswers(JobFactory job) {
    this.job = job;
  }

  static byte[] passed(byte[] request) {
    return answer(PASSED, request);
  }

  static byte[] away(byte[] request) {
    return answer(AWAY, request);
  }

  static byte[] stopped(byte[] request, int key) {
    return answer(STOPPED + key, request);
  }

  private static byte[] answer(int answer, byte[] request) {
    byte[] answered = new byte[request.length + 1];
    answered[0] = (byte) answer;
    System.arraycopy(request, 0, answered, 1, request.length);
    return answered;
  }

  @Override
  public void open(OpenContext context) {
    JobDefinition definition = job.create();
    Counts counted = new Counts(getRuntimeContext());
    counts = counted;
    metrics = new ResultMetrics(counted.metrics(), definition);
    lines = new JsonLines();
    if (definition.gate().isPresent()) {
      counted.showingResults(definition);
      settings = definition.gate().get();
      keys = new GateKeys(definition.id(), settings.keys());
    }
  }

  @Override
  public void processElement(byte[] answered, Context context, Collector<byte[]> decisions) {
    GateRequest request = GateCodec.decode(Arrays.copyOfRange(answered, 1, answered.length));
    if (request.decision().isEmpty()) {
      command(request.command(), context);
      return;
    }
    Decision decision = decision(answered[0], request);
    Objects.requireNonNull(counts).add(RunSummary.of(decision), 1);
    Objects.requireNonNull(metrics).decision(decision);
    decisions.collect(Objects.requireNonNull(lines).decision(decision));
    if (decision.reason() == Reason.ISSUED) {
      command(request.command(), context);
    }
  }

  private Decision decision(int answer, GateRequest request) {
    if (answer == PASSED) {
      return request.decision().orElseThrow();
    }
    if (answer == AWAY) {
      return Objects.requireNonNull(settings).sendWhenAway()
          ? request.sentUnasked()
          : request.stoppedUnasked();
    }
    GateKeys all = Objects.requireNonNull(keys);
    int key = answer - STOPPED;
    return request.stopped(all.isOptOut(key), all.template(key));
  }

  private void command(Command command, Context context) {
    Counts all = Objects.requireNonNull(counts);
    all.add(RunSummary.of(command), 1);
    RunSummary.spent(command).ifPresent(name -> all.add(name, 1));
    Objects.requireNonNull(metrics).command(command);
    context.output(EngagementJob.COMMANDS, Objects.requireNonNull(lines).command(command));
  }
}
