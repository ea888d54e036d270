// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.plan.Plan;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.jspecify.annotations.Nullable;

/**
 * Runs an {@link EngagementOperator}, and gives it what Flink does not: the moment before a
 * snapshot, to write back the users it has at hand; any user's key, to do so; how far event time
 * had come when the input ended; when the job started for the first time; and what the plan kept
 * whose states it goes on from.
 */
class UserOperator extends KeyedProcessOperator<String, UserElement, byte[]> {
  private static final long serialVersionUID = 1L;

  private final EngagementOperator function;

  /** The highest watermark that is a time. */
  private long reachedMs = Long.MIN_VALUE;

  /** When the job first started; until a state is restored, when it was submitted. */
  private long startedMs;

  private transient @Nullable ListState<Long> reached;
  private transient @Nullable ListState<Long> started;

  /** {@link StoredPlan}, by the first subtask for all. */
  private transient @Nullable ListState<String> plan;

  private transient @Nullable Plan planned;

  /** Of a bounded run, which begins before every event. */
  UserOperator(EngagementOperator function) {
    this(function, Long.MIN_VALUE);
  }

  /**
   * Of a job that goes on from states.
   *
   * @param startedMs when the job starts, if this is the first time; the same for all subtasks
   */
  UserOperator(EngagementOperator function, long startedMs) {
    super(function);
    this.function = function;
    this.startedMs = startedMs;
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    reached =
        context
            .getOperatorStateStore()
            .getUnionListState(new ListStateDescriptor<>("reached", Types.LONG));
    // Barriers are aligned: after the end of input all subtasks remember the same.
    reachedMs = least(reached).orElse(Long.MIN_VALUE);
    started =
        context
            .getOperatorStateStore()
            .getUnionListState(new ListStateDescriptor<>("started", Types.LONG));
    if (context.isRestored()) {
      // A state that does not say is of a job that has been sending all along.
      startedMs = least(started).orElse(Long.MIN_VALUE);
    }
    plan =
        context
            .getOperatorStateStore()
            .getUnionListState(new ListStateDescriptor<>("plan", Types.STRING));
  }

  /** Takes note of the plan by which states are read from now on; called once, when opened. */
  final void planned(Plan by) throws Exception {
    planned = by;
    if (!isFirst()) {
      return;
    }
    List<String> stored = new ArrayList<>();
    Objects.requireNonNull(plan).get().forEach(stored::add);
    if (!stored.isEmpty()) {
      StoredPlan.log(stored, by);
    }
  }

  private boolean isFirst() {
    return getRuntimeContext().getTaskInfo().getIndexOfThisSubtask() == 0;
  }

  private static OptionalLong least(ListState<Long> all) throws Exception {
    OptionalLong least = OptionalLong.empty();
    for (long each : all.get()) {
      least = OptionalLong.of(Math.min(each, least.orElse(each)));
    }
    return least;
  }

  @Override
  public void open() throws Exception {
    function.attach(this);
    super.open();
  }

  @Override
  public void processWatermark(Watermark mark) throws Exception {
    reached(mark);
    super.processWatermark(mark);
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    function.writeBack();
    Objects.requireNonNull(reached).update(List.of(reachedMs));
    Objects.requireNonNull(started).update(List.of(startedMs));
    Objects.requireNonNull(plan)
        .update(isFirst() && planned != null ? StoredPlan.lines(planned) : List.of());
    super.snapshotState(context);
  }

  @Override
  public void finish() throws Exception {
    super.finish();
    // Nobody reads them any more, but their sizes are told.
    function.writeBack();
  }

  /** Takes note of how far event time has come. */
  final void reached(Watermark mark) {
    if (mark.getTimestamp() != Long.MAX_VALUE) {
      reachedMs = Math.max(reachedMs, mark.getTimestamp());
    }
  }

  /** When the job first started, or {@code Long.MIN_VALUE}: before everything. */
  final long startedMs() {
    return startedMs;
  }

  /** How far event time has come, the end of input aside. */
  final long reachedMs() {
    return reachedMs;
  }
}
