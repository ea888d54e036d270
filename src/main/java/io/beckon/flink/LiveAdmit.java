// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.wire.DeadLetterReason;
import io.beckon.wire.RunSummary;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/** Before the shuffle of a live job: events for their users, dead letters to their side output. */
final class LiveAdmit extends ProcessFunction<UserElement, UserElement> {
  private static final long serialVersionUID = 1L;

  private transient @Nullable Counts counts;

  @Override
  public void open(OpenContext context) {
    counts = new Counts(getRuntimeContext()).showingReads();
  }

  @Override
  public void processElement(UserElement element, Context context, Collector<UserElement> out) {
    Counts count = Objects.requireNonNull(counts);
    switch (element.kind()) {
      case PROFILE, ERASE -> out.collect(element);
      case EVENT -> {
        count.add(RunSummary.READ, 1);
        count.add(RunSummary.ADMITTED, 1);
        out.collect(element);
      }
      case PASSED -> {
        count.add(RunSummary.READ, 1);
        count.add(RunSummary.FILTERED, 1);
      }
      case DEAD -> {
        String reason = new String(element.payload(), StandardCharsets.US_ASCII);
        count.add(RunSummary.deadLetters(DeadLetterReason.valueOf(reason)), 1);
        context.output(EngagementJob.DEAD_LETTERS, element.lateLine());
      }
      case END -> throw new IllegalStateException("a live job has no end");
    }
  }
}
