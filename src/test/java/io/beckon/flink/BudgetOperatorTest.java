// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.budget.RequestCodec;
import io.beckon.detect.Episode;
import io.beckon.language.Intervention.Kind;
import io.beckon.language.JobDefinition;
import io.beckon.language.PolicyDefinition;
import io.beckon.language.PolicyDefinition.Rate;
import io.beckon.language.PolicyDefinition.Selection;
import io.beckon.language.TriggerDefinition.Lane;
import io.beckon.policy.BudgetRequest;
import io.beckon.policy.Command;
import io.beckon.policy.CommandIds;
import io.beckon.policy.Decision;
import io.beckon.policy.Reason;
import io.beckon.wire.RunSummary;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class BudgetOperatorTest {
  private static final RequestCodec CODEC = new RequestCodec();

  /** One message in 100 ms. */
  private static JobDefinition job(boolean live) {
    JobDefinition job = live ? TestJobs.live(0, 30_000) : TestJobs.shop();
    PolicyDefinition none = job.policy();
    Rate rate =
        new Rate(
            "message",
            new Selection(
                Optional.empty(), Optional.empty(), Optional.of(Kind.MESSAGE), Optional.empty()),
            1,
            100,
            true,
            10);
    return job.withPolicy(
        new PolicyDefinition(
            none.consent(),
            none.quiet(),
            none.caps(),
            none.arbitration(),
            none.service(),
            none.marketing(),
            none.mutes(),
            none.holdout(),
            List.of(),
            List.of(rate),
            none.mostJourneys()));
  }

  private static JobDefinition replayed() {
    return job(false).replayed();
  }

  private static JobDefinition live() {
    return job(true);
  }

  private static Command command(String user, long atMs, Command.Action action) {
    Episode episode = new Episode(List.of(), "e");
    return new Command(
        new CommandIds("shop").of(user, "gold", episode, 1),
        action,
        "shop",
        user,
        "gold",
        1,
        episode,
        1,
        Kind.MESSAGE,
        Optional.of("push"),
        Optional.empty(),
        List.of(),
        List.of(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Lane.MARKETING,
        50,
        atMs,
        atMs,
        atMs,
        OptionalLong.empty(),
        List.of());
  }

  private static byte[] spend(String user, long atMs) {
    Command command = command(user, atMs, Command.Action.ISSUE);
    return CODEC.encode(
        new BudgetRequest.Spend(
            atMs,
            command,
            new Decision(
                user,
                "gold",
                1,
                command.episode(),
                1,
                atMs,
                atMs,
                Reason.ISSUED,
                command.id(),
                List.of(),
                List.of()),
            Optional.empty(),
            atMs + 10_000,
            atMs + 20_000));
  }

  private static byte[] revoke(String user, long atMs) {
    return CODEC.encode(new BudgetRequest.Revoke(atMs, command(user, atMs, Command.Action.CANCEL)));
  }

  /** The operator alone. */
  private static final class Harness implements AutoCloseable {
    final OneInputStreamOperatorTestHarness<byte[], byte[]> flink;
    private int seen;
    private int sent;

    Harness(JobFactory job, @Nullable OperatorSubtaskState from) throws Exception {
      flink =
          new OneInputStreamOperatorTestHarness<>(
              new BudgetOperator(job), BytePrimitiveArraySerializer.INSTANCE);
      flink.setup(BytePrimitiveArraySerializer.INSTANCE);
      if (from != null) {
        flink.initializeState(from);
      }
      flink.open();
    }

    void take(byte[] request) throws Exception {
      flink.processElement(new StreamRecord<>(request));
    }

    /** The decisions since the last time: user, reason, time after 1970. */
    List<String> decided() {
      List<String> news = new ArrayList<>();
      List<byte[]> all = flink.extractOutputValues();
      for (byte[] line : all.subList(seen, all.size())) {
        JsonNode json = JsonMapper.shared().readTree(line);
        news.add(
            json.path("user").asString()
                + " "
                + json.path("reason").asString()
                + " "
                + json.path("decision_time").asString().substring(17));
      }
      seen = all.size();
      return news;
    }

    /** The commands since the last time: user and action. */
    List<String> sent() {
      List<String> all = new ArrayList<>();
      Queue<StreamRecord<byte[]>> out = flink.getSideOutput(EngagementJob.COMMANDS);
      if (out != null) {
        for (StreamRecord<byte[]> record : out) {
          JsonNode json =
              JsonMapper.shared().readTree(new String(record.getValue(), StandardCharsets.UTF_8));
          all.add(json.path("user").asString() + " " + json.path("action").asString());
        }
      }
      List<String> news = all.subList(sent, all.size());
      sent = all.size();
      return news;
    }

    Object counted(String name) {
      return flink.getOperator().getRuntimeContext().getAccumulator(name).getLocalValue();
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

  @Test
  void aReplayTakesRequestsInOneOrderWhenTheWatermarkHasPassedThem() throws Exception {
    try (Harness harness = new Harness(BudgetOperatorTest::replayed, null)) {
      harness.take(spend("c", 20));
      harness.take(spend("b", 10));
      harness.take(spend("a", 10));
      assertThat(harness.decided()).isEmpty();
      harness.flink.processWatermark(new Watermark(9));
      assertThat(harness.decided()).isEmpty();
      harness.flink.processWatermark(new Watermark(10));
      assertThat(harness.decided()).containsExactly("a ISSUED 00.010Z");
      harness.flink.processWatermark(new Watermark(150));
      assertThat(harness.decided()).containsExactly("b ISSUED 00.110Z");
      assertThat(harness.sent()).containsExactly("a ISSUE", "b ISSUE");
      harness.take(revoke("a", 160));
      harness.take(revoke("c", 160));
      harness.flink.processWatermark(new Watermark(1_000));
      assertThat(harness.decided()).containsExactly("c CANCELLED 00.160Z");
      assertThat(harness.sent()).containsExactly("a CANCEL");
    }
  }

  @Test
  void theEndOfTheInputIsNoTimeAndWhatWaitsIsCounted() throws Exception {
    try (Harness harness = new Harness(BudgetOperatorTest::replayed, null)) {
      for (String user : List.of("a", "b", "c")) {
        harness.take(spend(user, 10));
      }
      harness.flink.processWatermark(new Watermark(120));
      assertThat(harness.decided()).hasSize(2);
      harness.take(spend("d", 120));
      harness.flink.processWatermark(Watermark.MAX_WATERMARK);
      assertThat(harness.decided()).as("nothing is sent at the end of time").isEmpty();
      assertThat(harness.counted(RunSummary.queued("gold"))).isEqualTo(2L);
    }
  }

  @Test
  void aLiveJobDecidesAtOnceAndATimerReleasesWhatWaits() throws Exception {
    try (Harness harness = new Harness(BudgetOperatorTest::live, null)) {
      harness.flink.setProcessingTime(5_000);
      harness.take(spend("a", 4_998));
      harness.take(spend("b", 4_999));
      assertThat(harness.decided()).containsExactly("a ISSUED 04.998Z");
      harness.flink.setProcessingTime(5_097);
      assertThat(harness.decided()).isEmpty();
      harness.flink.setProcessingTime(5_250);
      assertThat(harness.decided()).hasSize(1).first().asString().startsWith("b ISSUED 05.");
      assertThat(harness.sent()).containsExactly("a ISSUE", "b ISSUE");
      harness.flink.processWatermark(new Watermark(Long.MAX_VALUE / 2));
      harness.take(spend("c", 5_240));
      harness.flink.setProcessingTime(60_000);
      assertThat(harness.decided()).hasSize(1);
    }
  }

  @Test
  void whoeverIsErasedIsForgottenHereToo() throws Exception {
    try (Harness harness = new Harness(BudgetOperatorTest::live, null)) {
      harness.flink.setProcessingTime(10);
      harness.take(spend("a", 10));
      harness.take(spend("b", 10));
      harness.take(CODEC.encode(new BudgetRequest.Erase(20, "b")));
      assertThat(harness.decided()).hasSize(1);
      harness.flink.setProcessingTime(60_000);
      assertThat(harness.decided()).isEmpty();
    }
  }

  @Test
  void aSnapshotHoldsWhatIsKeptAndWhatWaits() throws Exception {
    for (boolean live : List.of(false, true)) {
      JobFactory job = live ? BudgetOperatorTest::live : BudgetOperatorTest::replayed;
      OperatorSubtaskState snapshot;
      try (Harness first = new Harness(job, null)) {
        first.flink.setProcessingTime(10);
        first.take(spend("a", 10));
        first.take(spend("b", 10));
        first.flink.processWatermark(new Watermark(50));
        first.take(spend("c", 70));
        snapshot = first.flink.snapshot(1, 1);
        assertThat(first.decided()).hasSize(1);
      }
      try (Harness second = new Harness(job, snapshot)) {
        second.flink.setProcessingTime(10);
        second.flink.setProcessingTime(150);
        second.flink.processWatermark(new Watermark(150));
        assertThat(second.decided()).hasSize(1).first().asString().startsWith("b ISSUED 00.1");
        second.take(revoke("a", 160));
        second.flink.setProcessingTime(400);
        second.flink.processWatermark(new Watermark(400));
        assertThat(second.decided()).hasSize(1).first().asString().startsWith("c ISSUED 00.");
        assertThat(second.sent()).containsExactlyInAnyOrder("b ISSUE", "a CANCEL", "c ISSUE");
      }
    }
  }
}
