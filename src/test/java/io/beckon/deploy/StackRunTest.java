// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/**
 * The stack of {@code deploy/compose.yaml}, started without Compose: every service of our image in
 * that image, on the stand-in, with a network, a name and an address of its own; brokers, Redis and
 * Prometheus from what is installed, with the stack's settings. Data flows from the simulated shop
 * to what Prometheus knows. With {@code -Dbeckon.image=true}.
 */
@Tag("packaged")
class StackRunTest {
  private static final Path DEPLOY = Path.of("deploy").toAbsolutePath();
  private static final Path WORK = Path.of("target", "image", "stack").toAbsolutePath();
  private static final String NETWORK = "10.77.0.";
  private static final String REDIS = "/redis-server-6.2.6-v5-linux-amd64";

  /** Each is above 0 once data flows; by what it shows. */
  private static final Map<String, String> SIGNS = new LinkedHashMap<>();

  static {
    SIGNS.put("every process is scraped", "sum(up{job=\"beckon\"}) == 4");
    SIGNS.put(
        "the job that decides reads",
        "sum(beckon_events_admitted_total{deployment=\"beckon-engagement\"})");
    SIGNS.put("it decides", "sum(beckon_decisions_total)");
    SIGNS.put(
        "the job of scores reads",
        "sum(beckon_events_admitted_total{deployment=\"beckon-scores\"})");
    SIGNS.put("Redis takes scores", "min(beckon_redis_up)");
    SIGNS.put("scores are told", "sum(beckon_scores_total)");
    SIGNS.put("scores are in Redis", "sum(beckon_redis_written_total)");
    SIGNS.put("checkpoints are complete", "min(flink_jobmanager_job_numberOfCompletedCheckpoints)");
    SIGNS.put("commands are written", "sum(beckon_commands_total)");
  }

  @Test
  @Timeout(value = 20, unit = TimeUnit.MINUTES)
  void dataFlows() throws Exception {
    ImageRunTest.assumeImagesCanBeRun();
    for (String tool : List.of("prometheus", "ip")) {
      Assumptions.assumeTrue(Tools.isThere(tool), tool + " is not installed: apt-get install");
    }
    Assumptions.assumeTrue(
        System.getProperty("os.arch", "").equals("amd64"), "the Redis of the tests is for amd64");
    ImageRunTest.build();
    Files.createDirectories(WORK);
    Path redis = WORK.resolve("redis-server");
    try (InputStream in =
        Objects.requireNonNull(StackRunTest.class.getResourceAsStream(REDIS), REDIS)) {
      Files.write(redis, in.readAllBytes());
    }
    assertThat(redis.toFile().setExecutable(true)).isTrue();
    ComposeTest compose = new ComposeTest();
    Path script = WORK.resolve("script");
    Files.writeString(script, script(compose.services(), redis));
    Tools.Ran ran =
        Tools.run(List.of("unshare", "-n", "-m", "-p", "-f", "bash", script.toString()), 8);
    assertThat(ran).matches(Tools.Ran::ended);
    Files.writeString(WORK.resolve("signs"), ran.said());
    assertThat(ran.said()).contains(SIGNS.keySet());
  }

  private static String script(Map<String, JsonNode> services, Path redis) throws IOException {
    Map<String, String> hosts = new LinkedHashMap<>();
    List<String> ours = new ArrayList<>();
    services.forEach(
        (name, service) -> {
          boolean own = service.path("image").asString("").contains("beckon:");
          if (own) {
            ours.add(name);
          }
          hosts.put(name, NETWORK + (own ? ours.size() + 1 : 1));
        });
    StringBuilder names = new StringBuilder("127.0.0.1 localhost\n");
    hosts.forEach((name, address) -> names.append(address).append(' ').append(name).append('\n'));
    Files.writeString(WORK.resolve("hosts"), names);
    StringBuilder broker = new StringBuilder("log.dirs=" + WORK.resolve("kafka") + "\n");
    // As the broker's image does.
    ComposeTest.environment(Objects.requireNonNull(services.get("kafka")))
        .forEach(
            (name, value) ->
                broker
                    .append(
                        name.substring("KAFKA_".length())
                            .toLowerCase(Locale.ROOT)
                            .replace('_', '.'))
                    .append('=')
                    .append(value)
                    .append('\n'));
    Files.writeString(WORK.resolve("server.properties"), broker);
    Files.writeString(
        WORK.resolve("prometheus.yml"),
        Files.readString(DEPLOY.resolve("compose/prometheus.yml"))
            .replace("/etc/prometheus/rules", DEPLOY.resolve("prometheus").toString()));
    StringBuilder script = new StringBuilder();
    script.append(
        SCRIPT
            .replace("@WORK@", quoted(WORK.toString()))
            .replace("@IMAGES@", quoted(Objects.requireNonNull(WORK.getParent()).toString()))
            .replace("@NETWORK@", NETWORK)
            .replace(
                "@JAVA@", quoted(Path.of(System.getProperty("java.home"), "bin/java").toString()))
            .replace(
                "@CLASSES@", quoted(Files.readString(Path.of("target/test-classpath")).strip())));
    List<String> server =
        new ArrayList<>(
            ComposeTest.texts(Objects.requireNonNull(services.get("redis")).path("command")));
    server.set(0, redis.toString());
    // As the server of Redis' image is.
    server.addAll(List.of("--protected-mode", "no"));
    script.append("start redis ").append(words(server)).append('\n');
    script.append("await kafka 9092\nawait redis 6379\n");
    for (String name : ours) {
      JsonNode service = Objects.requireNonNull(services.get(name));
      List<String> run = new ArrayList<>();
      ComposeTest.environment(service)
          .forEach((key, value) -> run.addAll(List.of("--env", key + "=" + value)));
      for (String volume : ComposeTest.texts(service.path("volumes"))) {
        String[] parts = volume.split(":", 2);
        Path here =
            parts[0].startsWith(".")
                ? DEPLOY.resolve(parts[0]).normalize()
                : WORK.resolve("volumes").resolve(parts[0]);
        run.addAll(List.of("--volume", here + ":" + parts[1]));
      }
      List<String> command = new ArrayList<>(ComposeTest.texts(service.path("entrypoint")));
      if (command.isEmpty()) {
        command.add("/docker-entrypoint.sh");
      }
      command.addAll(ComposeTest.texts(service.path("command")));
      script
          .append("ours ")
          .append(name)
          .append(' ')
          .append(hosts.get(name))
          .append(' ')
          .append(words(run))
          .append(" \"$container\" -- ")
          .append(words(command))
          .append('\n');
    }
    SIGNS.forEach(
        (sign, query) ->
            script
                .append("sign ")
                .append(quoted(sign))
                .append(' ')
                .append(URLEncoder.encode("(" + query + ") > 0", StandardCharsets.UTF_8))
                .append('\n'));
    return script.toString();
  }

  private static String words(List<String> words) {
    return String.join(" ", words.stream().map(StackRunTest::quoted).toList());
  }

  private static String quoted(String word) {
    return "'" + word.replace("'", "'\\''") + "'";
  }

  /** In namespaces of its own; with the first process of one for processes, all of them end. */
  private static final String SCRIPT =
      """
      set -euo pipefail
      begun=$SECONDS
      mount --make-rprivate /
      mount -t proc proc /proc
      rm -rf @WORK@/kafka @WORK@/data @WORK@/volumes
      mkdir -p /run/netns @WORK@/volumes/state
      mount -t tmpfs tmpfs /run/netns
      chmod 1777 @WORK@/volumes/state
      mount --bind @WORK@/hosts /etc/hosts
      ip link set lo up
      ip link add stack type bridge
      ip addr add @NETWORK@1/24 dev stack
      ip link set stack up
      export CONTAINERS_STORAGE_CONF=@IMAGES@/storage.conf CONTAINERS_REGISTRIES_CONF=@IMAGES@/registries.conf
      container=$(buildah from --signature-policy @IMAGES@/policy.json --pull-never beckon:0.1.0)
      trap 'buildah rm "$container" >/dev/null' EXIT
      start() {
        local name=$1
        shift
        "$@" >@WORK@/"$name".log 2>&1 &
      }
      # ours NAME ADDRESS OPTIONS... CONTAINER -- COMMAND...: again and again, as Compose does
      count=0
      ours() {
        local name=$1 address=$2
        shift 2
        count=$((count + 1))
        ip netns add "$name"
        ip link add "veth$count" type veth peer name eth0 netns "$name"
        ip link set "veth$count" master stack up
        ip -n "$name" addr add "$address/24" dev eth0
        ip -n "$name" link set eth0 up
        ip -n "$name" link set lo up
        while true; do
          ip netns exec "$name" buildah run --isolation chroot --user 9999:9999 --hostname "$name" \
            --volume @WORK@/hosts:/etc/hosts:ro "$@" || true
          sleep 1
        done >@WORK@/"$name".log 2>&1 &
      }
      await() {
        for _ in $(seq 60); do
          if (echo >"/dev/tcp/$1/$2") 2>/dev/null; then return; fi
          sleep 1
        done
        echo "$1 does not listen" >&2
        exit 1
      }
      # sign NAME QUERY: waits until Prometheus has an answer
      sign() {
        for _ in $(seq 300); do
          if (
            exec 3<>/dev/tcp/prometheus/9090
            printf 'GET /api/v1/query?query=%s HTTP/1.0\r\n\r\n' "$2" >&3
            grep -q '"value":' <&3
          ) 2>/dev/null; then
            echo "$((SECONDS - begun)) s: $1"
            return
          fi
          sleep 1
        done
        echo "not to be seen: $1" >&2
        exit 1
      }
      broker() { @JAVA@ -Xmx512m -XX:TieredStopAtLevel=1 -cp @CLASSES@ "$@"; }
            broker kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAA -c @WORK@/server.properties >@WORK@/format.log 2>&1
      start kafka broker kafka.Kafka @WORK@/server.properties
      start prometheus prometheus --config.file=@WORK@/prometheus.yml --storage.tsdb.path=@WORK@/data \
        --web.listen-address=@NETWORK@1:9090
      """;
}
