// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.event.Slots;
import java.util.Objects;

/**
 * A profile that takes effect when the watermark passes its time.
 *
 * @param timeMs when, epoch milliseconds
 * @param profile the whole profile from then on
 */
public record ProfileUpdate(long timeMs, Slots profile) {
  public ProfileUpdate {
    Objects.requireNonNull(profile);
  }

  /** The time only: what it says stays out of logs. */
  @Override
  public String toString() {
    return "ProfileUpdate at " + timeMs;
  }
}
