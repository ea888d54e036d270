// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beckon.cli.Beckon;
import io.beckon.language.Definitions;
import io.beckon.language.JobDefinition;
import io.beckon.language.SourceFile;
import io.beckon.wire.AvroSchemas;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/** What {@code k8s/} builds to, as the operators would take it and as Flink would read it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KubernetesTest {
  private static final Path HERE = Path.of("").toAbsolutePath();
  private static final Path RETAIL = Path.of("jobs", "retail");
  private static final Path RULES = Path.of("deploy", "prometheus", "beckon.rules.yml");
  private static final Path GRAFANA = Path.of("deploy", "grafana");
  private static final Path GUIDE = Path.of("docs", "deploy.md");
  private static final String UPDATE =
      "to write it anew: -Dtest=KubernetesTest -Dbeckon.update=true";
  private static final String BASE = "k8s/base";
  private static final String DEV = "k8s/overlays/dev";
  private static final String PRODUCTION = "k8s/overlays/production";

  /** What the API server lets a config map have. */
  private static final int MOST_BYTES = 1 << 20;

  /** Of EngagementJob, for ever: state is in so many parts. */
  private static final int MOST_PARALLEL = 720;

  private static final int REST = 8081;

  private static final String MAIN = "flink-main-container";

  /** Where Flink and its entry point write; the rest of the file system cannot be written to. */
  private static final Map<String, String> WRITTEN =
      Map.of("temporary", "/tmp", "log", "/opt/flink/log");

  private final ObjectSchemas schemas = new ObjectSchemas();
  private final FlinkOptions options = FlinkOptions.find();
  private final Map<String, List<JsonNode>> built = new HashMap<>();

  KubernetesTest() throws IOException {}

  @BeforeAll
  void build() throws IOException, InterruptedException {
    for (String folder : List.of(BASE, DEV, PRODUCTION)) {
      built.put(folder, Manifests.build(HERE, folder));
    }
  }

  private List<JsonNode> objects(String folder) {
    return built.getOrDefault(folder, List.of());
  }

  // --- every object

  @ParameterizedTest
  @ValueSource(strings = {BASE, DEV, PRODUCTION})
  void everyObjectIsAsItsSchemaSays(String folder) {
    List<JsonNode> objects = objects(folder);
    assertThat(objects).hasSizeGreaterThan(10);
    for (JsonNode object : objects) {
      assertThat(schemas.complaints(object))
          .as("%s: %s %s", folder, object.path("kind"), Manifests.name(object))
          .isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // What a server refuses, or, worse, would pass over.
        "FlinkDeployment|beckon-engagement|/spec|flinkversion|\"v2_3\"",
        "FlinkDeployment|beckon-engagement|/spec|flinkVersion|\"v2_9\"",
        "FlinkDeployment|beckon-engagement|/spec/job|parallelism|\"4\"",
        "FlinkDeployment|beckon-engagement|/spec/job|upgradeMode|\"savepoints\"",
        "FlinkDeployment|beckon-engagement|/spec/taskManager/resource|memory|4096",
        "FlinkDeployment|beckon-engagement|/spec/podTemplate/spec/containers/0|probe|{}",
        "FlinkDeployment|beckon-engagement|/spec/podTemplate/spec/securityContext|runAsNonRoot|\"true\"",
        "FlinkDeployment|beckon-engagement|/metadata|label|{}",
        "PodDisruptionBudget|beckon-engagement-jobmanager|/spec|minimum|1",
        "ServiceAccount|beckon-jobmanager|/metadata|labels|{\"a\": 1}",
        "PodMonitor|beckon|/spec|podMetricsEndpoint|[]",
        "ConfigMap|beckon-job|/data|number|1",
        "FlinkDeployment|beckon-scores|/spec/flinkConfiguration|parallelism.default|4",
        "FlinkDeployment|beckon-scores|/spec/jobManager/podTemplate/spec/containers/0/env/0|valueFron|{}",
        "Role|beckon-jobmanager|/rules/0|verb|[]",
        "RoleBinding|beckon-jobmanager|/roleRef|group|\"a\"",
        "PodDisruptionBudget|beckon-engagement-jobmanager|/spec|selector|\"all\"",
        "PrometheusRule|beckon|/spec/groups/0/rules/0|expression|\"up\"",
        "PrometheusRule|beckon|/spec/groups/0|rules|{}",
        "PodMonitor|beckon|/spec/podMetricsEndpoints/0|honorLabels|\"true\"",
        "NetworkPolicy|beckon|/spec|policyType|[\"Ingress\"]",
        "NetworkPolicy|beckon|/spec/ingress/0|from|{}",
        "Namespace|beckon-dev|/metadata/labels|number|1",
        "Secret|beckon-redis|/data|number|1",
        "Service|beckon-kafka|/spec/ports/0|port|\"9092\"",
        "Deployment|beckon-kafka|/spec/template/spec/containers/0|imagePull|\"Always\"",
        "Deployment|beckon-simulator|/spec|replicas|\"1\""
      })
  void aMistakeIsFound(String mistake) {
    String[] parts = mistake.split("\\|", -1);
    List<JsonNode> objects = new ArrayList<>(objects(PRODUCTION));
    objects.addAll(objects(DEV));
    JsonNode object = Manifests.object(objects, parts[0], parts[1]).deepCopy();
    assertThat(schemas.complaints(object)).isEmpty();
    ((ObjectNode) object.at(parts[2])).set(parts[3], JsonMapper.shared().readTree(parts[4]));
    assertThat(schemas.complaints(object)).isNotEmpty();
  }

  @Test
  void everyKindIsTriedWithAMistake() throws NoSuchMethodException {
    List<String> kinds = new ArrayList<>();
    for (String folder : List.of(DEV, PRODUCTION)) {
      objects(folder).forEach(object -> kinds.add(object.path("kind").asString("")));
    }
    List<String> tried = new ArrayList<>();
    for (String mistake :
        KubernetesTest.class
            .getDeclaredMethod("aMistakeIsFound", String.class)
            .getAnnotation(ValueSource.class)
            .strings()) {
      tried.add(mistake.substring(0, mistake.indexOf('|')));
    }
    assertThat(tried).containsAll(kinds);
  }

  // --- Flink

  @ParameterizedTest
  @ValueSource(strings = {DEV, PRODUCTION})
  void flinkKnowsEveryOption(String folder) {
    for (JsonNode deployment : jobs(folder)) {
      JsonNode settings = deployment.path("spec").path("flinkConfiguration");
      assertThat(settings.size()).isGreaterThan(10);
      settings.forEachEntry(
          (key, value) ->
              assertThat(options.complaint(key, value.asString("")))
                  .as(Manifests.name(deployment))
                  .isEmpty());
    }
  }

  @Test
  void anOptionThatFlinkWouldPassOverIsFound() {
    ObjectNode settings =
        (ObjectNode) jobs(PRODUCTION).get(0).at("/spec/flinkConfiguration").deepCopy();
    settings.put("state.checkpoints.dir", "s3://beckon/checkpoints");
    List<String> complaints = new ArrayList<>();
    settings.forEachEntry(
        (key, value) -> options.complaint(key, value.asString("")).ifPresent(complaints::add));
    assertThat(complaints).singleElement().asString().contains("state.checkpoints.dir");
  }

  @Test
  void ourCommandLineTakesWhatItIsGiven() {
    JsonNode simulator =
        Manifests.object(objects(DEV), "Deployment", "beckon-simulator")
            .at("/spec/template/spec/containers/0");
    assertThat(simulator.at("/command/0").asString("")).isEqualTo("/opt/beckon/bin/beckon");
    List<String> arguments = new ArrayList<>();
    simulator.path("args").forEach(argument -> arguments.add(argument.asString("")));
    assertThat(ComposeTest.exitCode(arguments)).isEqualTo(ComposeTest.NO_BROKER);
  }

  /** As the operator would set them: the pod's memory is the process's. */
  @ParameterizedTest
  @ValueSource(strings = {DEV, PRODUCTION})
  void processesFitIntoTheirSizes(String folder) {
    for (JsonNode deployment : jobs(folder)) {
      JsonNode spec = deployment.path("spec");
      Map<String, String> settings = new TreeMap<>();
      spec.path("flinkConfiguration")
          .forEachEntry((key, value) -> settings.put(key, value.asString("")));
      settings.put(
          "jobmanager.memory.process.size", spec.at("/jobManager/resource/memory").asString(""));
      settings.put(
          "taskmanager.memory.process.size", spec.at("/taskManager/resource/memory").asString(""));
      assertThat(FlinkSizes.complaints(settings)).as(Manifests.name(deployment)).isEmpty();
      settings.put("taskmanager.memory.process.size", "600m");
      assertThat(FlinkSizes.complaints(settings)).isNotEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {DEV, PRODUCTION})
  void parallelismIsWhatTheJobCanBe(String folder) {
    for (JsonNode deployment : jobs(folder)) {
      assertThat(deployment.at("/spec/job/parallelism").asInt(0)).isBetween(1, MOST_PARALLEL);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {DEV, PRODUCTION})
  void entryPointsAreThere(String folder) throws IOException, ReflectiveOperationException {
    String stack = Files.readString(Path.of("deploy", "compose.yaml"));
    for (JsonNode deployment : jobs(folder)) {
      String main = deployment.at("/spec/job/entryClass").asString("");
      assertThat(Class.forName(main).getMethod("main", String[].class)).isNotNull();
      assertThat(stack).contains("--job-classname, " + main);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {DEV, PRODUCTION})
  void whatAJobMustNotLoseIsKept(String folder) {
    Map<String, String> taken = new HashMap<>();
    for (JsonNode deployment : jobs(folder)) {
      JsonNode settings = deployment.path("spec").path("flinkConfiguration");
      assertThat(settings.path("state.backend.type").asString("")).isEqualTo("rocksdb");
      assertThat(settings.path("high-availability.type").asString("")).isEqualTo("kubernetes");
      assertThat(
              settings
                  .path("execution.checkpointing.externalized-checkpoint-retention")
                  .asString(""))
          .isEqualTo("RETAIN_ON_CANCELLATION");
      for (String key :
          List.of(
              "execution.checkpointing.dir",
              "execution.checkpointing.savepoint-dir",
              "high-availability.storageDir")) {
        String place = settings.path(key).asString("");
        assertThat(place).as(key).startsWith("s3://");
        assertThat(taken.put(place, Manifests.name(deployment))).as(place).isNull();
      }
      JsonNode job = deployment.path("spec").path("job");
      assertThat(job.path("upgradeMode").asString("")).isEqualTo("savepoint");
      assertThat(job.path("allowNonRestoredState").asBoolean(true)).isFalse();
    }
  }

  // --- pods

  @ParameterizedTest
  @ValueSource(strings = {DEV, PRODUCTION})
  void nobodyIsRoot(String folder) {
    List<JsonNode> pods = new ArrayList<>();
    List<JsonNode> objects = objects(folder);
    Manifests.ofKind(objects, "Deployment").forEach(of -> pods.add(of.at("/spec/template/spec")));
    Manifests.ofKind(objects, "FlinkDeployment")
        .forEach(of -> pods.add(of.at("/spec/podTemplate/spec")));
    assertThat(pods).hasSizeGreaterThanOrEqualTo(2);
    for (JsonNode pod : pods) {
      assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean(false)).isTrue();
      assertThat(pod.at("/securityContext/runAsUser").asInt(0)).isPositive();
      assertThat(pod.at("/securityContext/seccompProfile/type").asString(""))
          .isEqualTo("RuntimeDefault");
      for (JsonNode container : pod.path("containers")) {
        JsonNode context = container.path("securityContext");
        assertThat(context.path("allowPrivilegeEscalation").asBoolean(true)).isFalse();
        assertThat(context.at("/capabilities/drop/0").asString("")).isEqualTo("ALL");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {DEV, PRODUCTION})
  void everyProcessIsProbedAndHasItsSize(String folder) {
    for (JsonNode deployment : jobs(folder)) {
      for (String process : List.of("jobManager", "taskManager")) {
        JsonNode part = deployment.path("spec").path(process);
        JsonNode container = part.at("/podTemplate/spec/containers/0");
        assertThat(container.path("name").asString("")).isEqualTo(MAIN);
        assertThat(container.path("livenessProbe").isObject()).as(process).isTrue();
        assertThat(container.path("readinessProbe").isObject()).as(process).isTrue();
        assertThat(part.at("/resource/cpu").asDouble(0)).isPositive();
        assertThat(part.at("/resource/memory").asString("")).matches("\\d+m");
      }
    }
  }

  /** Merged by position, two lists would make a volume out of two. */
  @ParameterizedTest
  @ValueSource(strings = {DEV, PRODUCTION})
  void noListIsInTwoTemplates(String folder) {
    for (JsonNode deployment : jobs(folder)) {
      JsonNode common = deployment.at("/spec/podTemplate/spec");
      for (String process : List.of("jobManager", "taskManager")) {
        JsonNode own = deployment.path("spec").path(process).at("/podTemplate/spec");
        assertThat(listsIn(own)).isNotEmpty().noneMatch(listsIn(common)::contains);
        assertThat(own.path("containers").size()).isEqualTo(1);
        List<String> shared = listsIn(common.at("/containers/0"));
        assertThat(listsIn(own.at("/containers/0"))).isNotEmpty().noneMatch(shared::contains);
      }
    }
  }

  private static List<String> listsIn(JsonNode node) {
    List<String> names = new ArrayList<>();
    node.forEachEntry(
        (name, value) -> {
          if (value.isArray() && !name.equals("containers")) {
            names.add(name);
          }
        });
    return names;
  }

  @ParameterizedTest
  @ValueSource(strings = {DEV, PRODUCTION})
  void onlyWhatHasToBeCanBeWrittenTo(String folder) {
    for (JsonNode deployment : jobs(folder)) {
      JsonNode spec = deployment.path("spec");
      assertThat(
              spec.at("/podTemplate/spec/containers/0/securityContext/readOnlyRootFilesystem")
                  .asBoolean(false))
          .isTrue();
      for (String process : List.of("jobManager", "taskManager")) {
        JsonNode pod = spec.path(process).at("/podTemplate/spec");
        Map<String, String> written = new TreeMap<>();
        for (JsonNode mount : pod.at("/containers/0/volumeMounts")) {
          if (!mount.path("readOnly").asBoolean(false)) {
            written.put(mount.path("name").asString(""), mount.path("mountPath").asString(""));
          }
        }
        assertThat(written).as(process).isEqualTo(WRITTEN);
        for (JsonNode volume : pod.path("volumes")) {
          assertThat(volume.has("emptyDir"))
              .isEqualTo(written.containsKey(volume.path("name").asString("")));
        }
      }
    }
  }

  @Test
  void imagesHaveVersions() {
    for (String folder : List.of(DEV, PRODUCTION)) {
      List<String> images = new ArrayList<>();
      for (JsonNode object : objects(folder)) {
        object.findValues("image").forEach(image -> images.add(image.asString("")));
      }
      assertThat(images)
          .isNotEmpty()
          .allMatch(image -> image.matches("[a-z0-9./-]+:[0-9][\\w.-]*"));
    }
  }

  // --- who may what

  @ParameterizedTest
  @ValueSource(strings = {DEV, PRODUCTION})
  void everyAccountIsThereAndBound(String folder) {
    List<JsonNode> objects = objects(folder);
    for (JsonNode deployment : Manifests.ofKind(objects, "FlinkDeployment")) {
      JsonNode spec = deployment.path("spec");
      for (String account :
          List.of(
              spec.path("serviceAccount").asString(""),
              spec.at("/flinkConfiguration")
                  .path("kubernetes.taskmanager.service-account")
                  .asString(""))) {
        JsonNode there = Manifests.object(objects, "ServiceAccount", account);
        JsonNode binding = Manifests.object(objects, "RoleBinding", account);
        assertThat(binding.at("/subjects/0/name").asString("")).isEqualTo(account);
        assertThat(binding.at("/subjects/0/namespace").asString(""))
            .isNotEmpty()
            .isEqualTo(there.at("/metadata/namespace").asString(""));
        JsonNode role = Manifests.object(objects, "Role", binding.at("/roleRef/name").asString(""));
        assertThat(role.toString()).doesNotContain("\"*\"", "secrets");
      }
    }
  }

  @Test
  void productionNamesItsSecretsAndHoldsNone() throws IOException {
    List<JsonNode> objects = objects(PRODUCTION);
    assertThat(Manifests.ofKind(objects, "Secret")).isEmpty();
    String page = Files.readString(Path.of(PRODUCTION, "kustomization.yaml"));
    int secrets = 0;
    for (JsonNode object : objects) {
      for (JsonNode reference : object.findValues("secretKeyRef")) {
        secrets++;
        assertThat(page)
            .containsPattern(
                "# +%s +.*%s"
                    .formatted(
                        reference.path("name").asString("?"), reference.path("key").asString("?")));
      }
    }
    assertThat(secrets).isGreaterThan(4);
  }

  @Test
  void devHasEverySecretThatItNames() {
    List<JsonNode> objects = objects(DEV);
    for (JsonNode deployment : Manifests.ofKind(objects, "FlinkDeployment")) {
      for (JsonNode reference : deployment.findValues("secretKeyRef")) {
        JsonNode secret = Manifests.object(objects, "Secret", reference.path("name").asString("?"));
        assertThat(secret.path("data").has(reference.path("key").asString("?"))).isTrue();
      }
    }
  }

  // --- the job's folder

  /** Kustomize wants every file by its name. {@code -Dbeckon.update=true} writes them anew. */
  @Test
  void everyDefinitionIsInAConfigMap() throws IOException {
    Path file = Path.of("jobs", "kustomization.yaml");
    String text = listing(Path.of("jobs"));
    if (Boolean.getBoolean("beckon.update")) {
      Files.writeString(file, text);
    }
    assertThat(Files.readString(file)).as(UPDATE).isEqualTo(text);
  }

  /** What the kustomization in {@code jobs} has to be. */
  private static String listing(Path jobs) throws IOException {
    StringBuilder text = new StringBuilder();
    Files.readAllLines(jobs.resolve("kustomization.yaml")).stream()
        .takeWhile(line -> !line.startsWith("configMapGenerator:"))
        .forEach(line -> text.append(line).append('\n'));
    text.append("configMapGenerator:\n");
    config(text, "beckon-definitions", jobs, "retail");
    config(text, "beckon-models", jobs, "retail/models");
    config(text, "beckon-triggers", jobs, "retail/triggers");
    return text.toString();
  }

  private static void config(StringBuilder text, String name, Path jobs, String folder)
      throws IOException {
    text.append("  - name: ").append(name).append("\n    files:\n");
    try (Stream<Path> files = Files.list(jobs.resolve(folder))) {
      files
          .filter(of -> of.toString().endsWith(".yaml") && !of.endsWith("job.yaml"))
          .map(of -> jobs.relativize(of).toString().replace('\\', '/'))
          .sorted()
          .forEach(of -> text.append("      - ").append(of).append('\n'));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {DEV, PRODUCTION})
  void theMountedFolderIsTheJob(String folder) throws IOException {
    List<JsonNode> objects = objects(folder);
    Map<String, String> shipped = shipped();
    for (JsonNode deployment : Manifests.ofKind(objects, "FlinkDeployment")) {
      String place = deployment.at("/spec/job/args/0").asString("");
      Map<String, String> mounted = mounted(deployment, objects, place);
      Map<String, String> ours = new TreeMap<>(mounted);
      ours.remove("job.yaml");
      Map<String, String> theirs = new TreeMap<>(shipped);
      theirs.remove("job.yaml");
      assertThat(ours).as("what is mounted is jobs/retail").isEqualTo(theirs);
      Definitions.Loaded loaded = load(place, mounted);
      assertThat(loaded.problems().sorted()).as(folder).isEmpty();
      JobDefinition job = loaded.job().orElseThrow();
      assertThat(job.live()).isPresent();
      assertThat(job.scores()).isPresent();
      assertEnvironmentHolds(job, deployment);
    }
  }

  /** The files below {@code place} in the JobManager's container. */
  private static Map<String, String> mounted(
      JsonNode deployment, List<JsonNode> objects, String place) {
    JsonNode pod = deployment.at("/spec/jobManager/podTemplate/spec");
    Map<String, JsonNode> volumes = new HashMap<>();
    for (JsonNode volume : pod.path("volumes")) {
      if (volume.has("emptyDir")) {
        continue;
      }
      String name = volume.at("/configMap/name").asString("");
      // By its exact name: with the hash of what is in it.
      volumes.put(
          volume.path("name").asString(""),
          Manifests.ofKind(objects, "ConfigMap").stream()
              .filter(map -> Manifests.name(map).equals(name))
              .findFirst()
              .orElseThrow(() -> new AssertionError("no config map " + name))
              .path("data"));
    }
    Map<String, String> files = new TreeMap<>();
    for (JsonNode mount : pod.at("/containers/0/volumeMounts")) {
      String name = mount.path("name").asString("");
      if (WRITTEN.containsKey(name)) {
        continue;
      }
      assertThat(mount.path("readOnly").asBoolean(false)).isTrue();
      JsonNode volume = volumes.getOrDefault(name, MissingNode.getInstance());
      assertThat(volume.isObject()).as("%s", mount).isTrue();
      String path = mount.path("mountPath").asString("");
      assertThat(path).startsWith(place + "/");
      String below = path.substring(place.length() + 1);
      if (mount.has("subPath")) {
        files.put(below, volume.path(mount.path("subPath").asString("")).asString(""));
      } else {
        volume.forEachEntry((file, text) -> files.put(below + "/" + file, text.asString("")));
      }
    }
    return files;
  }

  /** Secrets that the job reads out of its environment are given to it. */
  private static void assertEnvironmentHolds(JobDefinition job, JsonNode deployment) {
    List<String> variables = new ArrayList<>();
    deployment
        .at("/spec/jobManager/podTemplate/spec/containers/0/env")
        .forEach(variable -> variables.add(variable.path("name").asString("")));
    assertThat(variables).containsAll(job.live().orElseThrow().secrets().values());
    job.redis().ifPresent(redis -> assertThat(variables).containsAll(redis.secrets().values()));
  }

  @Test
  void configMapsFit() {
    for (String folder : List.of(DEV, PRODUCTION)) {
      for (JsonNode map : Manifests.ofKind(objects(folder), "ConfigMap")) {
        assertThat(map.toString().length()).as(Manifests.name(map)).isLessThan(MOST_BYTES);
      }
    }
  }

  @Test
  void anotherTriggerIsAnUpgrade(@TempDir Path copy) throws Exception {
    for (String folder : List.of("k8s", "jobs", "deploy")) {
      copy(HERE.resolve(folder), copy.resolve(folder));
    }
    Path trigger = copy.resolve("jobs/retail/triggers/win-back.yaml");
    String before = spec(copy);
    assertThat(spec(copy)).isEqualTo(before);
    Files.writeString(
        trigger, Files.readString(trigger).replaceFirst("version: \\d+", "version: 77"));
    assertThat(spec(copy)).isNotEqualTo(before);
  }

  @Test
  void aTriggerThatIsNotListedIsFound(@TempDir Path copy) throws Exception {
    for (String folder : List.of("k8s", "jobs", "deploy")) {
      copy(HERE.resolve(folder), copy.resolve(folder));
    }
    Path list = copy.resolve("jobs/kustomization.yaml");
    Path triggers = copy.resolve("jobs/retail/triggers");
    assertThat(Files.readString(list)).isEqualTo(listing(copy.resolve("jobs")));
    Files.writeString(
        triggers.resolve("another.yaml"),
        Files.readString(triggers.resolve("win-back.yaml"))
            .replaceFirst("id: win-back", "id: another"));
    String anew = listing(copy.resolve("jobs"));
    assertThat(anew).isNotEqualTo(Files.readString(list)).contains("triggers/another.yaml\n");
    Files.writeString(list, anew);
    JsonNode map =
        Manifests.object(Manifests.build(copy, PRODUCTION), "ConfigMap", "beckon-triggers");
    assertThat(map.path("data").path("another.yaml").asString("")).contains("id: another");
  }

  /** As the kubelet lays config maps out: a folder's files are links into a hidden one. */
  @ParameterizedTest
  @ValueSource(strings = {DEV, PRODUCTION})
  void theEntryPointTakesItsArguments(String folder, @TempDir Path pod) throws Exception {
    for (JsonNode deployment : jobs(folder)) {
      JsonNode arguments = deployment.at("/spec/job/args");
      assertThat(arguments.size()).isEqualTo(1);
      String place = arguments.path(0).asString("");
      Path job = pod.resolve(Manifests.name(deployment)).resolve(place.substring(1));
      for (Map.Entry<String, String> file :
          mounted(deployment, objects(folder), place).entrySet()) {
        Path path = job.resolve(file.getKey());
        Path parent = Objects.requireNonNull(path.getParent());
        if (parent.equals(job)) {
          Files.createDirectories(job);
          Files.writeString(path, file.getValue());
        } else {
          Path hidden = parent.resolve("..2026_01_01_00_00_00.1");
          Files.createDirectories(hidden);
          Files.writeString(hidden.resolve(path.getFileName()), file.getValue());
          if (!Files.exists(parent.resolve("..data"))) {
            Files.createSymbolicLink(parent.resolve("..data"), hidden.getFileName());
          }
          Files.createSymbolicLink(path, Path.of("..data", path.getFileName().toString()));
        }
      }
      StringWriter said = new StringWriter();
      int code =
          Beckon.execute(new PrintWriter(said), new PrintWriter(said), "validate", job.toString());
      assertThat(code).as(said.toString()).isZero();
      Method main =
          Class.forName(deployment.at("/spec/job/entryClass").asString(""))
              .getMethod("main", String[].class);
      // One too many; with the right number it would look for a cluster.
      assertThatThrownBy(() -> main.invoke(null, (Object) new String[] {place, place}))
          .cause()
          .hasMessageContaining("the folder of the job");
    }
  }

  @Test
  void aPasswordInTheJobIsRefused() throws IOException {
    String text = Files.readString(Path.of(PRODUCTION, "job.yaml"));
    String wrong =
        text.replace(
            "    sasl.mechanism:", "    sasl.jaas.config: \"a password\"\n    sasl.mechanism:");
    assertThat(wrong).isNotEqualTo(text);
    Map<String, String> job = new TreeMap<>(shipped());
    job.put("job.yaml", wrong);
    assertThat(load("job", job).problems().sorted())
        .anySatisfy(problem -> assertThat(problem.toString()).contains("sasl.jaas.config"));
  }

  private static Map<String, String> shipped() throws IOException {
    Map<String, String> shipped = new TreeMap<>();
    try (Stream<Path> files = Files.walk(RETAIL)) {
      for (Path file : files.filter(of -> of.toString().endsWith(".yaml")).toList()) {
        shipped.put(RETAIL.relativize(file).toString().replace('\\', '/'), Files.readString(file));
      }
    }
    return shipped;
  }

  private static Definitions.Loaded load(String place, Map<String, String> texts) {
    List<SourceFile> files = new ArrayList<>();
    texts.forEach((path, text) -> files.add(new SourceFile(place + "/" + path, text)));
    return Definitions.load(place, files, AvroSchemas::check);
  }

  private static String spec(Path root) throws IOException, InterruptedException {
    return Manifests.object(
            Manifests.build(root, PRODUCTION), "FlinkDeployment", "beckon-engagement")
        .path("spec")
        .toString();
  }

  private static void copy(Path from, Path to) throws IOException {
    if (!Files.exists(from)) {
      return;
    }
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    }
  }

  // --- the documentation

  /** An overlay as it is told to be made, with the files that it names. */
  @Test
  void anOverlayOfOnesOwnIsMadeAsTheDocumentationSays(@TempDir Path copy) throws Exception {
    for (String folder : List.of("k8s", "jobs", "deploy")) {
      copy(HERE.resolve(folder), copy.resolve(folder));
    }
    Path overlay = copy.resolve("k8s/overlays/shop");
    copy(copy.resolve(PRODUCTION), overlay);
    Matcher block =
        Pattern.compile("```yaml\n(configMapGenerator:\n.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(GUIDE));
    assertThat(block.find()).isTrue();
    ObjectNode kustomization =
        (ObjectNode)
            Manifests.parse(Files.readString(overlay.resolve("kustomization.yaml"))).get(0);
    JsonNode generator = Manifests.parse(block.group(1)).get(0).path("configMapGenerator");
    kustomization.set("configMapGenerator", generator);
    // JSON is YAML.
    Files.writeString(overlay.resolve("kustomization.yaml"), kustomization.toString());
    Map<String, String> expected = new TreeMap<>();
    Files.createDirectories(overlay.resolve("job/models"));
    Files.createDirectories(overlay.resolve("job/triggers"));
    Files.move(overlay.resolve("job.yaml"), overlay.resolve("job/job.yaml"));
    for (JsonNode map : generator) {
      for (JsonNode file : map.path("files")) {
        String name = file.asString("").replaceFirst("^job/", "");
        Path path = overlay.resolve("job").resolve(name);
        if (!Files.exists(path)) {
          Files.copy(RETAIL.resolve(name), path);
        }
        expected.put(name, Files.readString(path));
      }
    }
    List<JsonNode> objects = Manifests.build(copy, "k8s/overlays/shop");
    for (JsonNode object : objects) {
      assertThat(schemas.complaints(object)).isEmpty();
    }
    List<JsonNode> jobs = Manifests.ofKind(objects, "FlinkDeployment");
    assertThat(jobs).hasSize(2);
    for (JsonNode deployment : jobs) {
      String place = deployment.at("/spec/job/args/0").asString("");
      assertThat(mounted(deployment, objects, place)).isEqualTo(expected);
      // Warnings there may be: its policy is made for more triggers.
      assertThat(load(place, expected).job()).isPresent();
    }
  }

  @Test
  void whatTheDocumentationNamesIsThere() throws IOException {
    String guide = Files.readString(GUIDE);
    List<String> fields = new ArrayList<>();
    Pattern.compile("`(job\\.\\w+)[:`]")
        .matcher(guide)
        .results()
        .filter(found -> !found.group(1).equals("job.yaml"))
        .forEach(found -> fields.add("spec." + found.group(1)));
    Pattern.compile("jsonpath='\\{\\.([\\w.]+)}'")
        .matcher(guide)
        .results()
        .forEach(found -> fields.add(found.group(1)));
    assertThat(fields).hasSizeGreaterThan(5).allMatch(schemas::hasField);
    assertThat(schemas.hasField("spec.job.savepointNonce")).isFalse();
    List<String> paths =
        Pattern.compile("(?m)(?<![\\w/.-])(deploy|k8s|jobs)/[\\w./-]*[\\w-]")
            .matcher(guide)
            .results()
            .map(MatchResult::group)
            // Whoever follows it makes that one.
            .filter(path -> !path.startsWith("k8s/overlays/shop"))
            .toList();
    assertThat(paths).hasSizeGreaterThan(8).allMatch(path -> Files.exists(Path.of(path)));
    List<String> secrets = new ArrayList<>();
    for (JsonNode object : objects(PRODUCTION)) {
      object.findValues("secretKeyRef").forEach(of -> secrets.add(of.path("name").asString("?")));
      object
          .findValues("secretKeyRef")
          .forEach(of -> secrets.add("--from-file=" + of.path("key").asString("?")));
    }
    assertThat(secrets).isNotEmpty().allMatch(guide::contains);
  }

  // --- disruption, monitoring

  @Test
  void drainingANodeLeavesTheJobItsProcesses() {
    List<JsonNode> objects = objects(PRODUCTION);
    for (JsonNode deployment : Manifests.ofKind(objects, "FlinkDeployment")) {
      String name = Manifests.name(deployment);
      JsonNode spec = deployment.path("spec");
      int slots =
          Integer.parseInt(
              spec.path("flinkConfiguration").path("taskmanager.numberOfTaskSlots").asString("1"));
      int parallelism = spec.at("/job/parallelism").asInt(0);
      assertThat(parallelism % slots).isZero();
      assertBudget(objects, name, "taskmanager", parallelism / slots - 1);
      assertBudget(objects, name, "jobmanager", spec.at("/jobManager/replicas").asInt(1) - 1);
    }
  }

  private static void assertBudget(
      List<JsonNode> objects, String name, String component, int stay) {
    JsonNode budget =
        Manifests.object(objects, "PodDisruptionBudget", name + "-" + component).path("spec");
    assertThat(budget.path("minAvailable").asInt(-1)).as(name).isEqualTo(stay).isPositive();
    // The labels that Flink gives its pods.
    JsonNode labels = budget.at("/selector/matchLabels");
    assertThat(labels.path("app").asString("")).isEqualTo(name);
    assertThat(labels.path("component").asString("")).isEqualTo(component);
    assertThat(labels.size()).isEqualTo(2);
  }

  @Test
  void thePodMonitorFindsThePods() {
    List<JsonNode> objects = objects(PRODUCTION);
    JsonNode monitor = Manifests.object(objects, "PodMonitor", "beckon").path("spec");
    String port = monitor.at("/podMetricsEndpoints/0/port").asString("");
    for (JsonNode deployment : Manifests.ofKind(objects, "FlinkDeployment")) {
      JsonNode pod = deployment.at("/spec/podTemplate");
      monitor
          .at("/selector/matchLabels")
          .forEachEntry(
              (key, value) ->
                  assertThat(pod.at("/metadata/labels").path(key)).as(key).isEqualTo(value));
      assertThat(pod.at("/spec/containers/0/ports/0/name").asString("")).isEqualTo(port);
    }
  }

  @Test
  void nobodyElseReachesTheJobs() {
    List<JsonNode> objects = objects(PRODUCTION);
    JsonNode policy = Manifests.object(objects, "NetworkPolicy", "beckon").path("spec");
    assertThat(policy.at("/policyTypes/0").asString("")).isEqualTo("Ingress");
    JsonNode who = policy.at("/podSelector/matchLabels");
    assertThat(who.size()).isEqualTo(1);
    for (JsonNode deployment : Manifests.ofKind(objects, "FlinkDeployment")) {
      JsonNode pod = deployment.at("/spec/podTemplate");
      who.forEachEntry(
          (key, value) ->
              assertThat(pod.at("/metadata/labels").path(key)).as(key).isEqualTo(value));
      // From everywhere, the page of metrics and nothing else.
      for (JsonNode rule : policy.path("ingress")) {
        boolean all = rule.path("from").valueStream().anyMatch(from -> !from.has("podSelector"));
        if (all) {
          assertThat(rule.path("ports").size()).isEqualTo(1);
          assertThat(rule.at("/ports/0/port").asInt(0))
              .isEqualTo(pod.at("/spec/containers/0/ports/0/containerPort").asInt(-1));
        }
      }
      assertThat(policy.path("ingress").valueStream())
          .anyMatch(rule -> rule.at("/ports/0/port").asInt(0) == REST);
    }
  }

  @Test
  void alertsKnowWhatIsScrapedByItsJob() throws IOException {
    List<JsonNode> objects = objects(PRODUCTION);
    String label =
        Manifests.object(objects, "PodMonitor", "beckon").at("/spec/jobLabel").asString("");
    String stack = Files.readString(Path.of("deploy", "compose", "prometheus.yml"));
    for (JsonNode deployment : Manifests.ofKind(objects, "FlinkDeployment")) {
      String job = deployment.at("/spec/podTemplate/metadata/labels").path(label).asString("");
      assertThat(Files.readString(RULES)).contains("job=\"" + job + "\"");
      assertThat(stack).contains("job_name: " + job + "\n");
    }
  }

  /** A PrometheusRule holds what a file of rules does. {@code -Dbeckon.update=true} writes it. */
  @Test
  void theRulesAreThoseOfTheStack() throws IOException {
    StringBuilder text =
        new StringBuilder("# Made by a test from deploy/prometheus/beckon.rules.yml.\n")
            .append("apiVersion: monitoring.coreos.com/v1\n")
            .append("kind: PrometheusRule\n")
            .append("metadata: {name: beckon}\n")
            .append("spec:\n");
    Files.readAllLines(RULES).stream()
        .dropWhile(line -> !line.startsWith("groups:"))
        .forEach(line -> text.append(line.isBlank() ? "" : "  " + line).append('\n'));
    Path file = Path.of(BASE, "prometheus-rule.yaml");
    if (Boolean.getBoolean("beckon.update")) {
      Files.writeString(file, text);
    }
    assertThat(Files.readString(file)).as(UPDATE).isEqualTo(text.toString());
    JsonNode rule = Manifests.object(objects(PRODUCTION), "PrometheusRule", "beckon");
    assertThat(rule.at("/spec/groups"))
        .isEqualTo(Manifests.parse(Files.readString(RULES)).get(0).path("groups"));
  }

  /** As with the definitions: {@code -Dbeckon.update=true} writes the list anew. */
  @Test
  void everyDashboardIsInAConfigMap() throws IOException {
    List<String> dashboards;
    try (Stream<Path> files = Files.list(GRAFANA.resolve("dashboards"))) {
      dashboards =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.endsWith(".json"))
              .sorted()
              .toList();
    }
    Path file = GRAFANA.resolve("kustomization.yaml");
    StringBuilder text = new StringBuilder();
    Files.readAllLines(file).stream()
        .takeWhile(line -> !line.startsWith("configMapGenerator:"))
        .forEach(line -> text.append(line).append('\n'));
    text.append("configMapGenerator:").append(dashboards.isEmpty() ? " []\n" : "\n");
    for (String dashboard : dashboards) {
      text.append("  - name: beckon-dashboard-")
          .append(dashboard.replace(".json", ""))
          .append("\n    files: [dashboards/")
          .append(dashboard)
          .append("]\n");
    }
    if (Boolean.getBoolean("beckon.update")) {
      Files.writeString(file, text);
    }
    assertThat(Files.readString(file)).as(UPDATE).isEqualTo(text.toString());
    for (JsonNode map : Manifests.ofKind(objects(PRODUCTION), "ConfigMap")) {
      if (Manifests.name(map).startsWith("beckon-dashboard-")) {
        assertThat(map.at("/metadata/labels/grafana_dashboard").asString("")).isEqualTo("1");
      }
    }
  }

  private List<JsonNode> jobs(String folder) {
    List<JsonNode> jobs = Manifests.ofKind(objects(folder), "FlinkDeployment");
    assertThat(jobs).hasSize(2);
    return jobs;
  }
}
