// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.metrics;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a process of Flink is told so that it shows its metrics. */
public final class ReporterSettings {
  /** The setting that says at which port, or at the first free one of a range such as 9250-9260. */
  public static final String PORT = "metrics.reporter.beckon.port";

  /** Of RocksDB, which tells of itself only what it is asked for. */
  private static final List<String> ROCKSDB =
      List.of(
          "block-cache-usage",
          "cur-size-all-mem-tables",
          "estimate-live-data-size",
          "estimate-num-keys",
          "num-running-compactions",
          "total-sst-files-size");

  private ReporterSettings() {}

  /**
   * Flink's settings, by their names; {@link #PORT} comes on top.
   *
   * @param host the address that is listened at
   */
  public static Map<String, String> at(String host) {
    Map<String, String> settings = new TreeMap<>();
    settings.put("metrics.reporters", "beckon");
    settings.put(
        "metrics.reporter.beckon.factory.class", MicrometerReporterFactory.class.getName());
    settings.put("metrics.reporter.beckon.host", host);
    ROCKSDB.forEach(name -> settings.put("state.backend.rocksdb.metrics." + name, "true"));
    return settings;
  }
}
