// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.beckon.wire.RawRecord;
import io.beckon.wire.RunSummary;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.ProcessOperator;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DecodeOperatorTest {
  private static final long T = 1_700_000_000_000L;

  @Test
  void stampsWhatIsReadWithTheWatermarkItselfIncluded() throws Exception {
    try (Harness harness = new Harness(OptionalLong.empty(), null)) {
      harness.take(event("view", T));
      harness.take(event("scroll", T + 5_000));
      harness.take(event("view", T + 1_000));
      harness.take(SourceElement.end());
      assertThat(harness.given())
          .extracting(UserElement::kind, UserElement::user, UserElement::watermarkMs)
          .containsExactly(
              tuple(UserElement.Kind.EVENT, "ann", T - 10_001),
              tuple(UserElement.Kind.PASSED, "", T - 5_001),
              tuple(UserElement.Kind.EVENT, "ann", T - 5_001),
              tuple(UserElement.Kind.END, "", T + 5_000));
      assertThat(harness.count(RunSummary.READ)).isEqualTo(3);
      assertThat(harness.count(RunSummary.FILTERED)).isEqualTo(1);
    }
  }

  @Test
  void whatComesAfterTheEndOfTheRunIsNotRead() throws Exception {
    try (Harness harness = new Harness(OptionalLong.of(T + 10), null)) {
      harness.take(event("view", T + 10));
      harness.take(event("view", T + 11));
      harness.take(SourceElement.end());
      assertThat(harness.given())
          .extracting(UserElement::kind, UserElement::timeMs)
          .containsExactly(
              tuple(UserElement.Kind.EVENT, T + 10), tuple(UserElement.Kind.END, T + 10));
      assertThat(harness.count(RunSummary.AFTER_UNTIL)).isEqualTo(1);
    }
  }

  @Test
  void badRecordsAndProfilesAreDeadLettersAndMoveNoTime() throws Exception {
    try (Harness harness = new Harness(OptionalLong.empty(), null)) {
      harness.take(record(SourceElement.Kind.PROFILE, "{\"user\": \"ann\", \"tier\": \"gold\"}"));
      harness.take(record(SourceElement.Kind.PROFILE, "{\"tier\": \"gold\"}"));
      harness.take(record(SourceElement.Kind.EVENT, "not json"));
      harness.take(SourceElement.end());
      assertThat(harness.given())
          .extracting(UserElement::kind, UserElement::user, UserElement::watermarkMs)
          .containsExactly(
              tuple(UserElement.Kind.PROFILE, "ann", Long.MIN_VALUE),
              tuple(UserElement.Kind.END, "", Long.MIN_VALUE));
      assertThat(harness.deadLetters()).isEqualTo(2);
    }
  }

  @Test
  void whatWasLateIsLateAfterARestart() throws Exception {
    OperatorSubtaskState snapshot;
    try (Harness first = new Harness(OptionalLong.empty(), null)) {
      first.take(event("scroll", T));
      snapshot = first.snapshot();
    }
    try (Harness second = new Harness(OptionalLong.empty(), snapshot)) {
      second.take(event("view", T - 20_000));
      second.take(SourceElement.end());
      assertThat(second.given())
          .extracting(UserElement::watermarkMs)
          .containsExactly(T - 10_001, T);
    }
  }

  @Test
  void watermarksAreForwardedNowAndThenAndTheLastAtOnce() {
    ArrayList<Long> emitted = new ArrayList<>();
    WatermarkOutput output =
        new WatermarkOutput() {
          @Override
          public void emitWatermark(Watermark watermark) {
            emitted.add(watermark.getTimestamp());
          }

          @Override
          public void markIdle() {}

          @Override
          public void markActive() {}
        };
    StampedWatermarks watermarks = new StampedWatermarks();
    watermarks.onPeriodicEmit(output);
    watermarks.onEvent(UserElement.profile("ann", new byte[0]), Long.MIN_VALUE, output);
    watermarks.onPeriodicEmit(output);
    assertThat(emitted).as("no event, no time").isEmpty();
    watermarks.onEvent(UserElement.passed(T, T - 7), T, output);
    watermarks.onEvent(UserElement.passed(T - 3, T - 9), T - 3, output);
    assertThat(emitted).isEmpty();
    watermarks.onPeriodicEmit(output);
    watermarks.onEvent(UserElement.end(T), T, output);
    assertThat(emitted).containsExactly(T - 7, T);
  }

  private static SourceElement event(String type, long timeMs) {
    return record(
        SourceElement.Kind.EVENT,
        "{\"type\": \"%s\", \"user\": \"ann\", \"time\": \"%s\", \"attributes\": {}}"
            .formatted(type, Instant.ofEpochMilli(timeMs)));
  }

  private static SourceElement record(SourceElement.Kind kind, String text) {
    return new SourceElement(
        kind,
        new RawRecord(
            "test.jsonl", 1, text.getBytes(StandardCharsets.UTF_8), RawRecord.Kind.RECORD));
  }

  /** The operator as Flink runs it. */
  private static final class Harness implements AutoCloseable {
    private final ProcessOperator<SourceElement, UserElement> operator;
    private final OneInputStreamOperatorTestHarness<SourceElement, UserElement> flink;

    Harness(OptionalLong untilMs, @Nullable OperatorSubtaskState snapshot) throws Exception {
      operator = new ProcessOperator<>(new DecodeOperator(TestJobs::shop, untilMs));
      flink = new OneInputStreamOperatorTestHarness<>(operator, 1, 1, 0);
      flink.setup(
          UserElement.TYPE.createSerializer(flink.getExecutionConfig().getSerializerConfig()));
      if (snapshot != null) {
        flink.initializeState(snapshot);
      }
      flink.open();
    }

    void take(SourceElement element) throws Exception {
      flink.processElement(element, 0);
    }

    List<UserElement> given() {
      return flink.extractOutputValues();
    }

    int deadLetters() {
      var letters = flink.getSideOutput(EngagementJob.DEAD_LETTERS);
      return letters == null ? 0 : letters.size();
    }

    long count(String name) {
      return operator.getRuntimeContext().getLongCounter(name).getLocalValue();
    }

    OperatorSubtaskState snapshot() throws Exception {
      return flink.snapshot(1, 1);
    }

    @Override
    public void close() {
      try {
        flink.close();
      } catch (Exception e) {
        throw new AssertionError("closing the operator", e);
      }
    }
  }
}
