// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beckon.kafka.KafkaRefusal;
import io.beckon.kafka.Topics;
import io.beckon.language.JobDefinition;
import io.beckon.language.SourceFile;
import io.beckon.redis.RedisAccess;
import io.beckon.redis.RedisRefusal;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.junit.jupiter.api.Test;

class TopologyTest {
  private static final int PARALLELISM = 7;

  @Test
  void uidsAreTheOnesSavepointsKnow() throws IOException {
    assertGolden(graph(TopologyTest::build), "/flink/uids.txt");
  }

  @Test
  void uidsOfALiveJobAreTheOnesSavepointsKnow() throws IOException {
    assertGolden(graph(TopologyTest::buildLive), "/flink/uids-live.txt");
  }

  @Test
  void aBoundedJobWithBudgetsHasOneOperatorMore() throws IOException {
    assertGolden(graph(TopologyTest::buildShared), "/flink/uids-shared.txt");
  }

  @Test
  void aLiveJobWithGoalsHasOneSinkMore() throws IOException {
    assertGolden(graph(TopologyTest::buildLiveShared), "/flink/uids-live-shared.txt");
  }

  @Test
  void uidsOfALiveJobOfScoresAreTheOnesSavepointsKnow() throws IOException {
    assertGolden(graph(TopologyTest::buildScores), "/flink/uids-live-scores.txt");
  }

  private void assertGolden(StreamGraph graph, String file) throws IOException {
    List<String> found = graph.getStreamNodes().stream().map(TopologyTest::line).sorted().toList();
    try (InputStream golden = getClass().getResourceAsStream(file)) {
      String text =
          new String(Objects.requireNonNull(golden).readAllBytes(), StandardCharsets.UTF_8);
      assertThat(found)
          .as("a changed uid orphans its state in every savepoint: add, never rename")
          .isEqualTo(text.lines().filter(line -> !line.startsWith("#")).toList());
    }
  }

  @Test
  void everyOperatorHasTheSameNumberOfKeyGroups() {
    List<StreamNode> nodes = new ArrayList<>(graph(TopologyTest::build).getStreamNodes());
    nodes.addAll(graph(TopologyTest::buildLive).getStreamNodes());
    nodes.addAll(graph(TopologyTest::buildShared).getStreamNodes());
    nodes.addAll(graph(TopologyTest::buildLiveShared).getStreamNodes());
    nodes.addAll(graph(TopologyTest::buildScores).getStreamNodes());
    assertThat(nodes)
        .allSatisfy(
            node ->
                assertThat(node.getMaxParallelism())
                    .as(node.getOperatorName())
                    .isEqualTo(
                        node.getOperatorName().equals("budget")
                            ? 1
                            : EngagementJob.MAX_PARALLELISM));
  }

  @Test
  void noTypeIsGeneric() {
    assertNoGenericType(TopologyTest::build);
    assertNoGenericType(TopologyTest::buildLive);
    assertNoGenericType(TopologyTest::buildShared);
    assertNoGenericType(TopologyTest::buildLiveShared);
  }

  private static void assertNoGenericType(Consumer<StreamExecutionEnvironment> job) {
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
    job.accept(env);
    assertThat(env.getConfig().getSerializerConfig().hasGenericTypesDisabled()).isTrue();
    // With generic types disabled, asking for the serializer of one fails; building asks for all.
    assertThat(env.getStreamGraph().getJobGraph().getNumberOfVertices()).isGreaterThan(1);
    TypeInformation<Object> generic = TypeInformation.of(Object.class);
    assertThatThrownBy(() -> generic.createSerializer(env.getConfig().getSerializerConfig()))
        .isInstanceOf(UnsupportedOperationException.class);
  }

  private static StreamGraph graph(Consumer<StreamExecutionEnvironment> job) {
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
    env.setParallelism(PARALLELISM);
    job.accept(env);
    return env.getStreamGraph();
  }

  private static void build(StreamExecutionEnvironment env) {
    build(env, TestJobs::shop);
  }

  private static void buildShared(StreamExecutionEnvironment env) {
    build(env, TopologyTest::shared);
  }

  /** With budgets, rates and goals. */
  private static JobDefinition shared() {
    return DecideShop.job(DecideShop.overFiles("shared", "settled"));
  }

  private static void build(StreamExecutionEnvironment env, JobFactory job) {
    JsonLinesSink sink = new JsonLinesSink(Path.of("unused"));
    EngagementJob.build(
        env,
        job,
        new FilesSource(List.of()),
        OptionalLong.empty(),
        new EngagementJob.Sinks(sink, sink, sink, sink, sink));
  }

  /** With two sources, {@code clicks} and {@code orders}. */
  private static void buildLive(StreamExecutionEnvironment env) {
    buildLive(env, TestJobs::shop);
  }

  private static void buildLiveShared(StreamExecutionEnvironment env) {
    buildLive(env, TopologyTest::shared);
  }

  private static void buildLive(StreamExecutionEnvironment env, JobFactory job) {
    JobDefinition shop =
        TestJobs.onTopics(
            TestJobs.live(TestJobs.LATENESS_MS, 30_000),
            "shop",
            "localhost:9092",
            List.of("clicks", "orders"),
            Optional.of("shop.profiles"));
    try {
      LiveRun.build(env, job, shop, new Topics(shop, Map.of()), 0, Optional.empty());
    } catch (KafkaRefusal e) {
      throw new AssertionError(e);
    }
  }

  private static void buildScores(StreamExecutionEnvironment env) {
    LiveShop shop =
        new LiveShop(
            "shop",
            "localhost:9092",
            "live",
            "redis: {address: \"localhost:6379\"}\nscores: {signals: [looks], redis: {ttl: 1d}}\n");
    List<SourceFile> files = new ArrayList<>(shop.files());
    files.add(
        new SourceFile(
            "jobs/x/signals.yaml",
            "{apiVersion: beckon/v1, kind: Signals, signals: {looks: {count: view, over: 1h}}}"));
    JobText factory = JobText.live("jobs/x", files).publishing();
    JobDefinition job = factory.create();
    try {
      RedisAccess redis = RedisAccess.of(job.redis().orElseThrow(), Map.of());
      LiveRun.build(env, factory, job, new Topics(job, Map.of()), 0, Optional.of(redis));
    } catch (KafkaRefusal | RedisRefusal e) {
      throw new AssertionError(e);
    }
  }

  private static String line(StreamNode node) {
    return node.getTransformationUID()
        + " | "
        + node.getOperatorName()
        + " | "
        + (node.getParallelism() == PARALLELISM ? "the job's" : node.getParallelism());
  }
}
