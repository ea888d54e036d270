// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.churn.Activity;
import io.beckon.churn.ChurnScore;
import io.beckon.churn.fit.Ranking;
import io.beckon.language.Definitions;
import io.beckon.language.ModelDefinition;
import io.beckon.language.diagnostics.Problem;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code fit scorecard}, {@code fit renewal-risk} and {@code evaluate} as their users meet them.
 */
class ScorecardCommandsTest {
  private static final Path JOB = Path.of("src", "test", "resources", "jobs", "udacity");
  private static final List<String> SUBSCRIPTION =
      List.of(
          "--subscription-starts=subscribe",
          "--subscription-ends=cancel",
          "--first=7d",
          "--every-renewal=30d");

  /** 2026-01-01. */
  private static final long START_DAY = 20_454;

  private static final int DAYS = 300;

  private record Said(int code, String out, String err) {}

  private static Said beckon(List<String> args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code =
        Beckon.execute(
            new Console(new PrintWriter(out), new PrintWriter(err), false),
            args.toArray(String[]::new));
    return new Said(code, out.toString(), err.toString());
  }

  private static Said fit(String model, Path events, Path out, String... more) {
    List<String> args =
        new ArrayList<>(
            List.of("fit", model, "--job=" + JOB, "--event=usage", "--events=" + events));
    args.add("--out=" + out);
    args.addAll(Arrays.asList(more));
    return beckon(args);
  }

  private static Said fitSubscription(String model, Path events, Path out, String... more) {
    List<String> all = new ArrayList<>(SUBSCRIPTION);
    all.addAll(Arrays.asList(more));
    return fit(model, events, out, all.toArray(String[]::new));
  }

  /**
   * Users who subscribe in the first months and use what they pay for on most days, until they lose
   * interest: then hardly, and at the next renewal but one they cancel.
   */
  private static List<String> rows(long seed, int users) {
    Random random = new Random(seed);
    List<String> rows = new ArrayList<>();
    for (int user = 0; user < users; user++) {
      int start = random.nextInt(120);
      int lost = start + 5 + random.nextInt(300);
      int cancel = start + 7 + Math.max(0, (lost - start - 7) / 30 + 1) * 30;
      rows.add(row(start, user, "subscribe", 0));
      for (int day = start; day < Math.min(cancel, DAYS); day++) {
        if (random.nextDouble() < (day < lost ? .5 : .05)) {
          rows.add(row(day, user, "usage", 1 + random.nextInt(80_000)));
        }
      }
      if (cancel < DAYS) {
        rows.add(row(cancel, user, "cancel", 80_500));
      }
    }
    Collections.sort(rows);
    rows.add(0, "ts_ms,user,type,item,category,value");
    return rows;
  }

  private static String row(int day, int user, String type, int second) {
    long timeMs = (START_DAY + day) * 86_400_000L + second * 1000L;
    return timeMs + ",u" + user + "," + type + ",,course,1";
  }

  private static Path events(Path folder, long seed, int users) throws IOException {
    Path events = folder.resolve("events.csv");
    Files.write(events, rows(seed, users));
    return events;
  }

  private static double number(String yaml, String key) {
    return yaml.lines()
        .map(String::strip)
        .filter(line -> line.startsWith(key + ": "))
        .mapToDouble(line -> Double.parseDouble(line.substring(key.length() + 2)))
        .findFirst()
        .orElseThrow();
  }

  private static void refused(Said said, int code, String words) {
    assertThat(said.err()).contains(words).doesNotContain("Exception").doesNotContain("\tat ");
    assertThat(said.code()).isEqualTo(code);
    assertThat(said.err().lines().filter(line -> line.startsWith("beckon: "))).hasSize(1);
  }

  @Test
  void silenceIsToldFromWhatWasKnown(@TempDir Path folder) throws Exception {
    Path events = events(folder, 1, 150);
    Path out = folder.resolve("silence.yaml");
    Said said = fit("scorecard", events, out, "--horizon=14d", "--split=2026-05-01");
    assertThat(said.code()).as(said.err()).isZero();
    assertThat(said.out())
        .contains("Asked every 7 days of users active in the 90 days before")
        .contains("silent for the next 14 days?")
        .contains("known by 2026-05-01")
        .contains("ln(level_28d + 0.005)")
        .contains("calibration")
        .contains("prior_gap")
        .contains("from 2026-05-01 on")
        .contains("activity level alone");
    String yaml = Files.readString(out);
    assertThat(yaml)
        .startsWith(
            "apiVersion: beckon/v1\nkind: Model\nid: silence\nversion: 1\nmodel: scorecard\n")
        .contains("\nevent: usage\nhorizon: 14d\n")
        .contains("\n  label: silence\n")
        .contains("\n  split: 2026-05-01\n  every: 7d\n  active: 90d\n  penalty: 1.0\n")
        .doesNotContain("subscription")
        .doesNotContain(folder.toString());
    assertThat(number(yaml, "auc")).isGreaterThan(.8);
    DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(out.resolveSibling("silence.svg").toFile());

    Said again = fit("scorecard", events, out, "--horizon=14d", "--split=2026-05-01");
    assertThat(again.code()).isZero();
    assertThat(Files.readString(out)).isEqualTo(yaml.replace("version: 1\n", "version: 2\n"));
  }

  @Test
  void orderAndCopiesMakeNoDifference(@TempDir Path folder) throws IOException {
    List<String> rows = rows(2, 80);
    List<String> mixed = new ArrayList<>(rows.subList(1, rows.size()));
    mixed.addAll(rows.subList(1, rows.size() / 2));
    Collections.shuffle(mixed, new Random(3));
    mixed.add(0, rows.get(0));
    List<String> yamls = new ArrayList<>();
    for (List<String> log : List.of(rows, mixed)) {
      Path of = Files.createTempDirectory(folder, "log");
      Files.write(of.resolve("events.csv"), log);
      Path out = of.resolve("cancel.yaml");
      Said said =
          fitSubscription(
              "scorecard", of.resolve("events.csv"), out, "--label=cancel", "--folds=4");
      assertThat(said.code()).as(said.err()).isZero();
      yamls.add(Files.readString(out));
    }
    assertThat(yamls.get(1)).isEqualTo(yamls.get(0));
  }

  @Test
  void cancellationsAndRenewals(@TempDir Path folder) throws IOException {
    Path events = events(folder, 4, 200);
    Path cancel = folder.resolve("cancel.yaml");
    Said said =
        fitSubscription(
            "scorecard", events, cancel, "--label=cancel", "--horizon=14d", "--folds=5");
    assertThat(said.code()).as(said.err()).isZero();
    assertThat(said.out())
        .contains("subscribers active")
        .contains("cancel within the next 14 days?")
        .contains("days_to_renewal 0 to 4")
        .contains("each by a fit to other users");
    assertThat(Files.readString(cancel))
        .contains("\nsubscription: {starts: subscribe, ends: cancel, first: 7d, every: 30d}\n")
        .contains("\n  folds: 5\n")
        .doesNotContain("split:");
    assertThat(number(Files.readString(cancel), "auc")).isGreaterThan(.8);

    Path renewal = folder.resolve("renewal.yaml");
    Said asked = fitSubscription("renewal-risk", events, renewal, "--folds=5");
    assertThat(asked.code()).as(asked.err()).isZero();
    assertThat(asked.out())
        .contains("Asked 7 days before each renewal of subscribers")
        .contains("cancel within the next 8 days?")
        .contains("tenure 0 to 7")
        .contains("left out: the same in all rows")
        .doesNotContain("days_to_renewal");
    assertThat(Files.readString(renewal))
        .contains("\nmodel: renewal-risk\n")
        .contains("\nlead: 7d\n")
        .contains("\n  dropped: [\"tenure 0 to 7\"]\n")
        .doesNotContain("every: 1d");
    assertThat(number(Files.readString(renewal), "auc")).isGreaterThan(.8);
  }

  @Test
  void aJobReadsWhatWasFitted(@TempDir Path folder) throws Exception {
    Path events = events(folder, 5, 120);
    Path models = Files.createDirectories(folder.resolve("course").resolve("models"));
    assertThat(
            fitSubscription(
                    "scorecard",
                    events,
                    models.resolve("churn.yaml"),
                    "--label=cancel",
                    "--folds=3")
                .code())
        .isZero();
    assertThat(
            fitSubscription("renewal-risk", events, models.resolve("renewal.yaml"), "--folds=3")
                .code())
        .isZero();
    Said two =
        fit(
            "scorecard",
            events,
            models.resolve("silence.yaml"),
            "--event=subscribe",
            "--horizon=14d");
    assertThat(two.code()).as(two.err()).isZero();
    assertThat(Files.readString(models.resolve("silence.yaml")))
        .contains("\nevent: {events: [usage, subscribe]}\n");
    Files.copy(JOB.resolve("job.yaml"), folder.resolve("course").resolve("job.yaml"));
    Files.copy(JOB.resolve("events.yaml"), folder.resolve("course").resolve("events.yaml"));
    Files.writeString(
        folder.resolve("course").resolve("signals.yaml"),
        """
        apiVersion: beckon/v1
        kind: Signals
        signals:
          churn: {model: churn}
          renewal: {model: renewal}
          silence: {model: silence}
        """);
    JobFolder job = JobFolder.of(folder.resolve("course"));
    Definitions.Loaded loaded = Definitions.load(job.name(), job.read());
    assertThat(loaded.problems().sorted())
        .extracting(Problem::code)
        .as("no triggers, and nothing else")
        .containsExactly("BKN-130");
    List<ModelDefinition> read = loaded.job().orElseThrow().models();
    assertThat(read).extracting(ModelDefinition::id).containsExactly("churn", "renewal", "silence");
    assertThat(read.get(1).leadMs()).hasValue(7 * 86_400_000L);

    // The scorecard that a job reads is the one whose rows were judged: the same probabilities.
    Path rows = folder.resolve("evaluated");
    Said said =
        beckon(
            List.of(
                "evaluate",
                folder.resolve("course").toString(),
                "--events=" + events,
                "--label=cancel",
                "--horizon=30d",
                "--out=" + rows));
    assertThat(said.code()).as(said.err()).isZero();
    ChurnScore score = ((ModelDefinition.Formula.Score) read.get(2).formula()).score();
    TreeSet<Long> active = new TreeSet<>();
    for (String row : rows(5, 120)) {
      String[] field = row.split(",", 4);
      if (field[1].equals("u7") && !field[2].equals("cancel")) {
        active.add(Long.parseLong(field[0]));
      }
    }
    int seen = 0;
    for (String line : Files.readAllLines(rows.resolve("silence.csv"))) {
      String[] field = line.split(",");
      if (field[0].equals("u7")) {
        long closeMs = (LocalDate.parse(field[1]).toEpochDay() + 1) * 86_400_000L;
        Activity activity = new Activity();
        for (long timeMs : active.headSet(closeMs)) {
          long date = Math.floorDiv(timeMs, 86_400_000L);
          activity.take(date, (date + 1) * 86_400_000L, timeMs);
        }
        assertThat(Double.parseDouble(field[4])).isEqualTo(score.at(activity, closeMs));
        seen++;
      }
    }
    assertThat(seen).isPositive();
  }

  @Test
  void theAreaCanBeWorkedOutAnewFromTheRows(@TempDir Path folder) throws Exception {
    Path events = events(folder, 6, 150);
    Path model = folder.resolve("churn.yaml");
    Said fitted =
        fitSubscription(
            "scorecard", events, model, "--label=cancel", "--horizon=21d", "--split=2026-05-01");
    assertThat(fitted.code()).as(fitted.err()).isZero();
    Path out = folder.resolve("evaluated");
    List<String> args =
        List.of(
            "evaluate",
            model.toString(),
            "--job=" + JOB,
            "--events=" + events,
            "--label=cancel",
            "--from=2026-05-01",
            "--lines=0.25,0.5",
            "--out=" + out);
    Said said = beckon(args);
    assertThat(said.code()).as(said.err()).isZero();
    assertThat(said.out())
        .contains("to be told: cancel within the next 21 days")
        .contains("churn: scorecard 1; above a line it warns")
        .contains("10 % of quiet windows")
        .contains("days-silent: days since the last event")
        .contains("own-gaps: the silence in own gaps")
        .contains("--lines");
    for (String of : List.of("churn", "days-silent", "own-gaps")) {
      List<String> lines = Files.readAllLines(out.resolve(of + ".csv"));
      assertThat(lines.get(0)).isEqualTo("user,date,days_since_last,label,value");
      double[] risks = new double[lines.size() - 1];
      boolean[] labels = new boolean[risks.length];
      for (int i = 0; i < risks.length; i++) {
        String[] field = lines.get(i + 1).split(",");
        labels[i] = field[3].equals("1");
        risks[i] = Double.parseDouble(field[4]);
      }
      double auc = Ranking.of(risks, labels).auc().orElseThrow();
      assertThat(said.out()).contains(String.format("AUC %s, 95", ModelDocument.digits(auc, 3)));
    }
    // The very rows that the fit was judged by: the area is in the model, too.
    assertThat(said.out())
        .contains(
            "AUC " + ModelDocument.digits(number(Files.readString(model), "auc"), 3) + ", 95");
    assertThat(Files.readAllLines(out.resolve("rules.csv")))
        .anySatisfy(line -> assertThat(line).startsWith("churn,0.25,--lines,"))
        .anySatisfy(line -> assertThat(line).startsWith("days-silent,14.0,,"));
    DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(out.resolve("churn.svg").toFile());
    String rules = Files.readString(out.resolve("rules.csv"));
    assertThat(beckon(args).code()).isZero();
    assertThat(out.resolve("rules.csv")).hasContent(rules);
  }

  @Test
  void theRulesOfAJobAreTriedAtTheirOwnLines(@TempDir Path folder) throws IOException {
    Path events = events(folder, 7, 100);
    Path job = Files.createDirectories(folder.resolve("course"));
    Files.createDirectories(job.resolve("models"));
    Files.createDirectories(job.resolve("triggers"));
    Files.copy(JOB.resolve("job.yaml"), job.resolve("job.yaml"));
    Files.copy(JOB.resolve("events.yaml"), job.resolve("events.yaml"));
    Said fitted = fit("scorecard", events, job.resolve("models").resolve("quiet.yaml"));
    assertThat(fitted.code()).as(fitted.err()).isZero();
    Files.writeString(
        job.resolve("signals.yaml"),
        """
        apiVersion: beckon/v1
        kind: Signals
        signals:
          churn: {model: quiet}
          level: {activity_level: usage, tau: 28d}
        """);
    trigger(job, "by-score", "score: {signal: churn, above: 0.4}");
    trigger(job, "by-level", "score: {signal: level, below: 0.07}");
    trigger(job, "by-days", "inactive: {event: usage, for: 9d}");
    trigger(
        job,
        "by-gap",
        "inactive: {event: usage, own_gap: 3, prior_gap: 2d, floor: 3d, ceiling: 28d}");
    Said said = beckon(List.of("evaluate", job.toString(), "--events=" + events));
    assertThat(said.code()).as(said.err()).isZero();
    assertThat(said.out())
        .contains("quiet: scorecard 1; above a line it warns")
        .contains("trigger by-score")
        .contains("signal-level: a signal; below a line it warns")
        .contains("trigger by-level")
        .contains("trigger-by-gap: a wait by own gap")
        .contains("trigger by-gap")
        .contains("trigger by-days");
    assertThat(said.out().lines().filter(line -> line.contains("trigger by-days")))
        .singleElement()
        .satisfies(line -> assertThat(line).contains("     9.000 "));
  }

  private static void trigger(Path job, String id, String when) throws IOException {
    Files.writeString(
        job.resolve("triggers").resolve(id + ".yaml"),
        """
        apiVersion: beckon/v1
        kind: Trigger
        id: ID
        version: 1
        description: A rule to be tried.
        when: {WHEN}
        then: {message: {channel: email, template: miss-you}}
        """
            .replace("ID", id)
            .replace("WHEN", when));
  }

  @Test
  void whatTeachesNothingIsRefused(@TempDir Path folder) throws IOException {
    Path events = folder.resolve("events.csv");
    List<String> rows = new ArrayList<>(List.of("ts_ms,user,type,item,category,value"));
    for (int day = 0; day < 100; day++) {
      rows.add(row(day, 1, "usage", 5));
      rows.add(row(day, 2, "usage", 6));
    }
    Files.write(events, rows);
    Path out = folder.resolve("silence.yaml");
    refused(fit("scorecard", events, out), 1, "rows to fit to, none fell silent");
    refused(
        fit("scorecard", events, out, "--label=cancel", "--folds=2"),
        1,
        "none came to cancel; a model needs some that did and some that did not");
    refused(fit("scorecard", events, out, "--horizon=120d"), 1, "too few days for a horizon");
    refused(fit("scorecard", events, out, "--split=2026-01-02"), 1, "nothing to fit to");
    refused(fit("scorecard", events, out, "--split=2027-01-02"), 1, "or to judge by");
    refused(fit("scorecard", events, out, "--folds=1"), 2, "from 2 to 20");
    refused(fit("scorecard", events, out, "--folds=3", "--split=2026-02-01"), 2, "not both");
    refused(fit("scorecard", events, out, "--penalty=0"), 2, "--penalty is above 0");
    refused(fit("scorecard", events, out, "--first=7d"), 2, "a subscription needs all of");
    refused(fit("renewal-risk", events, out), 2, "renewals need all of");
    refused(fit("scorecard", events, out, "--label=cancl"), 1, "did you mean cancel?");
    refused(beckon(List.of("fit")), 2, "no model named; there are: mbg-nbd, bg-nbd, scorecard");
    refused(beckon(List.of("fit", "score")), 2, "'score' is no model; there are: mbg-nbd");
    assertThat(out).doesNotExist();
    refused(beckon(List.of("evaluate", events.toString(), "--events=" + events)), 2, "add --job");
    refused(
        beckon(List.of("evaluate", JOB.toString(), "--job=" + JOB, "--events=" + events)),
        2,
        "--job goes with the file of a model");
    refused(beckon(List.of("evaluate", JOB.toString(), "--events=x.csv")), 1, "no such file");
  }

  @Test
  void whatIsDoubtfulIsSaid(@TempDir Path folder) throws IOException {
    // Half of the users come daily, the others come once: a line parts them without error.
    Path events = folder.resolve("events.csv");
    List<String> rows = new ArrayList<>(List.of("ts_ms,user,type,item,category,value"));
    for (int user = 0; user < 8; user++) {
      for (int day = 0; day < 200; day++) {
        if (user % 2 == 0 || day == 10 * user) {
          rows.add(row(day, user, "usage", user));
        }
      }
    }
    Files.write(events, rows);
    Path out = folder.resolve("silence.yaml");
    Said said = fit("scorecard", events, out);
    assertThat(said.code()).as(said.err()).isZero();
    assertThat(said.out()).contains("separable: a line parts the rows").contains("few: fewer than");
    assertThat(Files.readString(out)).doesNotContain("NaN").doesNotContain("Infinity");
  }
}
