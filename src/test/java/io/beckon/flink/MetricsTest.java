// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.beckon.budget.BudgetCounter;
import io.beckon.dashboards.FilledPanels;
import io.beckon.engine.EngineOutput.Counter;
import io.beckon.engine.EngineOutput.TriggerCounter;
import io.beckon.metrics.Metric;
import io.beckon.metrics.RealPrometheus;
import io.beckon.policy.Command;
import io.beckon.policy.Reason;
import io.beckon.wire.DeadLetterReason;
import io.beckon.wire.RunSummary;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * What running jobs show over HTTP is what {@link Metric} says, and agrees with itself; and a real
 * Prometheus that scrapes them has an answer to every query of every dashboard.
 */
@Timeout(value = 420, unit = TimeUnit.SECONDS)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class MetricsTest {
  private static final long SEED = 81;
  private static final int EVENTS = 800;
  private static final int USERS = 40;
  private static final int WELCOME = 500;
  private static final Duration PATIENCE = Duration.ofSeconds(150);

  @TempDir(cleanup = CleanupMode.NEVER)
  private static Path folder = Path.of("");

  private final List<AutoCloseable> open = new ArrayList<>();
  private Optional<RealPrometheus> prometheus = Optional.empty();
  private @Nullable WatchedShop opened;
  private long openedMs;

  @BeforeAll
  void open() throws Exception {
    WatchedShop shop = WatchedShop.open(SEED);
    opened = shop;
    open.add(shop);
    long nowMs = System.currentTimeMillis();
    // Many looks just so long ago that nothing has come of them before the job runs, and soon will.
    long soonDueMs = nowMs - Duration.ofMinutes(20).toMillis() + 10_000;
    shop.sell(0, USERS, EVENTS / 2, nowMs - WatchedShop.HISTORY.toMillis(), soonDueMs);
    shop.sell(0, USERS, EVENTS / 4, soonDueMs, soonDueMs + 30_000);
    shop.sell(0, USERS, EVENTS / 4, soonDueMs + 30_000, nowMs);
    // Of all who come later it is known where they live: every second a day closes.
    shop.welcome(USERS, WELCOME, nowMs, Duration.ofSeconds(1));
    openedMs = nowMs;
    if (RealPrometheus.isInstalled()) {
      RealPrometheus started =
          RealPrometheus.start(
              folder.resolve("prometheus"),
              shop.targets(),
              List.of(Path.of("deploy", "prometheus", "beckon.rules.yml")));
      prometheus = Optional.of(started);
      open.add(started);
    }
    shop.start(folder);
  }

  @AfterAll
  void close() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  private WatchedShop shop() {
    return Objects.requireNonNull(opened);
  }

  @Test
  @Order(1)
  void runningJobsShowWhatTheListSays() throws Exception {
    WatchedShop shop = shop();
    Page decides = settled(shop);
    Page scores = Page.of(WatchedShop.page(shop.scoresPort()));
    allIsListed(decides);
    allIsListed(scores);
    everyMetricIsThere(decides, scores);
    agreesWithTheCounters(shop);
    agreesWithItself(decides);
    for (int port : List.of(shop.decidesPort(), shop.scoresPort())) {
      assertThat(WatchedShop.page(port)).doesNotContain(WatchedShop.USER_MARK);
    }
    assertThat(scores.sum("beckon_score_count", Map.of("signal", "p_return"))).isPositive();
    assertThat(scores.sum("beckon_score_bucket", Map.of("signal", "p_return", "le", "+Inf")))
        .isEqualTo(scores.sum("beckon_score_count", Map.of("signal", "p_return")));
    assertThat(decides.sum("beckon_event_to_command_seconds_count", Map.of()))
        .isLessThanOrEqualTo(decides.sum("beckon_commands_total", Map.of("action", "ISSUE")))
        .isPositive();
  }

  @Test
  @Order(2)
  void everyPanelIsFilled() throws Exception {
    assumeTrue(prometheus.isPresent(), RealPrometheus.MISSING);
    RealPrometheus asked = prometheus.orElseThrow();
    Instant from = Instant.now();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    List<String> complaints = List.of("not asked yet");
    while (!complaints.isEmpty() && System.nanoTime() < deadline) {
      long nowMs = System.currentTimeMillis();
      // Others than before, whom no cap and no cooldown holds back, and whose day is about to
      // close.
      int user = USERS + Math.toIntExact((nowMs - openedMs) / 1_000) + 6;
      shop().sell(user, 20, 60, nowMs - 1_000, nowMs);
      LockSupport.parkNanos(Duration.ofSeconds(1).toNanos());
      complaints = FilledPanels.complaints(asked, from, Instant.now());
    }
    assertThat(complaints).as("seed %s", SEED).isEmpty();
    assertThat(asked.complaints()).isEmpty();
  }

  /** The page when what was sent is decided: the same sums twice, a while apart. */
  private static Page settled(WatchedShop shop) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    double before = -1;
    while (System.nanoTime() < deadline) {
      Page page = Page.of(WatchedShop.page(shop.decidesPort()));
      double now =
          page.sum("beckon_decisions_total", Map.of())
              + page.sum("beckon_later_decisions_total", Map.of());
      if (page.sum("beckon_events_read_total", Map.of()) > EVENTS
          && now > 100
          && now == before
          && page.sum("beckon_decisions_total", Map.of())
              == page.sum("beckon_moments_total", Map.of())) {
        return page;
      }
      before = now;
      LockSupport.parkNanos(Duration.ofSeconds(2).toNanos());
    }
    throw new AssertionError(
        WatchedShop.page(shop.decidesPort())
            .lines()
            .filter(line -> line.startsWith("beckon_") && !line.endsWith(" 0.0"))
            .filter(line -> !line.contains("_bucket"))
            .collect(Collectors.joining("\n")));
  }

  private static void allIsListed(Page page) {
    Set<String> labels = Set.of("job_name", "operator_name", "subtask_index");
    for (Page.Sample sample : page.samples()) {
      if (!sample.name().startsWith("beckon_")) {
        assertThat(sample.name()).startsWith("flink_");
        continue;
      }
      Metric metric = metric(sample.name());
      Set<String> own = new TreeSet<>(sample.labels().keySet());
      own.removeAll(labels);
      own.remove("le");
      // An empty value is none.
      assertThat(new TreeSet<>(metric.labels())).as(sample.name()).containsAll(own);
      assertThat(sample.labels().keySet()).as(sample.name()).containsAll(labels);
      assertThat(page.types())
          .containsEntry(metric.exposedName(), metric.kind().name().toLowerCase(Locale.ROOT));
    }
    assertThat(page.types())
        .containsEntry("flink_taskmanager_job_task_numRecordsIn_total", "counter");
  }

  private static Metric metric(String sample) {
    for (Metric metric : Metric.values()) {
      Set<String> names =
          metric.kind() == Metric.Kind.HISTOGRAM
              ? Stream.of("_bucket", "_count", "_sum")
                  .map(part -> metric.exposedName() + part)
                  .collect(Collectors.toSet())
              : Set.of(metric.exposedName());
      if (names.contains(sample)) {
        return metric;
      }
    }
    throw new AssertionError("not listed: " + sample);
  }

  private static void everyMetricIsThere(Page... pages) {
    Set<Metric> seen = new TreeSet<>();
    for (Page page : pages) {
      page.samples().stream()
          .map(Page.Sample::name)
          .filter(name -> name.startsWith("beckon_"))
          .forEach(name -> seen.add(metric(name)));
    }
    assertThat(seen).containsExactly(Metric.values());
  }

  /** Flink sums counters up every now and then: they come to be the same. */
  private static void agreesWithTheCounters(WatchedShop shop) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    Map<String, Double> told = Map.of();
    Map<String, Double> shown = Map.of();
    while (System.nanoTime() < deadline) {
      told = new TreeMap<>();
      shown = new TreeMap<>();
      Page page = Page.of(WatchedShop.page(shop.decidesPort()));
      for (Map.Entry<String, Long> counter : shop.counters().entrySet()) {
        Optional<Series> series = Series.ofCounter(counter.getKey());
        if (series.isPresent() && series.get().metric() != Metric.SPENT) {
          told.put(counter.getKey(), (double) counter.getValue());
          shown.put(counter.getKey(), sum(page, series.get()));
        }
      }
      if (told.size() > 20 && told.equals(shown)) {
        return;
      }
      LockSupport.parkNanos(Duration.ofSeconds(1).toNanos());
    }
    assertThat(shown).hasSizeGreaterThan(20).isEqualTo(told);
  }

  private static double sum(Page page, Series series) {
    Map<String, String> labels = new HashMap<>();
    for (int i = 0; i < series.labels().size(); i++) {
      labels.put(series.metric().labels().get(i), series.labels().get(i));
    }
    return page.sum(series.metric().exposedName(), labels);
  }

  private static void agreesWithItself(Page page) {
    assertThat(page.sum("beckon_events_read_total", Map.of()))
        .isEqualTo(
            page.sum("beckon_events_admitted_total", Map.of())
                + page.sum("beckon_events_filtered_total", Map.of()));
    for (String trigger : List.of("come-back", "cart", "thanks", "look")) {
      Map<String, String> of = Map.of("trigger", trigger);
      assertThat(page.sum("beckon_decisions_total", of))
          .as(trigger)
          .isEqualTo(page.sum("beckon_moments_total", of));
    }
    assertThat(page.sum("beckon_decision_delay_seconds_count", Map.of()))
        .isEqualTo(page.sum("beckon_decisions_total", Map.of()));
    assertThat(page.sum("beckon_outcomes_total", Map.of())).isPositive();
    for (String budget : List.of("coupons", "mails")) {
      Map<String, String> of = Map.of("budget", budget, "period", "total");
      double spent = page.sum("beckon_budget_limit", of) - page.sum("beckon_budget_left", of);
      assertThat(page.sum("beckon_spent_total", Map.of("budget", budget)))
          .as(budget)
          .isCloseTo(spent, Offset.offset(1e-6))
          .isPositive();
    }
    assertThat(page.sum("beckon_state_written_bytes_total", Map.of()))
        .isGreaterThanOrEqualTo(page.sum("beckon_state_writes_total", Map.of()));
  }

  @Test
  void everyCounterOfARunIsAMetricWhileItLasts() {
    Stream<String> names =
        Stream.of(
                Stream.of(RunSummary.READ, RunSummary.ADMITTED, RunSummary.FILTERED),
                Stream.of(RunSummary.SCORES_CHANGE, RunSummary.SCORES_CLOSE),
                Stream.of(RunSummary.deferred("t-1")),
                Arrays.stream(Counter.values()).map(RunSummary::of),
                Arrays.stream(BudgetCounter.values()).map(RunSummary::of),
                Arrays.stream(DeadLetterReason.values()).map(RunSummary::deadLetters),
                Arrays.stream(TriggerCounter.values()).map(it -> RunSummary.of(it, "t-1")),
                Arrays.stream(Reason.values()).map(it -> RunSummary.of(it, "t-1")),
                Arrays.stream(Reason.values()).map(it -> RunSummary.later(it, "t-1")),
                Arrays.stream(Command.Action.values()).map(it -> RunSummary.of(it, "t-1")))
            .flatMap(it -> it);
    List<String> all = names.toList();
    assertThat(all.stream().map(Series::ofCounter).flatMap(Optional::stream).distinct())
        .hasSameSizeAs(all);
    assertThat(all).allSatisfy(name -> assertThat(Series.ofCounter(name)).as(name).isPresent());
    assertThat(Series.ofCounter(RunSummary.of(Reason.CAP, "t-1")))
        .contains(Series.of(Metric.DECISIONS, "t-1", "CAP"));
    assertThat(Series.ofCounter("trigger.t-1.spent.mails.0.10"))
        .contains(new Series(Metric.SPENT, List.of("t-1", "mails"), 100_000));
    // Only known when the input has ended.
    assertThat(Series.ofCounter(RunSummary.open("t-1"))).isEmpty();
    assertThat(Series.ofCounter(RunSummary.USERS)).isEmpty();
  }
}
