// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.metrics.CharacterFilter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.LogicalScopeProvider;
import org.apache.flink.metrics.MeterView;
import org.apache.flink.metrics.MetricConfig;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.SimpleCounter;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MicrometerReporterTest {
  private static final String OPERATOR = "taskmanager.job.task.operator";

  private final MicrometerReporter reporter = new MicrometerReporter();

  @AfterEach
  void close() {
    reporter.close();
  }

  @Test
  void theJobsOwnHaveTheirNamesAndLabels() {
    SimpleCounter moments = new SimpleCounter();
    reporter.notifyOfAddedMetric(
        moments, "moments", operator("engage", 1, Map.of("trigger", "win-back")));
    moments.inc(3);
    assertThat(lines())
        .contains(
            "# HELP beckon_moments_total Moments that came to be.",
            "# TYPE beckon_moments_total counter",
            "beckon_moments_total{job_name=\"shop\",operator_name=\"engage\",subtask_index=\"1\""
                + ",trigger=\"win-back\"} 3.0");
  }

  @Test
  void amountsAreInTheirUnit() {
    SimpleCounter spent = new SimpleCounter();
    reporter.notifyOfAddedMetric(
        spent, "spent", operator("budget", 0, Map.of("trigger", "t", "budget", "b")));
    spent.inc(12_340_000);
    assertThat(reporter.text()).containsPattern("beckon_spent_total\\{.*budget=\"b\".*} 12\\.34\n");
  }

  @Test
  void histogramsHaveBucketsThatCanBeAddedUp() {
    BucketHistogram first = new BucketHistogram(Metric.EVENT_TO_COMMAND_SECONDS);
    BucketHistogram second = new BucketHistogram(Metric.EVENT_TO_COMMAND_SECONDS);
    Map<String, String> lane = Map.of("lane", "service");
    reporter.notifyOfAddedMetric(first, "event_to_command_seconds", operator("engage", 0, lane));
    reporter.notifyOfAddedMetric(second, "event_to_command_seconds", operator("engage", 1, lane));
    first.update(40);
    first.update(70);
    second.update(1_000_000_000);
    String text = reporter.text();
    assertThat(text).contains("# TYPE beckon_event_to_command_seconds histogram");
    assertThat(text).containsPattern("_bucket\\{.*index=\"0\",.*le=\"0\\.05\"} 1\n");
    assertThat(text).containsPattern("_bucket\\{.*index=\"0\",.*le=\"0\\.1\"} 2\n");
    assertThat(text).containsPattern("_bucket\\{.*index=\"0\",.*le=\"\\+Inf\"} 2\n");
    assertThat(text).containsPattern("_bucket\\{.*index=\"1\",.*le=\"43200\\.0\"} 0\n");
    assertThat(text).containsPattern("_count\\{.*index=\"1\".*} 1\n");
    assertThat(text).containsPattern("_sum\\{.*index=\"0\".*} 0\\.11\n");
  }

  @Test
  void aJobOfOtherBucketsIsLeftOut() {
    BucketHistogram other = new BucketHistogram(Metric.SCORE);
    other.update(1);
    reporter.notifyOfAddedMetric(
        other, "event_to_command_seconds", operator("engage", 0, Map.of("lane", "service")));
    assertThat(reporter.text()).doesNotContain("le=");
  }

  @Test
  void flinksCountersAreCountersAndItsTextsAreLeftOut() {
    SimpleCounter in = new SimpleCounter();
    MetricGroup group = operator("engage", 0, Map.of());
    MetricGroup scope = new Scope(OPERATOR, group.getAllVariables());
    reporter.notifyOfAddedMetric(in, "numRecordsIn", scope);
    reporter.notifyOfAddedMetric((Gauge<Integer>) () -> 7, "pending.Records", scope);
    reporter.notifyOfAddedMetric((Gauge<Boolean>) () -> true, "isUp", scope);
    reporter.notifyOfAddedMetric((Gauge<String>) () -> "x", "name", scope);
    reporter.notifyOfAddedMetric(new MeterView(in), "numRecordsInPerSecond", scope);
    in.inc(5);
    assertThat(reporter.text())
        .contains("# TYPE flink_taskmanager_job_task_operator_numRecordsIn_total counter")
        .containsPattern("operator_numRecordsIn_total\\{.*} 5\\.0\n")
        .containsPattern("operator_pending_Records\\{.*} 7\\.0\n")
        .containsPattern("operator_isUp\\{.*} 1\\.0\n")
        .containsPattern("operator_numRecordsInPerSecond\\{.*} 0\\.0\n")
        .doesNotContain("operator_name{", "attempt", "tm_id");
  }

  @Test
  void theNextAttemptTakesThePlaceOfTheLast() {
    SimpleCounter before = new SimpleCounter();
    SimpleCounter after = new SimpleCounter();
    before.inc(9);
    Map<String, String> trigger = Map.of("trigger", "t");
    reporter.notifyOfAddedMetric(before, "moments", operator("engage", 0, trigger));
    reporter.notifyOfAddedMetric(after, "moments", operator("engage", 0, trigger));
    reporter.notifyOfRemovedMetric(before, "moments", operator("engage", 0, trigger));
    assertThat(reporter.text()).containsPattern("beckon_moments_total\\{.*} 0\\.0\n");
    reporter.notifyOfRemovedMetric(after, "moments", operator("engage", 0, trigger));
    assertThat(reporter.text()).doesNotContain("beckon_moments_total{");
  }

  @Test
  void onePageIsServedOnTheLoopbackAddressOnly() throws Exception {
    reporter.open(config("port", "0"));
    InetSocketAddress at = reporter.address().orElseThrow();
    assertThat(at.getAddress().isLoopbackAddress()).isTrue();
    SimpleCounter late = new SimpleCounter();
    late.inc();
    reporter.notifyOfAddedMetric(late, "events_late", operator("engage", 0, Map.of()));
    HttpClient client = HttpClient.newHttpClient();
    HttpResponse<String> page = ask(client, at, "GET", "/metrics");
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.headers().firstValue("Content-Type")).get().asString().contains("0.0.4");
    assertThat(page.body()).containsPattern("beckon_events_late_total\\{.*} 1\\.0\n");
    assertThat(ask(client, at, "GET", "/").statusCode()).isEqualTo(404);
    assertThat(ask(client, at, "GET", "/metrics/x").statusCode()).isEqualTo(404);
    assertThat(ask(client, at, "POST", "/metrics").statusCode()).isEqualTo(405);
  }

  @Test
  void ofARangeTheFirstFreePortIsTaken() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = taken.getLocalPort();
      assertThatThrownBy(() -> reporter.open(config("port", Integer.toString(port))))
          .isInstanceOf(UncheckedIOException.class)
          .hasRootCauseMessage("no free port on 127.0.0.1 in " + port);
      reporter.open(config("port", port + "-" + Math.min(port + 50, 65_535)));
      assertThat(reporter.address().orElseThrow().getPort()).isGreaterThan(port);
    }
  }

  @Test
  void portsAreOneOrARange() {
    assertThat(PortRange.of("9250")).isEqualTo(new PortRange(9_250, 9_250));
    assertThat(PortRange.of(" 9250-9260 ")).isEqualTo(new PortRange(9_250, 9_260));
    for (String wrong : List.of("", "x", "9260-9250", "70000", "1-2-3", "-1")) {
      assertThatThrownBy(() -> PortRange.of(wrong))
          .as(wrong)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private List<String> lines() {
    return reporter.text().lines().toList();
  }

  private static HttpResponse<String> ask(
      HttpClient client, InetSocketAddress at, String method, String path) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + at.getPort() + path))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build(),
        HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
  }

  private static MetricConfig config(String key, String value) {
    MetricConfig config = new MetricConfig();
    config.setProperty(key, value);
    return config;
  }

  /** The group of one of the job's own metrics. */
  private static MetricGroup operator(String name, int subtask, Map<String, String> labels) {
    Map<String, String> variables = new LinkedHashMap<>();
    variables.put("<host>", "localhost");
    variables.put("<tm_id>", "tm-1");
    variables.put("<job_id>", "0a");
    variables.put("<job_name>", "shop");
    variables.put("<task_id>", "0b");
    variables.put("<task_name>", "engage -> x");
    variables.put("<task_attempt_id>", "0c");
    variables.put("<task_attempt_num>", "4");
    variables.put("<subtask_index>", Integer.toString(subtask));
    variables.put("<operator_id>", "0d");
    variables.put("<operator_name>", name);
    StringBuilder scope = new StringBuilder(OPERATOR + ".beckon");
    labels.forEach(
        (label, value) -> {
          scope.append('.').append(label);
          variables.put("<" + label + ">", value);
        });
    return new Scope(scope.toString(), variables);
  }

  /** What Flink hands to reporters. */
  private static final class Scope extends UnregisteredMetricsGroup
      implements LogicalScopeProvider {
    private final String scope;
    private final Map<String, String> variables;

    Scope(String scope, Map<String, String> variables) {
      this.scope = scope;
      this.variables = variables;
    }

    @Override
    public Map<String, String> getAllVariables() {
      return variables;
    }

    @Override
    public String getLogicalScope(CharacterFilter filter) {
      return getLogicalScope(filter, '.');
    }

    @Override
    public String getLogicalScope(CharacterFilter filter, char delimiter) {
      return scope.replace('.', delimiter);
    }

    @Override
    public MetricGroup getWrappedMetricGroup() {
      return this;
    }
  }
}
