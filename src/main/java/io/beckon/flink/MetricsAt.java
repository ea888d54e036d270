// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.metrics.ReporterSettings;
import java.util.Objects;
import org.apache.flink.configuration.Configuration;

/**
 * Where a process shows its metrics.
 *
 * @param host the address that is listened at
 * @param port 1 to 65535
 */
public record MetricsAt(String host, int port) {
  public MetricsAt {
    Objects.requireNonNull(host);
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("no port: " + port);
    }
  }

  /** Makes a Flink of these {@code settings} show its metrics there, those of RocksDB included. */
  void addTo(Configuration settings) {
    ReporterSettings.at(host).forEach(settings::setString);
    settings.setString(ReporterSettings.PORT, Integer.toString(port));
  }
}
