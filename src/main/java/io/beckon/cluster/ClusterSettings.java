// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cluster;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a cluster is made of.
 *
 * @param taskManagers how many processes do the job's work, at least 1
 * @param slots how many parallel parts of a job each of them takes, at least 1
 * @param ha whether there are two JobManagers, and a ZooKeeper where they agree on who leads
 * @param restPort where Flink's REST interface is; 0 chooses one. With {@code ha} the second
 *     JobManager gets one of its own
 * @param kafkaPort where Kafka is, if there is to be one; 0 chooses one
 * @param redisPort where Redis is, if there is to be one; 0 chooses one
 * @param redisServer the program {@code redis-server}, if not the one on the {@code PATH} or the
 *     build's
 * @param metricsPort where the first of Flink's processes shows its metrics, if they are to: the
 *     JobManagers and then the TaskManagers have one port each from there on; 0 chooses them
 * @param flink settings of Flink that come after all others
 */
public record ClusterSettings(
    int taskManagers,
    int slots,
    boolean ha,
    int restPort,
    Optional<Integer> kafkaPort,
    Optional<Integer> redisPort,
    Optional<String> redisServer,
    Optional<Integer> metricsPort,
    Map<String, String> flink) {
  /** Where Flink's REST interface is, everywhere. */
  public static final int REST_PORT = 8081;

  /** Where Kafka is, everywhere. */
  public static final int KAFKA_PORT = 9092;

  /** Where Redis is, everywhere. */
  public static final int REDIS_PORT = 6379;

  public ClusterSettings {
    Objects.requireNonNull(kafkaPort);
    Objects.requireNonNull(redisPort);
    Objects.requireNonNull(redisServer);
    Objects.requireNonNull(metricsPort);
    flink = Map.copyOf(flink);
    if (taskManagers < 1 || slots < 1) {
      throw new IllegalArgumentException(taskManagers + " task managers of " + slots + " slots");
    }
  }

  /** As text, to be kept and compared. */
  Map<String, String> asMap() {
    Map<String, String> map = new TreeMap<>();
    map.put("task_managers", Integer.toString(taskManagers));
    map.put("slots", Integer.toString(slots));
    map.put("ha", Boolean.toString(ha));
    map.put("rest_port", Integer.toString(restPort));
    kafkaPort.ifPresent(port -> map.put("kafka_port", Integer.toString(port)));
    redisPort.ifPresent(port -> map.put("redis_port", Integer.toString(port)));
    redisServer.ifPresent(program -> map.put("redis_server", program));
    metricsPort.ifPresent(port -> map.put("metrics_port", Integer.toString(port)));
    flink.forEach((name, value) -> map.put("flink." + name, value));
    return map;
  }

  /** The inverse of {@link #asMap}; other names are left alone. */
  static ClusterSettings of(Map<String, String> map) {
    Map<String, String> flink = new TreeMap<>();
    map.forEach(
        (name, value) -> {
          if (name.startsWith("flink.")) {
            flink.put(name.substring("flink.".length()), value);
          }
        });
    return new ClusterSettings(
        Integer.parseInt(map.getOrDefault("task_managers", "1")),
        Integer.parseInt(map.getOrDefault("slots", "1")),
        Boolean.parseBoolean(map.getOrDefault("ha", "false")),
        Integer.parseInt(map.getOrDefault("rest_port", "0")),
        Optional.ofNullable(map.get("kafka_port")).map(Integer::valueOf),
        Optional.ofNullable(map.get("redis_port")).map(Integer::valueOf),
        Optional.ofNullable(map.get("redis_server")),
        Optional.ofNullable(map.get("metrics_port")).map(Integer::valueOf),
        flink);
  }
}
