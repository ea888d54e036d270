// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.language.JobDefinition;
import io.beckon.language.JobDefinition.IdRule;
import io.beckon.language.JobDefinition.SourceDefinition;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** One clock that is wrong must not push everybody's time. */
class TooFarAheadTest {
  private static final long NOW = 1_700_000_000_000L;

  private final JobDefinition job =
      Shop.job(
          new SourceDefinition(JobDefinition.Format.JSONL, new IdRule.Content(), Optional.empty()));
  private long nowMs = NOW;
  private final EventDecoder live = new EventDecoder(job, job.source(), () -> nowMs);

  @Test
  void anEventUpToMaxAheadIsReadAndOneFurtherIsADeadLetter() {
    long edgeMs = NOW + job.time().maxAheadMs();
    assertThat(live.decode(at(edgeMs))).isInstanceOf(Decoded.Read.class);
    assertThat(live.decode(at(edgeMs + 1)))
        .isInstanceOfSatisfying(
            Decoded.Rejected.class,
            rejected -> {
              assertThat(rejected.letter().reason()).isEqualTo(DeadLetterReason.TOO_FAR_AHEAD);
              assertThat(rejected.letter().detail()).contains("max_ahead");
            });
    nowMs++;
    assertThat(live.decode(at(edgeMs + 1))).as("the clock moves").isInstanceOf(Decoded.Read.class);
  }

  @Test
  void filesAreReadWhateverTheClockSays() {
    EventDecoder replay = new EventDecoder(job);
    assertThat(replay.decode(at(NOW + 100L * 365 * 24 * 3_600_000)))
        .isInstanceOf(Decoded.Read.class);
  }

  private static RawRecord at(long timeMs) {
    return Shop.record(
        "{\"id\":\"e\",\"type\":\"view\",\"user\":\"u\",\"time\":\""
            + Instant.ofEpochMilli(timeMs)
            + "\",\"attributes\":{\"item_id\":\"p\"}}");
  }
}
