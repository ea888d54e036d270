// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.kafka.TopicRecordDecoder;
import io.beckon.wire.DeadLetter;
import io.beckon.wire.JsonLines;
import io.beckon.wire.Profiles;
import io.beckon.wire.RawRecord;
import java.util.Objects;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/**
 * Records of the topic of profiles to elements of the job. They have no time, so that they neither
 * move event time nor hold it.
 */
final class ProfileDecoder implements TopicRecordDecoder<UserElement> {
  private static final long serialVersionUID = 1L;

  private static final byte[] NO_KEY = {};

  private final JobFactory job;
  private transient @Nullable Profiles profiles;
  private transient @Nullable JsonLines lines;

  ProfileDecoder(JobFactory job) {
    this.job = Objects.requireNonNull(job);
  }

  @Override
  public void open() {
    profiles = new Profiles(job.create().catalogue());
    lines = new JsonLines();
  }

  @Override
  public void decode(RawRecord record, Collector<UserElement> out) {
    decode(NO_KEY, record, out);
  }

  @Override
  public void decode(byte[] key, RawRecord record, Collector<UserElement> out) {
    Profiles.Decoded decoded = Objects.requireNonNull(profiles).decode(record, key);
    if (decoded instanceof Profiles.Decoded.Read profile) {
      out.collect(UserElement.profile(profile.user(), record.bytes()));
    } else if (decoded instanceof Profiles.Decoded.Erased erased) {
      out.collect(UserElement.erase(erased.user()));
    } else if (decoded instanceof Profiles.Decoded.Rejected rejected) {
      DeadLetter letter = rejected.letter();
      out.collect(
          UserElement.dead(
              letter.reason(),
              Objects.requireNonNull(lines).deadLetter(letter, LiveDecoder.MOST_LETTER_BYTES)));
    }
  }
}
