// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.deploy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.IllegalConfigurationException;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessUtils;
import org.apache.flink.runtime.jobmanager.JobManagerProcessUtils;

/** How Flink divides the memory of its processes. */
final class FlinkSizes {
  /** Less than that is too little for RocksDB's caches and tables of this job's many states. */
  private static final MemorySize LEAST_MANAGED = MemorySize.ofMebiBytes(200);

  /** Less than that, and the job's classes and a checkpoint do not fit. */
  private static final MemorySize LEAST_HEAP = MemorySize.ofMebiBytes(320);

  private FlinkSizes() {}

  /** What keeps Flink from starting its processes with these settings, or them from living. */
  static List<String> complaints(Map<String, String> settings) {
    Configuration configuration = Configuration.fromMap(settings);
    List<String> complaints = new ArrayList<>();
    try {
      JobManagerProcessUtils.processSpecFromConfig(configuration);
    } catch (IllegalConfigurationException e) {
      complaints.add("JobManager: " + e.getMessage());
    }
    try {
      var spec = TaskExecutorProcessUtils.processSpecFromConfig(configuration);
      if (spec.getManagedMemorySize().compareTo(LEAST_MANAGED) < 0) {
        complaints.add("TaskManager: managed memory " + spec.getManagedMemorySize());
      }
      if (spec.getTaskHeapSize().compareTo(LEAST_HEAP) < 0) {
        complaints.add("TaskManager: heap " + spec.getTaskHeapSize());
      }
    } catch (IllegalConfigurationException e) {
      complaints.add("TaskManager: " + e.getMessage());
    }
    return complaints;
  }
}
