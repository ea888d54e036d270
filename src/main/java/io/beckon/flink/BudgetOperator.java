// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.budget.BudgetCounter;
import io.beckon.budget.BudgetOrder;
import io.beckon.budget.BudgetOutput;
import io.beckon.budget.BudgetStage;
import io.beckon.budget.RequestCodec;
import io.beckon.language.JobDefinition;
import io.beckon.language.PolicyDefinition;
import io.beckon.policy.BudgetRequest;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.wire.JsonLines;
import io.beckon.wire.RunSummary;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ScheduledFuture;
import org.apache.flink.api.common.operators.ProcessingTimeService.ProcessingTimeCallback;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.jspecify.annotations.Nullable;

/**
 * Runs the one {@link BudgetStage} of a job, in one thread; what it knows is in memory and in every
 * checkpoint. Decisions are the main output, commands a side output.
 *
 * <p>By event time, requests are kept until the watermark has passed them and taken in one order,
 * so that the parallelism before it does not show. By the processing clock they are taken as they
 * come, and a timer wakes it when there is room for what waits.
 *
 * <p>A bounded input ends with Flink's highest watermark, which is not a time that came: what was
 * made by the last one that is, is decided, and what still waits is counted.
 */
final class BudgetOperator extends AbstractStreamOperator<byte[]>
    implements OneInputStreamOperator<byte[], byte[]>, ProcessingTimeCallback {
  private static final long serialVersionUID = 1L;

  private final JobFactory job;
  private final boolean gated;
  private boolean live;
  private transient @Nullable BudgetStage stage;
  private transient @Nullable BudgetOrder order;
  private transient @Nullable RequestCodec codec;
  private transient @Nullable BudgetOutput results;
  private transient @Nullable BudgetGauges gauges;
  private transient @Nullable ListState<byte[]> stored;
  private transient @Nullable ListState<byte[]> kept;
  private transient @Nullable ScheduledFuture<?> timer;
  private transient long timerMs;

  BudgetOperator(JobFactory job) {
    this(job, false);
  }

  /**
   * The stage of a job.
   *
   * @param gated whether commands go to the last gate, and what is decided about them with them
   */
  BudgetOperator(JobFactory job, boolean gated) {
    this.job = job;
    this.gated = gated;
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    JobDefinition definition = job.create();
    PolicyDefinition policy = definition.policy();
    live = definition.time().clock() == JobDefinition.Clock.LIVE;
    stored =
        context
            .getOperatorStateStore()
            .getListState(new ListStateDescriptor<>("stage", EngagementJob.LINE));
    kept =
        context
            .getOperatorStateStore()
            .getListState(new ListStateDescriptor<>("kept", EngagementJob.LINE));
    List<byte[]> chunks = new ArrayList<>();
    stored.get().forEach(chunks::add);
    stage = BudgetStage.decode(policy, chunks);
    order = new BudgetOrder();
    codec = new RequestCodec();
    for (byte[] request : kept.get()) {
      order.add(RequestCodec.decode(request));
    }
  }

  @Override
  public void open() throws Exception {
    super.open();
    JobDefinition definition = job.create();
    Counts counts = new Counts(getRuntimeContext()).showingBudget(definition);
    results = new Results(counts, new ResultMetrics(counts.metrics(), definition));
    gauges =
        new BudgetGauges(
            counts.metrics(), stage(), getProcessingTimeService().getCurrentProcessingTime());
    schedule();
  }

  private BudgetStage stage() {
    return Objects.requireNonNull(stage);
  }

  private BudgetOrder order() {
    return Objects.requireNonNull(order);
  }

  private BudgetOutput results() {
    return Objects.requireNonNull(results);
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    RequestCodec encoder = Objects.requireNonNull(codec);
    Objects.requireNonNull(stored).update(stage().encode());
    Objects.requireNonNull(kept).update(order().kept().stream().map(encoder::encode).toList());
  }

  @Override
  public void processElement(StreamRecord<byte[]> element) {
    BudgetRequest request = RequestCodec.decode(element.getValue());
    if (live) {
      stage().release(getProcessingTimeService().getCurrentProcessingTime(), results());
      stage().offer(request, results());
      schedule();
    } else {
      order().add(request);
    }
  }

  @Override
  public void processWatermark(Watermark mark) throws Exception {
    boolean isOver = mark.getTimestamp() == Long.MAX_VALUE;
    if (!live) {
      order().advance(isOver ? stage().clockMs() : mark.getTimestamp(), stage(), results());
    }
    if (isOver) {
      countQueued();
    }
    Objects.requireNonNull(gauges).update(getProcessingTimeService().getCurrentProcessingTime());
    super.processWatermark(mark);
  }

  private void countQueued() {
    Counts counts = new Counts(getRuntimeContext());
    stage()
        .forEachWaiting(
            (trigger, step) -> {
              if (step == 1) {
                counts.add(RunSummary.queued(trigger), 1);
              }
            });
  }

  @Override
  public void onProcessingTime(long timeMs) {
    timer = null;
    stage().release(getProcessingTimeService().getCurrentProcessingTime(), results());
    schedule();
  }

  /** Wakes up when there is something to do, live; earlier does no harm. */
  private void schedule() {
    if (!live) {
      return;
    }
    long dueMs = stage().nextDueMs();
    if (dueMs == BudgetStage.NOTHING_DUE || (timer != null && timerMs <= dueMs)) {
      return;
    }
    if (timer != null) {
      timer.cancel(false);
    }
    timerMs = dueMs;
    timer = getProcessingTimeService().registerTimer(dueMs, this);
  }

  @Override
  public void close() throws Exception {
    if (timer != null) {
      timer.cancel(false);
    }
    super.close();
  }

  /** Hands out what the stage says. */
  private final class Results implements BudgetOutput {
    private final Counts counts;
    private final ResultMetrics metrics;
    private final JsonLines lines = new JsonLines();
    private final @Nullable ToGate gate = gated ? new ToGate() : null;

    Results(Counts counts, ResultMetrics metrics) {
      this.counts = counts;
      this.metrics = metrics;
    }

    @Override
    public void decision(Decision decision) {
      if (gate != null && gate.takes(decision)) {
        return;
      }
      counts.add(RunSummary.of(decision), 1);
      metrics.decision(decision);
      output.collect(new StreamRecord<>(lines.decision(decision)));
    }

    @Override
    public void command(Command command) {
      if (gate != null) {
        gate.take(
            command, request -> output.collect(EngagementJob.GATE, new StreamRecord<>(request)));
        return;
      }
      counts.add(RunSummary.of(command), 1);
      RunSummary.spent(command).ifPresent(name -> counts.add(name, 1));
      metrics.command(command);
      output.collect(EngagementJob.COMMANDS, new StreamRecord<>(lines.command(command)));
    }

    @Override
    public void count(BudgetCounter counter) {
      counts.add(RunSummary.of(counter), 1);
    }
  }
}
