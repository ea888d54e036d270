// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.experiment.ChiSquare;
import io.beckon.experiment.Draw;
import io.beckon.experiment.Uplift;
import io.beckon.experiment.Uplift.Group;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * From end to end: an effect is planted into the simulated shop, a backtest measures it, and those
 * whom it compares do not differ in anything that was known before.
 *
 * <p>{@code -Dbeckon.uplift.users=50000 -Dbeckon.uplift.days=30} makes it a month of a real shop.
 */
class UpliftTest {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final int USERS = Integer.getInteger("beckon.uplift.users", 3_000);
  private static final int DAYS = Integer.getInteger("beckon.uplift.days", 21);
  private static final String TRIGGER = "cart-abandonment";
  private static final double PLANTED = 0.08;
  private static final long WITHIN_MS = 3 * 86_400_000L;
  private static final List<String> TIERS = List.of("gold", "silver", "silver", "none", "none");
  private static final List<String> COUNTRIES = List.of("DE", "FR", "PL", "DE", "AT", "DE", "NL");

  /** The chance that this test would fail for all its balance checks together, were users new. */
  private static final double FAMILY = 0.01;

  /** What was known of a user when they were first treated or held out. */
  private record Known(
      boolean treated,
      int events,
      double spent,
      String tier,
      String country,
      String persona,
      int hour,
      int weekday) {}

  private static String beckon(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Beckon.execute(new PrintWriter(out), new PrintWriter(err), args);
    assertThat(code).as(err.toString()).isZero();
    return out.toString();
  }

  @Test
  void anEffectThatIsPlantedIsMeasuredAmongUsersWhoWereAlikeBefore(@TempDir Path folder)
      throws IOException {
    Path job = ExperimentJob.writeOne(folder.resolve("shop"));
    Path events = folder.resolve("events.jsonl");
    Path truth = folder.resolve("truth.jsonl");
    Path profiles = profiles(folder.resolve("profiles.jsonl"));
    Path out = folder.resolve("out");
    beckon(
        "simulate",
        "--users=" + USERS,
        "--days=" + DAYS,
        "--seed=11",
        "--no-clocks-ahead",
        "--job=" + job,
        "--effect=" + TRIGGER + "=" + PLANTED,
        "--out=" + events,
        "--truth=" + truth);
    String said =
        beckon(
            "backtest",
            job.toString(),
            "--events=" + events,
            "--profiles=" + profiles,
            "--out=" + out);
    JsonNode summary = JSON.readTree(Files.readAllBytes(out.resolve("summary.json")));
    JsonNode trigger = summary.path("triggers").path(TRIGGER);
    JsonNode experiment = trigger.path("experiment");

    // What the run reports holds what was planted, and not nothing.
    JsonNode uplift = experiment.path("uplift");
    assertThat(uplift.path("low").asDouble()).as("%s", experiment).isBetween(0.0, PLANTED);
    assertThat(uplift.path("high").asDouble()).as("%s", experiment).isGreaterThan(PLANTED);

    // It is what the outcomes say.
    List<JsonNode> outcomes = new ArrayList<>();
    for (String line : Files.readAllLines(out.resolve("outcomes.jsonl"))) {
      outcomes.add(JSON.readTree(line));
    }
    assertReported(experiment, outcomes, Instant.parse(summary.path("watermark").asString()));
    assertThat(said)
        .contains("95 % interval")
        .containsPattern(TRIGGER + " .* \\+\\d\\.\\d\\d +[+-]\\d+\\.\\d\\d to \\+\\d+\\.\\d\\d\n");

    // Moments, outcomes and money add up.
    long issued = trigger.path("reasons").path("ISSUED").asLong();
    long heldOut = trigger.path("reasons").path("HOLDOUT").asLong();
    assertThat(outcomes.size() + trigger.path("followed").asLong()).isEqualTo(issued + heldOut);
    assertThat(trigger.path("commands").path("ISSUE").asLong()).isEqualTo(issued);
    JsonNode spend = trigger.path("spend").path("november");
    assertThat(spend.path("commands").asLong()).isEqualTo(issued);
    assertThat(spend.path("amount").decimalValue())
        .isEqualByComparingTo(new BigDecimal("2.50").multiply(BigDecimal.valueOf(issued)));
    assertThat(spend.path("unit").asString()).isEqualTo("EUR");

    assertAlike(known(events, truth, outcomes));
    assertExplained(job, out, outcomes);
  }

  private static void assertExplained(Path job, Path out, List<JsonNode> outcomes) {
    for (boolean treated : List.of(true, false)) {
      String user =
          outcomes.stream()
              .filter(outcome -> isTreated(outcome) == treated)
              .findFirst()
              .orElseThrow()
              .path("user")
              .asString();
      String told = beckon("explain", job.toString(), "--decisions=" + out, "--user=" + user);
      assertThat(told)
          .contains(
              treated
                  ? "Sent: coupon by push, 2.50 EUR of the budget `november`."
                  : "Not sent, for comparison: the user is held out from ")
          .contains("Outcome: " + (treated ? "treated, goal " : "held out, goal "));
    }
  }

  @Test
  void nothingIsMeasuredWhereNothingIsPlanted(@TempDir Path folder) throws IOException {
    Path job = ExperimentJob.writeOne(folder.resolve("shop"));
    Path events = folder.resolve("events.jsonl");
    Path out = folder.resolve("out");
    beckon(
        "simulate",
        "--users=1500",
        "--days=14",
        "--seed=12",
        "--no-clocks-ahead",
        "--job=" + job,
        "--effect=" + TRIGGER + "=0",
        "--out=" + events);
    beckon("backtest", job.toString(), "--events=" + events, "--out=" + out);
    JsonNode uplift =
        JSON.readTree(Files.readAllBytes(out.resolve("summary.json")))
            .path("triggers")
            .path(TRIGGER)
            .path("experiment")
            .path("uplift");
    assertThat(uplift.path("low").asDouble()).as("%s", uplift).isNegative();
    assertThat(uplift.path("high").asDouble()).as("%s", uplift).isBetween(0.0, PLANTED);
  }

  private static Path profiles(Path file) throws IOException {
    List<String> lines = new ArrayList<>();
    for (int user = 1; user <= USERS; user++) {
      lines.add(
          "{\"user\":\"u%d\",\"tier\":\"%s\",\"country\":\"%s\"}"
              .formatted(
                  user, TIERS.get(user % TIERS.size()), COUNTRIES.get(user % COUNTRIES.size())));
    }
    return Files.write(file, lines);
  }

  private static boolean isTreated(JsonNode outcome) {
    return outcome.path("assignment").asString().equals("treated");
  }

  /** Counts anew, and draws anew. */
  private static void assertReported(JsonNode experiment, List<JsonNode> outcomes, Instant end) {
    long[] n = new long[2];
    long[] converted = new long[2];
    long early = 0;
    for (JsonNode outcome : outcomes) {
      int arm = isTreated(outcome) ? 1 : 0;
      String user = outcome.path("user").asString();
      boolean drawn =
          Draw.unit("2026Q4", "holdout", user) < 0.05
              || Draw.unit("2026Q4", "holdout/" + TRIGGER, user) < 0.15;
      assertThat(drawn).as(user).isEqualTo(arm == 0);
      Instant over = Instant.parse(outcome.path("moment_time").asString()).plusMillis(WITHIN_MS);
      if (over.isAfter(end)) {
        assertThat(outcome.path("converted").asBoolean()).as("%s", outcome).isTrue();
        early++;
        continue;
      }
      n[arm]++;
      converted[arm] += outcome.path("converted").asBoolean() ? 1 : 0;
    }
    assertThat(experiment.path("treated").path("n").asLong()).isEqualTo(n[1]);
    assertThat(experiment.path("treated").path("converted").asLong()).isEqualTo(converted[1]);
    assertThat(experiment.path("held_out").path("n").asLong()).isEqualTo(n[0]);
    assertThat(experiment.path("held_out").path("converted").asLong()).isEqualTo(converted[0]);
    assertThat(experiment.path("too_early").asLong()).isEqualTo(early).isPositive();
    Uplift uplift =
        Uplift.between(new Group(n[1], converted[1]), new Group(n[0], converted[0])).orElseThrow();
    assertThat(experiment.path("uplift").path("difference").asDouble())
        .isEqualTo(Math.rint(uplift.difference() * 1e6) / 1e6);
  }

  /** What was known of each user before the first outcome: later ones follow from earlier ones. */
  private static List<Known> known(Path events, Path truth, List<JsonNode> outcomes)
      throws IOException {
    Map<String, JsonNode> first = new HashMap<>();
    for (JsonNode outcome : outcomes) {
      first.merge(
          outcome.path("user").asString(),
          outcome,
          (one, other) ->
              one.path("moment_time").asString().compareTo(other.path("moment_time").asString())
                      <= 0
                  ? one
                  : other);
    }
    Map<String, int[]> before = new HashMap<>();
    Map<String, double[]> spent = new HashMap<>();
    try (BufferedReader reader = Files.newBufferedReader(events)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        String user = between(line, "\"user\":\"");
        JsonNode outcome = first.get(user);
        // Times are all written alike.
        if (outcome != null
            && between(line, "\"time\":\"").compareTo(outcome.path("moment_time").asString()) < 0) {
          before.computeIfAbsent(user, absent -> new int[1])[0]++;
          if (between(line, "\"type\":\"").equals("purchase")) {
            spent.computeIfAbsent(user, absent -> new double[1])[0] +=
                JSON.readTree(line).path("attributes").path("total").asDouble();
          }
        }
      }
    }
    Map<String, String> personas = new HashMap<>();
    for (String line : Files.readAllLines(truth)) {
      personas.put(between(line, "\"user\":\""), between(line, "\"persona\":\""));
    }
    List<Known> all = new ArrayList<>();
    first.forEach(
        (user, outcome) -> {
          int number = Integer.parseInt(user.substring(1));
          long momentMs = Instant.parse(outcome.path("moment_time").asString()).toEpochMilli();
          all.add(
              new Known(
                  isTreated(outcome),
                  before.getOrDefault(user, new int[1])[0],
                  spent.getOrDefault(user, new double[1])[0],
                  TIERS.get(number % TIERS.size()),
                  COUNTRIES.get(number % COUNTRIES.size()),
                  personas.getOrDefault(user, ""),
                  (int) (momentMs / 3_600_000 % 24),
                  (int) (momentMs / 86_400_000 % 7)));
        });
    return all;
  }

  private static String between(String line, String before) {
    int at = line.indexOf(before) + before.length();
    return line.substring(at, line.indexOf('"', at));
  }

  private static Map<String, Double> pValues(List<Known> users, Predicate<Known> treated) {
    Map<String, Double> p = new TreeMap<>();
    p.put("tier", pOfClasses(users, treated, Known::tier));
    p.put("country", pOfClasses(users, treated, Known::country));
    p.put("persona", pOfClasses(users, treated, Known::persona));
    p.put("hour of the moment", pOfClasses(users, treated, known -> known.hour() / 3));
    p.put("weekday of the moment", pOfClasses(users, treated, Known::weekday));
    p.put("class of events before", pOfClasses(users, treated, known -> size(known.events())));
    p.put("whether bought before", pOfClasses(users, treated, known -> known.spent() > 0));
    p.put("events before", pOfMeans(users, treated, known -> Math.log1p(known.events())));
    p.put("spent before", pOfMeans(users, treated, Known::spent));
    return p;
  }

  private static int size(int events) {
    return 32 - Integer.numberOfLeadingZeros(Math.min(events, 255));
  }

  private static void assertAlike(List<Known> users) {
    assertThat(users).hasSizeGreaterThan(USERS / 5);
    Map<String, Double> p = pValues(users, Known::treated);
    // Bonferroni.
    assertThat(p)
        .allSatisfy((what, value) -> assertThat(value).as(what).isGreaterThan(FAMILY / p.size()));
    // The same checks see an assignment that looks at what is known.
    assertThat(pValues(users, known -> known.spent() == 0 || known.events() % 2 == 0))
        .hasEntrySatisfying("spent before", value -> assertThat(value).isLessThan(1e-6));
    assertThat(pValues(users, known -> known.treated() && !known.tier().equals("gold")))
        .hasEntrySatisfying("tier", value -> assertThat(value).isLessThan(1e-6));
    assertThat(pValues(users, known -> known.events() > 12))
        .hasEntrySatisfying("events before", value -> assertThat(value).isLessThan(1e-6));
    assertThat(pValues(users, known -> known.treated() && known.hour() < 20))
        .hasEntrySatisfying("hour of the moment", value -> assertThat(value).isLessThan(1e-6));
  }

  private static double pOfClasses(
      List<Known> users, Predicate<Known> treated, Function<Known, Object> classOf) {
    Map<Object, long[]> counts = new TreeMap<>();
    for (Known user : users) {
      counts
          .computeIfAbsent(classOf.apply(user), absent -> new long[2])[
          treated.test(user) ? 1 : 0]++;
    }
    // Classes of a few users would not be distributed as the test assumes.
    long[][] table =
        counts.values().stream().filter(each -> each[0] + each[1] >= 40).toArray(long[][]::new);
    return ChiSquare.independent(table);
  }

  /** Welch's test, of groups that are large. */
  private static double pOfMeans(
      List<Known> users, Predicate<Known> treated, ToDoubleFunction<Known> value) {
    double[] n = new double[2];
    double[] sum = new double[2];
    double[] squares = new double[2];
    for (Known user : users) {
      int arm = treated.test(user) ? 1 : 0;
      double x = value.applyAsDouble(user);
      n[arm]++;
      sum[arm] += x;
      squares[arm] += x * x;
    }
    double[] mean = {sum[0] / n[0], sum[1] / n[1]};
    double variance = 0;
    for (int arm = 0; arm < 2; arm++) {
      variance += (squares[arm] / n[arm] - mean[arm] * mean[arm]) / (n[arm] - 1);
    }
    return ChiSquare.normal((mean[1] - mean[0]) / Math.sqrt(variance));
  }
}
