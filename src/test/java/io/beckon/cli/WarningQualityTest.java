// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.churn.Activity;
import io.beckon.churn.Background;
import io.beckon.churn.Billing;
import io.beckon.churn.Feature;
import io.beckon.churn.Scorecard;
import io.beckon.churn.Term;
import io.beckon.churn.fit.Calibrated;
import io.beckon.churn.fit.Examples;
import io.beckon.churn.fit.Question;
import io.beckon.churn.fit.Ranking;
import io.beckon.churn.fit.ScorecardFit;
import io.beckon.churn.fit.Timeline;
import io.beckon.churn.fit.Warnings;
import io.beckon.language.Definitions;
import io.beckon.language.JobDefinition;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How good warnings are on real logs, each against the bar that docs/churn.md names. */
class WarningQualityTest {
  private static final Path DATA = Path.of("..", "shared", "data");
  private static final Path JOBS = Path.of("src", "test", "resources", "jobs");
  private static final Billing BILLING = new Billing(7, 30);

  private static Path log(String name) {
    Path file = DATA.resolve(name).resolve("events.csv.gz");
    Assumptions.assumeTrue(Files.exists(file), "no " + name + "/events.csv.gz in ../shared/data");
    return file;
  }

  private static FitLog read(String name, Path file, String active) throws Exception {
    JobFolder folder = JobFolder.of(JOBS.resolve(name));
    JobDefinition job = Definitions.load(folder.name(), folder.read()).job().orElseThrow();
    FitLog.Counts usage = FitLog.Counts.ofTypes(FitOptions.types(job, List.of(active)));
    FitLog.Roles roles =
        active.equals("usage")
            ? new FitLog.Roles(usage, of(job, "subscribe"), of(job, "cancel"), of(job, "cancel"))
            : new FitLog.Roles(usage, FitLog.Counts.NONE, FitLog.Counts.NONE, FitLog.Counts.NONE);
    Console nobody =
        new Console(
            new PrintWriter(new StringWriter()), new PrintWriter(new StringWriter()), false);
    try (Progress progress = new Progress(nobody, 0)) {
      return FitLog.read(job, roles, List.of(file), progress);
    }
  }

  private static FitLog.Counts of(JobDefinition job, String type) throws Refusal {
    return FitLog.Counts.ofTypes(FitOptions.types(job, List.of(type)));
  }

  private static String fit(Path folder, String model, String log, String... options)
      throws IOException {
    Path out = folder.resolve(model + ".yaml");
    List<String> args = new ArrayList<>(List.of("fit", model, "--job=" + JOBS.resolve(log)));
    args.addAll(List.of("--events=" + log(log), "--out=" + out));
    args.addAll(List.of(options));
    StringWriter said = new StringWriter();
    int code =
        Beckon.execute(new PrintWriter(said), new PrintWriter(said), args.toArray(String[]::new));
    assertThat(code).as(said.toString()).isZero();
    return Files.readString(out);
  }

  private static double number(String yaml, String key) {
    return yaml.lines()
        .map(String::strip)
        .filter(line -> line.startsWith(key + ": "))
        .mapToDouble(line -> Double.parseDouble(line.substring(key.length() + 2)))
        .findFirst()
        .orElseThrow();
  }

  private static double auc(Examples rows, IntToDoubleFunction risk) {
    double[] risks = new double[rows.size()];
    for (int i = 0; i < risks.length; i++) {
      risks[i] = risk.applyAsDouble(i);
    }
    return Ranking.of(risks, rows.labels()).auc().orElseThrow();
  }

  @Test
  void silenceOfCommitters(@TempDir Path folder) throws IOException {
    String yaml = fit(folder, "scorecard", "oss_commits", "--event=commit");
    assertThat(number(yaml, "auc")).isGreaterThanOrEqualTo(.79);
  }

  @Test
  void silenceOfCommittersWhoAreStillThere() throws Exception {
    // The hard ones: three active dates at least, the last of them within the last 30 days.
    FitLog log = read("oss_commits", log("oss_commits"), "commit");
    Background background = new Background(31, 2, Optional.empty());
    List<Term> terms = ScorecardTerms.of(Optional.empty(), false);
    Question question =
        new Question(7, 30, 30, true, Optional.empty(), OptionalInt.empty(), log::closeMs);
    Examples all =
        question.examples(log.users(), terms, background, log.firstDate(), log.lastDate() - 30);
    Examples rows = all.where(i -> all.row(i)[1] >= Math.log(3) - 1e-9);
    long middle = (log.firstDate() + log.lastDate()) / 2;
    ScorecardFit fit = ScorecardFit.split(rows, terms, background, 30, middle, 1);
    Examples later = fit.judged();
    assertThat(later.size()).isGreaterThan(20_000);
    assertThat(auc(later, i -> fit.probabilities().get(i))).isGreaterThanOrEqualTo(.79);
    assertThat(auc(later, i -> -later.row(i)[ScorecardTerms.LEVEL])).isGreaterThanOrEqualTo(.78);

    // The weights that are shipped, as they are.
    double[] shipped = {.209, -.377, .159, .086, .390, .001, -.705};
    IntToDoubleFunction z =
        i -> {
          double sum = -3.692;
          for (int k = 0; k < shipped.length; k++) {
            sum += shipped[k] * later.row(i)[k];
          }
          return sum;
        };
    assertThat(auc(later, z)).isGreaterThanOrEqualTo(.79);
    double mean = 0;
    for (int i = 0; i < later.size(); i++) {
      mean += 1 / (1 + Math.exp(-z.applyAsDouble(i))) / later.size();
    }
    assertThat(mean).isBetween(.34, .41);
    assertThat(later.positives() / (double) later.size()).isBetween(.34, .41);
  }

  @Test
  void cancellationsWithinTwoWeeks(@TempDir Path folder) throws IOException {
    String yaml =
        fit(
            folder,
            "scorecard",
            "udacity",
            "--event=usage",
            "--label=cancel",
            "--horizon=14d",
            "--every=1d",
            "--folds=5",
            "--subscription-starts=subscribe",
            "--subscription-ends=cancel",
            "--first=7d",
            "--every-renewal=30d");
    assertThat(number(yaml, "auc")).isGreaterThanOrEqualTo(.69);
  }

  @Test
  void renewals(@TempDir Path folder) throws IOException {
    String yaml =
        fit(
            folder,
            "renewal-risk",
            "udacity",
            "--event=usage",
            "--folds=5",
            "--subscription-starts=subscribe",
            "--subscription-ends=cancel",
            "--first=7d",
            "--every-renewal=30d");
    assertThat(number(yaml, "auc")).isGreaterThanOrEqualTo(.68);
    assertThat(number(yaml, "recall_at_10_percent_false_positives")).isGreaterThanOrEqualTo(.25);
  }

  /** What a rule does whose line alarms a tenth of the quiet windows at most. */
  private static Warnings atATenth(List<Warnings.Course> courses, Warnings.Terms terms) {
    List<Double> peaks = new ArrayList<>();
    courses.forEach(course -> peaks.addAll(Warnings.quietPeaks(course, terms)));
    Collections.sort(peaks);
    double line = peaks.get(peaks.size() - 1 - peaks.size() / 10);
    Warnings.Counter counter = new Warnings.Counter(terms, line, false);
    courses.forEach(counter::add);
    Warnings did = counter.result();
    assertThat(did.alarmed()).isPositive().isLessThanOrEqualTo(did.quiet() / 10);
    return did;
  }

  @Test
  void warningsAheadOfACancellation() throws Exception {
    FitLog log = read("udacity", log("udacity"), "usage");
    int horizon = 30;
    Warnings.Terms terms = new Warnings.Terms(horizon, false, log.lastDate());
    Background background = new Background(3, 2, Optional.of(BILLING));
    List<Term> inputs = ScorecardTerms.of(Optional.of(BILLING), false);
    List<Timeline> users = log.users();
    Question weekly =
        new Question(
            7, 90, horizon, false, Optional.of(BILLING), OptionalInt.empty(), log::closeMs);
    Question daily =
        new Question(
            1, 90, horizon, false, Optional.of(BILLING), OptionalInt.empty(), log::closeMs);
    Examples known =
        weekly.examples(users, inputs, background, log.firstDate(), log.lastDate() - horizon);
    Examples days = daily.examples(users, inputs, background, log.firstDate(), log.lastDate());
    double[] risks = new double[days.size()];
    for (int fold = 0; fold < 5; fold++) {
      int left = fold;
      Calibrated fit = Calibrated.of(known.where(i -> known.user(i) % 5 != left), 1);
      for (int i = 0; i < risks.length; i++) {
        if (days.user(i) % 5 == fold) {
          risks[i] = fit.probability(days.row(i));
        }
      }
    }
    Warnings scorecard = atATenth(courses(users, days, i -> risks[i]), terms);
    assertThat(scorecard.happened()).isGreaterThan(250);
    assertThat(scorecard.told() / (double) scorecard.happened()).isGreaterThanOrEqualTo(.20);
    assertThat(scorecard.lead().orElseThrow()).isGreaterThanOrEqualTo(13);

    // The own cadence alone, at the same budget: as early, but it finds fewer of them.
    Warnings cadence =
        atATenth(courses(users, days, i -> days.row(i)[ScorecardTerms.GAP_RATIO]), terms);
    assertThat(cadence.happened()).isEqualTo(scorecard.happened());
    assertThat(cadence.told()).isLessThan(scorecard.told());
    assertThat(cadence.told() / (double) cadence.happened()).isGreaterThanOrEqualTo(.15);
    assertThat(cadence.lead().orElseThrow()).isGreaterThanOrEqualTo(13);
  }

  private static List<Warnings.Course> courses(
      List<Timeline> users, Examples days, IntToDoubleFunction risk) {
    List<Warnings.Course> courses = new ArrayList<>();
    for (int from = 0; from < days.size(); ) {
      int to = from;
      List<Long> dates = new ArrayList<>();
      List<Double> risks = new ArrayList<>();
      for (; to < days.size() && days.user(to) == days.user(from); to++) {
        dates.add(days.date(to));
        risks.add(risk.applyAsDouble(to));
      }
      courses.add(
          new Warnings.Course(
              users.get(days.user(from)),
              dates.stream().mapToLong(Long::longValue).toArray(),
              risks.stream().mapToDouble(Double::doubleValue).toArray()));
      from = to;
    }
    return courses;
  }

  @ParameterizedTest
  @CsvSource({"cdnow, purchase", "udacity, usage", "oss_commits, commit"})
  void inAnyOrderAndWithCopiesTheSameStateAndTheSameScores(
      String name, String active, @TempDir Path folder) throws Exception {
    Path file = log(name);
    List<String> rows = new ArrayList<>();
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
      reader.lines().forEach(rows::add);
    }
    List<String> mixed = new ArrayList<>(rows.subList(1, rows.size()));
    mixed.addAll(rows.subList(1, rows.size() / 3));
    Collections.shuffle(mixed, new Random(1));
    mixed.add(0, rows.get(0));
    Path shuffled = folder.resolve("events.csv");
    Files.write(shuffled, mixed);
    assertThat(states(read(name, shuffled, active))).isEqualTo(states(read(name, file, active)));
  }

  /** Every user's state and score at the close of every fourth week. */
  private static List<Object> states(FitLog log) {
    Scorecard scorecard =
        new Scorecard(
            -3,
            1,
            0,
            List.of(
                new Term.Ln(Feature.LEVEL_28D, .005, -.7),
                new Term.Ln(Feature.EWMA_GAP, .5, .4),
                new Term.Ln(Feature.GAP_RATIO, .05, .1)),
            new Background(10, 2, Optional.empty()));
    List<Object> states = new ArrayList<>(log.names());
    for (Timeline user : log.users()) {
      user.walk(
          log.firstDate(),
          log.lastDate(),
          28,
          10_000,
          log::closeMs,
          (long date, long nowMs, Activity activity) -> {
            states.add(activity.copy());
            states.add(scorecard.at(activity, nowMs));
          });
    }
    return states;
  }
}
