// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.language.Definitions;
import io.beckon.language.ModelDefinition;
import io.beckon.language.diagnostics.Problem;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code fit} as its users meet it. */
class FitCommandTest {
  private static final Path CDNOW = Path.of("..", "shared", "data", "cdnow", "events.csv.gz");

  /** 2026-01-01. */
  private static final long START_DAY = 20_454;

  private record Said(int code, String out, String err) {}

  private static Said fit(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] all = Stream.concat(Stream.of("fit"), Arrays.stream(args)).toArray(String[]::new);
    int code = Beckon.execute(new Console(new PrintWriter(out), new PrintWriter(err), false), all);
    return new Said(code, out.toString(), err.toString());
  }

  private static Said fitOrders(Path events, Path out, String... more) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "mbg-nbd",
                "--job=jobs/retail",
                "--event=purchase",
                "--events=" + events,
                "--out=" + out));
    args.addAll(List.of(more));
    return fit(args.toArray(String[]::new));
  }

  @Test
  void aModelWithItsProvenanceComesOut(@TempDir Path folder) throws Exception {
    Path events = folder.resolve("events.csv");
    Files.write(events, rows(1, 500, .25));
    Path out = folder.resolve("new").resolve("orders.yaml");
    Said said = fitOrders(events, out);
    assertThat(said.code()).as(said.err()).isZero();
    assertThat(said.out())
        .contains("degenerate       no")
        .contains("log-likelihood")
        .contains("% interval")
        .contains("false positives")
        .contains("predicted return")
        .contains("prior_gap");
    String yaml = Files.readString(out);
    assertThat(yaml)
        .startsWith("apiVersion: beckon/v1\nkind: Model\nid: orders\nversion: 1\nmodel: mbg-nbd\n")
        .contains("\nhorizon: 30d\n")
        .contains("\n  degenerate: false\n")
        .contains("\n    - \"events.csv\"\n")
        .contains("\n  span: {from: 2026-01-")
        .doesNotContain(folder.toString());
    assertThat(yaml).containsPattern("\nparameters: \\{r: [0-9.]+, alpha: [0-9.]+, a: [0-9.]+, b:");
    assertThat(yaml).containsPattern("\nprior_gap: [0-9]+[dwh]\n");
    assertThat(number(yaml, "auc")).isBetween(.6, 1.0);
    assertThat(number(yaml, "silent")).isLessThan(number(yaml, "users"));
    DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(out.resolveSibling("orders.svg").toFile());
    assertThat(out.getParent()).isDirectoryContaining("glob:**orders.svg");

    Said again = fitOrders(events, out);
    assertThat(again.code()).isZero();
    assertThat(Files.readString(out)).isEqualTo(yaml.replace("version: 1\n", "version: 2\n"));
  }

  @Test
  void theOrderOfTheRecordsAndCopiesMakeNoDifference(@TempDir Path folder) throws IOException {
    List<String> rows = rows(2, 300, .25);
    Path sorted = folder.resolve("a").resolve("events.csv");
    Path shuffled = folder.resolve("b").resolve("events.csv");
    Files.createDirectories(sorted.getParent());
    Files.createDirectories(shuffled.getParent());
    Files.write(sorted, rows);
    List<String> mixed = new ArrayList<>(rows.subList(1, rows.size()));
    mixed.addAll(rows.subList(1, rows.size() / 2));
    Collections.shuffle(mixed, new Random(3));
    mixed.add(0, rows.get(0));
    Files.write(shuffled, mixed);
    Path one = folder.resolve("one").resolve("orders.yaml");
    Path two = folder.resolve("two").resolve("orders.yaml");
    assertThat(fitOrders(sorted, one).code()).isZero();
    assertThat(fitOrders(shuffled, two).code()).isZero();
    assertThat(two).hasSameTextualContentAs(one);
  }

  @Test
  void whereNobodyIsLostItSaysSo(@TempDir Path folder) throws IOException {
    Path events = folder.resolve("events.csv");
    Files.write(events, rows(4, 400, 0));
    Path out = folder.resolve("orders.yaml");
    Said said = fitOrders(events, out);
    assertThat(said.code()).as(said.err()).isZero();
    assertThat(said.out()).contains("degenerate       yes");
    assertThat(Files.readString(out))
        .contains("\nmodel: nbd\n")
        .contains("\n  asked: mbg-nbd\n  degenerate: true\n")
        .doesNotContain(", a: ");
  }

  /** As it is, into the job's folder of models. */
  @Test
  void whatComesOutIsAModelOfTheJob(@TempDir Path folder) throws Exception {
    Path events = folder.resolve("events.csv");
    Files.write(events, rows(1, 500, .25));
    Path lossless = folder.resolve("lossless.csv");
    Files.write(lossless, rows(4, 400, 0));
    Path models = Files.createDirectories(folder.resolve("shop").resolve("models"));
    assertThat(fitOrders(events, models.resolve("orders.yaml"), "--horizon=91d").code()).isZero();
    assertThat(fitOrders(lossless, models.resolve("rates.yaml")).code()).isZero();
    for (String name : List.of("job", "events")) {
      String text = Files.readString(Path.of("jobs", "retail", name + ".yaml"));
      Files.writeString(
          folder.resolve("shop").resolve(name + ".yaml"),
          text.replaceAll("(?m)^scores:.*\\n((  .*)?\\n)*", ""));
    }
    Files.writeString(
        folder.resolve("shop").resolve("signals.yaml"),
        """
        apiVersion: beckon/v1
        kind: Signals
        signals:
          p_return: {model: orders, horizon: 30d}
          p_order: {model: rates}
        """);
    JobFolder job = JobFolder.of(folder.resolve("shop"));
    Definitions.Loaded loaded = Definitions.load(job.name(), job.read());
    assertThat(loaded.problems().sorted())
        .extracting(Problem::code)
        .as("no triggers, and the degenerate fit")
        .containsExactlyInAnyOrder("BKN-130", "BKN-714");
    List<ModelDefinition> read = loaded.job().orElseThrow().models();
    assertThat(read).extracting(ModelDefinition::id).containsExactly("orders", "rates");
    assertThat(read).extracting(ModelDefinition::degenerate).containsExactly(false, true);
    ModelDefinition.Formula.Return formula = (ModelDefinition.Formula.Return) read.get(0).formula();
    // The very doubles that were fitted.
    assertThat(Files.readString(models.resolve("orders.yaml")))
        .contains("parameters: {" + ReturnDocument.parameters(formula.model(), Double::toString));
    assertThat(read.get(0).horizonMs()).hasValue(91 * 86_400_000L);
  }

  @Test
  void mistakesAreSaidInOneLine(@TempDir Path folder) throws IOException {
    Path events = folder.resolve("events.csv");
    Files.write(events, rows(5, 50, .25));
    Path out = folder.resolve("orders.yaml");
    refused(fit("mbg"), 2, "'mbg' is no model; there are: mbg-nbd, bg-nbd");
    refused(fitOrders(events, out, "--horizon=30h"), 2, "whole days up to 400");
    refused(fitOrders(events, out, "--cut-off=May"), 2, "'May' is not a date");
    refused(fitOrders(events, folder.resolve("Orders 1.yaml")), 2, "--out names the model");
    refused(fitOrders(events, folder.resolve("orders.txt")), 2, "--out names the model");
    refused(fitOrders(folder.resolve("none.csv"), out), 1, "no such file");
    refused(fitOrders(events, out, "--horizon=400d"), 1, "a model needs a longer log");
    refused(fitOrders(events, out, "--cut-off=2027-01-01"), 1, "an earlier --cut-off");
    refused(
        fit("bg-nbd", "--job=jobs/retail", "--event=purchas", "--events=" + events, "--out=" + out),
        1,
        "no event 'purchas'; did you mean purchase?");
    refused(
        fit(
            "bg-nbd",
            "--job=jobs/retail",
            "--event=coupon_redeemed",
            "--events=" + events,
            "--out=" + out),
        1,
        "no event coupon_redeemed in the files");
    Path notes = folder.resolve("notes.yaml");
    Files.writeString(notes, "kind: Notes\n");
    refused(fitOrders(events, notes), 1, "there, and not a model");
    assertThat(notes).hasContent("kind: Notes");
    assertThat(out).doesNotExist();
  }

  @Test
  void theBuyersOfCdnow(@TempDir Path folder) throws IOException {
    Assumptions.assumeTrue(Files.exists(CDNOW), "no cdnow/events.csv.gz in ../shared/data");
    Path out = folder.resolve("orders.yaml");
    Said said = fitOrders(CDNOW, out, "--horizon=91d", "--cut-off=1997-09-30");
    assertThat(said.code()).as(said.err()).isZero();
    assertThat(said.out())
        .contains("Fitted until 1997-09-30 to 2,357 users")
        .contains("asked for        mbg-nbd")
        .contains("r: 0.524");
    String yaml = Files.readString(out);
    assertThat(number(yaml, "users")).isEqualTo(2357);
    assertThat(number(yaml, "auc")).isGreaterThanOrEqualTo(.75);
    assertThat(yaml).contains("\nprior_gap: 7w\n").contains("\n  log_likelihood: -14363.23");
  }

  private static void refused(Said said, int code, String words) {
    assertThat(said.err()).contains(words).doesNotContain("Exception").doesNotContain("\tat ");
    assertThat(said.code()).isEqualTo(code);
    assertThat(said.err().lines().filter(line -> line.startsWith("beckon: "))).hasSize(1);
  }

  private static double number(String yaml, String key) {
    return yaml.lines()
        .map(String::strip)
        .filter(line -> line.startsWith(key + ": "))
        .mapToDouble(line -> Double.parseDouble(line.substring(key.length() + 2)))
        .findFirst()
        .orElseThrow();
  }

  /** Rows of users who begin in January and are lost after a purchase with chances of mean lost. */
  private static List<String> rows(long seed, int users, double lost) {
    Random random = new Random(seed);
    List<String> rows = new ArrayList<>();
    for (int user = 0; user < users; user++) {
      double rate = -Math.log(random.nextDouble() * random.nextDouble()) / 20;
      double chance = lost == 0 ? 0 : 1 - Math.pow(random.nextDouble(), lost / (1 - lost));
      double day = START_DAY + random.nextInt(30) + .5;
      while (day < START_DAY + 300) {
        rows.add((long) (day * 86_400_000) + ",u" + user + ",purchase,,cd,10");
        if (random.nextDouble() < chance) {
          break;
        }
        // Where nobody is to be lost, no silence looks like a loss either.
        day += (lost == 0 ? 1 : -Math.log(1 - random.nextDouble())) / rate;
      }
    }
    Collections.sort(rows);
    rows.add(0, "ts_ms,user,type,item,category,value");
    return rows;
  }
}
