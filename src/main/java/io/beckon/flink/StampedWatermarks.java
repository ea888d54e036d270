// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;

/**
 * Forwards the watermark that elements were stamped with when read. Now and then, since a result
 * depends on the stamps and not on how often time is said to pass; but the final one at once,
 * because after it there is only Flink's own highest.
 */
final class StampedWatermarks implements WatermarkGenerator<UserElement> {
  private long watermarkMs = Long.MIN_VALUE;

  @Override
  public void onEvent(UserElement element, long timeMs, WatermarkOutput output) {
    watermarkMs = Math.max(watermarkMs, element.watermarkMs());
    if (element.kind() == UserElement.Kind.END) {
      onPeriodicEmit(output);
    }
  }

  @Override
  public void onPeriodicEmit(WatermarkOutput output) {
    if (watermarkMs != Long.MIN_VALUE) {
      output.emitWatermark(new Watermark(watermarkMs));
    }
  }
}
