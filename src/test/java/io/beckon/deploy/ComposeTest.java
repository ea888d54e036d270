// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.cli.Beckon;
import io.beckon.language.Definitions;
import io.beckon.language.JobDefinition;
import io.beckon.language.SourceFile;
import io.beckon.wire.AvroSchemas;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The stack of {@code deploy/compose.yaml}: its parts fit together. Nothing is started. */
class ComposeTest {
  private static final Path DEPLOY = Path.of("deploy");
  private static final Path RETAIL = Path.of("jobs", "retail");

  /** Of Compose's specification, what is used here. */
  private static final Set<String> OF_A_SERVICE =
      Set.of(
          "command",
          "depends_on",
          "entrypoint",
          "environment",
          "healthcheck",
          "hostname",
          "image",
          "ports",
          "restart",
          "volumes");

  private static final Set<String> OF_A_HEALTHCHECK =
      Set.of("test", "interval", "timeout", "retries", "start_period");

  private static final Pattern DEFAULT = Pattern.compile("\\$\\{\\w+:-([^}]+)}");

  static final int NO_BROKER = 1;

  private final JsonNode stack = merged(read("compose.yaml"));
  private final Map<String, JsonNode> services = new LinkedHashMap<>();

  ComposeTest() throws IOException {
    stack.path("services").forEachEntry(services::put);
  }

  private static JsonNode read(String name) throws IOException {
    return Manifests.parse(Files.readString(DEPLOY.resolve(name))).get(0);
  }

  /** What {@code <<} brings, put where it belongs; what stands beside it wins. */
  private static JsonNode merged(JsonNode node) {
    node.forEach(ComposeTest::merged);
    if (node instanceof ObjectNode object && object.remove("<<") instanceof ObjectNode others) {
      others.forEachEntry(object::putIfAbsent);
    }
    return node;
  }

  static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(item -> texts.add(item.asString("")));
    return texts;
  }

  static Map<String, String> environment(JsonNode service) {
    Map<String, String> environment = new LinkedHashMap<>();
    service
        .path("environment")
        .forEachEntry(
            (name, value) -> {
              assertThat(value.isString()).as("%s is a text", name).isTrue();
              environment.put(name, value.asString(""));
            });
    return environment;
  }

  private static Map<String, String> flinkProperties(JsonNode service) {
    Map<String, String> properties = new LinkedHashMap<>();
    for (String line : environment(service).getOrDefault("FLINK_PROPERTIES", "").lines().toList()) {
      int colon = line.indexOf(": ");
      assertThat(colon).as(line).isPositive();
      assertThat(properties.put(line.substring(0, colon), line.substring(colon + 2)))
          .as(line)
          .isNull();
    }
    return properties;
  }

  Map<String, JsonNode> services() {
    return services;
  }

  @Test
  void everyKeyIsOneOfComposes() {
    stack.forEachEntry((name, part) -> assertThat(name).matches("name|services|volumes|x-[a-z]+"));
    services.forEach(
        (name, service) -> {
          service.forEachEntry((key, value) -> assertThat(OF_A_SERVICE).as(name).contains(key));
          service
              .path("healthcheck")
              .forEachEntry((key, value) -> assertThat(OF_A_HEALTHCHECK).as(name).contains(key));
        });
  }

  @Test
  void thePartsAreThere() {
    assertThat(services.keySet())
        .contains(
            "kafka",
            "redis",
            "simulator",
            "engagement",
            "engagement-taskmanager",
            "scores",
            "scores-taskmanager",
            "prometheus",
            "alertmanager",
            "grafana");
  }

  @Test
  void imagesHaveVersions() {
    services.forEach(
        (name, service) ->
            assertThat(DEFAULT.matcher(service.path("image").asString("")).replaceAll("$1"))
                .as(name)
                .matches("[a-z0-9./-]+:v?[0-9][\\w.-]*"));
  }

  @Test
  void whoIsWaitedForIsThereAndTellsItsHealth() {
    int waits = 0;
    for (JsonNode service : services.values()) {
      for (Map.Entry<String, JsonNode> other : service.path("depends_on").properties()) {
        waits++;
        assertThat(services).containsKey(other.getKey());
        assertThat(other.getValue().path("condition").asString("")).isEqualTo("service_healthy");
        assertThat(service(other.getKey()).path("healthcheck").isObject()).isTrue();
      }
    }
    assertThat(waits).isGreaterThan(4);
  }

  @Test
  void nothingIsReachableFromOutside() {
    List<String> taken = new ArrayList<>();
    for (JsonNode service : services.values()) {
      for (String port : texts(service.path("ports"))) {
        assertThat(port).matches("127\\.0\\.0\\.1:\\d+:\\d+");
        taken.add(port.split(":")[1]);
      }
    }
    assertThat(taken).hasSizeGreaterThan(5).doesNotHaveDuplicates();
  }

  @Test
  void whatIsMountedIsThere() {
    int files = 0;
    for (JsonNode service : services.values()) {
      for (String volume : texts(service.path("volumes"))) {
        String[] parts = volume.split(":", -1);
        if (parts[0].startsWith(".")) {
          files++;
          assertThat(DEPLOY.resolve(parts[0])).exists();
          assertThat(parts).as(volume).hasSize(3).endsWith("ro");
        } else {
          assertThat(stack.path("volumes").has(parts[0])).as(volume).isTrue();
        }
      }
    }
    assertThat(files).isGreaterThan(5);
  }

  @Test
  void flinkKnowsEveryOption() throws IOException {
    FlinkOptions options = FlinkOptions.find();
    int settings = 0;
    for (Map.Entry<String, JsonNode> service : services.entrySet()) {
      for (Map.Entry<String, String> setting : flinkProperties(service.getValue()).entrySet()) {
        settings++;
        assertThat(options.complaint(setting.getKey(), setting.getValue()))
            .as(service.getKey())
            .isEmpty();
      }
    }
    assertThat(settings).isGreaterThan(35);
  }

  @Test
  void everyTaskManagerFindsItsJobManager() {
    int found = 0;
    for (JsonNode service : services.values()) {
      if (texts(service.path("command")).equals(List.of("taskmanager"))) {
        found++;
        String leader = environment(service).getOrDefault("JOB_MANAGER_RPC_ADDRESS", "");
        JsonNode other = service(leader);
        assertThat(environment(other)).containsEntry("JOB_MANAGER_RPC_ADDRESS", leader);
        assertThat(flinkProperties(other)).isEqualTo(flinkProperties(service));
        // Checkpoints are written by the one and told by the other.
        assertThat(volume(service)).isEqualTo(volume(other));
        assertThat(flinkProperties(service).get("execution.checkpointing.dir"))
            .startsWith("file://" + volume(service));
      }
    }
    assertThat(found).isEqualTo(2);
  }

  private static String volume(JsonNode service) {
    return texts(service.path("volumes")).stream()
        .filter(volume -> volume.startsWith("state:"))
        .map(volume -> volume.substring("state:".length()))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void theJobsReadWhereTheShopWrites() throws IOException {
    JobDefinition job = job();
    List<String> advertised =
        List.of(
            environment(service("kafka"))
                .getOrDefault("KAFKA_ADVERTISED_LISTENERS", "")
                .split(",", -1));
    String servers = job.live().orElseThrow().bootstrapServers();
    assertThat(advertised).contains("PLAINTEXT://" + servers);
    List<String> simulator = texts(service("simulator").path("command"));
    assertThat(simulator)
        .contains(
            "simulate",
            "--kafka=" + servers,
            "--topic=" + job.sources().get(0).topic().orElseThrow());
    assertThat(services).containsKey(job.redis().orElseThrow().host());
    assertThat(job.scores()).isPresent();
  }

  private JsonNode service(String name) {
    return stack.path("services").path(name);
  }

  /** The job as it is mounted: jobs/retail with another job.yaml over its own. */
  private JobDefinition job() throws IOException {
    for (String name : List.of("engagement", "scores")) {
      assertThat(texts(service(name).path("volumes")))
          .startsWith(
              "../jobs/retail:/opt/beckon/job:ro",
              "./compose/job.yaml:/opt/beckon/job/job.yaml:ro");
      assertThat(texts(service(name).path("command"))).endsWith("/opt/beckon/job");
    }
    Map<String, String> texts = new HashMap<>();
    try (Stream<Path> files = Files.walk(RETAIL)) {
      for (Path file : files.filter(of -> of.toString().endsWith(".yaml")).toList()) {
        texts.put(RETAIL.relativize(file).toString().replace('\\', '/'), Files.readString(file));
      }
    }
    texts.put("job.yaml", Files.readString(DEPLOY.resolve("compose/job.yaml")));
    List<SourceFile> files = new ArrayList<>();
    texts.forEach((path, text) -> files.add(new SourceFile("job/" + path, text)));
    Definitions.Loaded loaded = Definitions.load("job", files, AvroSchemas::check);
    assertThat(loaded.problems().sorted()).isEmpty();
    return loaded.job().orElseThrow();
  }

  @Test
  void ourCommandLineTakesWhatItIsGiven() {
    List<String> command = texts(service("simulator").path("command"));
    assertThat(texts(service("simulator").path("entrypoint")))
        .containsExactly("/opt/beckon/bin/beckon");
    assertThat(exitCode(command)).isEqualTo(NO_BROKER);
    List<String> mistaken = new ArrayList<>(command);
    mistaken.set(mistaken.indexOf("--users=5000"), "--users=many");
    assertThat(exitCode(mistaken)).isEqualTo(2);
    mistaken.set(mistaken.indexOf("--users=many"), "--user=5000");
    assertThat(exitCode(mistaken)).isEqualTo(2);
  }

  /**
   * Runs a command of ours as far as it goes with a broker that cannot be one: {@link #NO_BROKER}
   * if all of its options are right.
   */
  static int exitCode(List<String> command) {
    String[] here =
        command.stream()
            .map(option -> option.startsWith("--kafka=") ? "--kafka=no-port" : option)
            .toArray(String[]::new);
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    return Beckon.execute(nowhere, nowhere, here);
  }

  /** Flink's entry point takes out all white space, and the first colon ends the key. */
  @Test
  void theEntryPointCanReadTheSettings() {
    for (JsonNode service : services.values()) {
      flinkProperties(service)
          .forEach((key, value) -> assertThat(key + ":" + value).doesNotContainAnyWhitespaces());
    }
  }

  @Test
  void processesFitIntoTheirSizesAndJobsIntoTheirSlots() {
    int found = 0;
    for (JsonNode service : services.values()) {
      if (texts(service.path("command")).equals(List.of("taskmanager"))) {
        found++;
        Map<String, String> settings = flinkProperties(service);
        assertThat(FlinkSizes.complaints(settings)).isEmpty();
        assertThat(Integer.parseInt(settings.getOrDefault("parallelism.default", "?")))
            .isLessThanOrEqualTo(
                Integer.parseInt(settings.getOrDefault("taskmanager.numberOfTaskSlots", "?")));
      }
    }
    assertThat(found).isEqualTo(2);
  }

  @Test
  void composeTakesIt(@TempDir Path folder) throws IOException, InterruptedException {
    boolean plugin = Tools.isThere("docker") && Tools.run("docker", "compose", "version").ended();
    boolean alone = Tools.isThere("docker-compose");
    Assumptions.assumeTrue(
        plugin || alone, "neither docker with its plugin compose nor docker-compose is installed");
    Path file = folder.resolve("compose.yaml");
    String text = Files.readString(DEPLOY.resolve("compose.yaml"));
    List<String> command = new ArrayList<>(List.of("docker-compose"));
    if (plugin) {
      command = new ArrayList<>(List.of("docker", "compose"));
    } else if (Tools.run("docker-compose", "--version").said().contains("version 1.")) {
      // The first generation does not know that a stack can have a name.
      text = text.replace("name: beckon\n", "");
    }
    Files.writeString(file, text);
    command.addAll(List.of("-f", file.toString(), "--project-directory", "deploy", "config", "-q"));
    assertThat(Tools.run(command)).matches(Tools.Ran::ended);
    Files.writeString(file, text.replaceFirst("healthcheck:", "healthchecks:"));
    assertThat(Tools.run(command)).matches(ran -> !ran.ended());
  }

  @Test
  void prometheusTakesItsSettingsAndRules(@TempDir Path folder) throws Exception {
    Assumptions.assumeTrue(
        Tools.isThere("promtool"),
        "promtool is not on the PATH; it comes with Prometheus: apt-get install prometheus");
    String rules = DEPLOY.resolve("prometheus").toAbsolutePath().toString();
    String text = Files.readString(DEPLOY.resolve("compose/prometheus.yml"));
    String here = text.replace("/etc/prometheus/rules", rules);
    assertThat(here).isNotEqualTo(text);
    Path file = folder.resolve("prometheus.yml");
    Files.writeString(file, here);
    Tools.Ran ran = Tools.run("promtool", "check", "config", file.toString());
    assertThat(ran).matches(Tools.Ran::ended);
    assertThat(ran.said()).contains("beckon.rules.yml").doesNotContain("test.yml");
    Files.writeString(file, here.replace("scrape_interval", "scrape_intervall"));
    assertThat(Tools.run("promtool", "check", "config", file.toString()))
        .matches(wrong -> !wrong.ended());
  }

  @Test
  void alertmanagerTakesItsSettings(@TempDir Path folder) throws Exception {
    Assumptions.assumeTrue(
        Tools.isThere("amtool"),
        "amtool is not on the PATH; it comes with Alertmanager: apt-get install"
            + " prometheus-alertmanager");
    Path file = DEPLOY.resolve("compose/alertmanager.yml");
    assertThat(Tools.run("amtool", "check-config", file.toString())).matches(Tools.Ran::ended);
    Path wrong = folder.resolve("alertmanager.yml");
    Files.writeString(wrong, Files.readString(file).replace("name: nobody", "name: somebody"));
    assertThat(Tools.run("amtool", "check-config", wrong.toString())).matches(ran -> !ran.ended());
  }

  @Test
  void grafanaFindsItsDashboardsAndItsData() throws IOException {
    JsonNode provider = read("compose/grafana-dashboards.yml").at("/providers/0");
    JsonNode source = read("compose/grafana-datasource.yml").at("/datasources/0");
    String folder = provider.at("/options/path").asString("");
    assertThat(texts(service("grafana").path("volumes")))
        .contains("./grafana/dashboards:" + folder + ":ro");
    assertThat(source.path("type").asString("")).isEqualTo("prometheus");
    assertThat(source.path("url").asString("")).isEqualTo("http://prometheus:9090");
    try (Stream<Path> files = Files.list(DEPLOY.resolve("grafana/dashboards"))) {
      List<Path> dashboards = files.filter(of -> of.toString().endsWith(".json")).toList();
      assertThat(dashboards).hasSizeGreaterThanOrEqualTo(4);
      for (Path dashboard : dashboards) {
        JsonNode variables =
            JsonMapper.shared().readTree(Files.readString(dashboard)).at("/templating/list");
        // Chosen by the reader, of all of that type that there are: of one.
        assertThat(variables.valueStream())
            .as("%s", dashboard)
            .anyMatch(
                variable ->
                    variable.path("type").asString("").equals("datasource")
                        && variable
                            .path("query")
                            .asString("")
                            .equals(source.path("type").asString("")));
      }
    }
  }

  @Test
  void prometheusFindsEveryProcess() throws IOException {
    List<String> expected = new ArrayList<>();
    services.forEach(
        (name, service) -> {
          String port = flinkProperties(service).get("metrics.reporter.beckon.port");
          if (port != null) {
            assertThat(flinkProperties(service))
                .containsEntry("metrics.reporter.beckon.host", "0.0.0.0");
            assertThat(service.path("hostname").asString("")).isEqualTo(name);
            expected.add(name + ":" + port);
          }
        });
    JsonNode prometheus = read("compose/prometheus.yml");
    List<String> targets = new ArrayList<>();
    for (JsonNode job : prometheus.path("scrape_configs")) {
      for (JsonNode some : job.path("static_configs")) {
        targets.addAll(texts(some.path("targets")));
      }
    }
    assertThat(targets).hasSize(4).containsExactlyInAnyOrderElementsOf(expected);
    for (JsonNode alertmanager : prometheus.at("/alerting/alertmanagers/0/static_configs")) {
      assertThat(texts(alertmanager.path("targets"))).containsExactly("alertmanager:9093");
    }
    // Rules, and not the tests beside them.
    assertThat(texts(prometheus.path("rule_files")))
        .containsExactly("/etc/prometheus/rules/*.rules.yml");
    assertThat(DEPLOY.resolve("prometheus/beckon.rules.yml")).isRegularFile();
    assertThat(texts(service("prometheus").path("volumes")))
        .contains("./prometheus:/etc/prometheus/rules:ro");
  }
}
