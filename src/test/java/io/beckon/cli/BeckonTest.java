// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.beckon.event.Event;
import io.beckon.event.Slots;
import io.beckon.language.Definitions;
import io.beckon.language.JobDefinition;
import io.beckon.language.TestDefinition;
import io.beckon.language.TriggerDefinition;
import io.beckon.wire.JsonLines;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Element;
import tools.jackson.databind.json.JsonMapper;

/** The commands as their users meet them: what they say and how they end. */
final class BeckonTest {
  private static final String RETAIL = Path.of("jobs", "retail").toString();
  private static final String SAMPLE = SampleEvents.FILE.toString();

  /** What a command did. */
  private record Said(int code, String out, String err) {
    Said {
      assertThat(out + err)
          .doesNotContain("Exception")
          .doesNotContain("\tat ")
          .doesNotContain("internal error");
    }
  }

  private static Said beckon(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Beckon.execute(new PrintWriter(out), new PrintWriter(err), args);
    return new Said(code, out.toString(), err.toString());
  }

  private static void assertRefused(Said said, int code, String... parts) {
    assertThat(said.code()).as(said.err()).isEqualTo(code);
    assertThat(said.err()).contains(parts);
  }

  /** How many tests the two triggers of {@link #copyOfRetail} have. */
  private static final int COPIED = 36;

  /** A copy of the shop's job, with two of its triggers, that a test may spoil. */
  private static Path copyOfRetail(Path folder) throws IOException {
    Path copy = folder.resolve("retail");
    Set<String> copied = Set.of("browse-without-buy.yaml", "cart-abandonment.yaml");
    try (Stream<Path> files = Files.walk(Path.of(RETAIL))) {
      for (Path file : files.toList()) {
        boolean trigger = file.startsWith(Path.of(RETAIL, "triggers"));
        if (trigger && !Files.isDirectory(file) && copied.stream().noneMatch(file::endsWith)) {
          continue;
        }
        Path target = copy.resolve(Path.of(RETAIL).relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    }
    return copy;
  }

  private static Path replace(Path file, String old, String by) throws IOException {
    String text = Files.readString(file);
    assertThat(text).contains(old);
    Files.writeString(file, text.replace(old, by));
    return file;
  }

  // --- the command line itself

  @ParameterizedTest
  @ValueSource(
      strings = {"", "validate", "plan", "test", "backtest", "run", "schema", "simulate", "demo"})
  void helpHasExamplesAndExitCodes(String command) {
    Said said = command.isEmpty() ? beckon("--help") : beckon(command, "--help");
    assertThat(said.code()).isZero();
    assertThat(said.err()).isEmpty();
    assertThat(said.out()).contains("Usage: beckon", "Examples:", "Exit codes: 0 ");
  }

  @Test
  void schemasAreWritten(@TempDir Path folder) throws IOException {
    Path out = folder.resolve("deep").resolve("schemas");
    Said said = beckon("schema", "--out", out.toString());
    assertThat(said.code()).isZero();
    assertThat(said.out()).isEqualTo(out + ": 6 schemas\n");
    for (String kind : List.of("job", "events", "model", "signals", "policy", "trigger")) {
      Path shipped = Path.of("schemas").resolve(kind + ".schema.json");
      assertThat(out.resolve(shipped.getFileName())).hasSameTextualContentAs(shipped);
    }
    Files.writeString(folder.resolve("file"), "");
    assertRefused(beckon("schema", "--out", folder.resolve("file").toString()), 1, "cannot write");
  }

  @Test
  void theVersionIsThatOfTheBuild() throws IOException {
    Said said = beckon("--version");
    assertThat(said.code()).isZero();
    assertThat(said.out().strip()).isEqualTo("beckon " + Beckon.VERSION);
    assertThat(Files.readString(Path.of("pom.xml")))
        .contains("<artifactId>beckon</artifactId>\n  <version>" + Beckon.VERSION + "</version>");
  }

  @Test
  void liveRunsAndRunsOverFilesAreToldApart() {
    assertRefused(beckon("run", "jobs/retail"), 2, "--events FILE and --out DIR");
    assertRefused(
        beckon("run", "jobs/retail", "--events", "jobs/retail/sample/events.csv", "--for", "1s"),
        2,
        "--for, --checkpoint-dir");
    assertRefused(beckon("run", "jobs/retail", "--for", "soon"), 2, "'soon' is not a duration");
    assertRefused(beckon("backtest", "jobs/retail"), 2, "'--events=FILE'");
  }

  @Test
  void wrongUseIsExplainedInTwoLines() {
    assertRefused(beckon(), 2, "Missing required subcommand", "Try 'beckon --help'.");
    assertRefused(beckon("vaildate", RETAIL), 2, "vaildate", "Try 'beckon --help'.");
    assertRefused(beckon("validate"), 2, "JOB", "Try 'beckon validate --help'.");
    assertRefused(beckon("test", RETAIL, "--rnu", "x"), 2, "--rnu");
    assertRefused(beckon("test", RETAIL, RETAIL), 2, "Unmatched argument");
    assertRefused(beckon("test", RETAIL, "--run", "("), 2, "'(' is not a regular expression: ");
    assertRefused(beckon("validate", RETAIL, "--format", "xml"), 2, "--format", "xml");
    assertRefused(beckon("backtest", RETAIL, "--out", "o"), 2, "--events");
    assertRefused(beckon("backtest", RETAIL, "--events", SAMPLE), 2, "--out");
    assertRefused(
        beckon("backtest", RETAIL, "--events", SAMPLE, "--out", "o", "--until", "noon"),
        2,
        "'noon' is not a time with its offset, such as 2026-11-02T20:00:00Z");
    for (String threads : List.of("0", "-1", "721", "many")) {
      assertRefused(
          beckon("run", RETAIL, "--events", SAMPLE, "--out", "o", "--parallelism", threads),
          2,
          "--parallelism");
    }
    assertThat(Path.of("o")).doesNotExist();
  }

  // --- the job's folder

  @ParameterizedTest
  @ValueSource(strings = {"validate", "test"})
  void aFolderThatIsNoJobIsNamed(String command, @TempDir Path folder) throws IOException {
    Path absent = folder.resolve("absent");
    assertRefused(beckon(command, absent.toString()), 1, "beckon: " + absent + ": no such folder");
    assertRefused(beckon(command, folder.toString()), 1, folder + ": no job.yaml in it");
    Path file = Files.writeString(folder.resolve("file"), "");
    assertRefused(beckon(command, file.toString()), 1, file + ": not a folder");
  }

  @Test
  void aDefinitionThatIsNoTextIsNamed(@TempDir Path folder) throws IOException {
    Path job = copyOfRetail(folder);
    Path events = job.resolve("events.yaml");
    replace(job.resolve("policy.yaml"), "Europe/Berlin", "Europe/Berlim");
    Files.write(events, new byte[] {'a', ':', ' ', (byte) 0xff});
    Said broken = beckon("validate", job.toString());
    assertThat(broken.code()).isEqualTo(1);
    assertThat(broken.out())
        .contains("this is not UTF-8 text\n  --> " + events + ":1:4", "Europe/Berlim");
    Files.write(events, new byte[(1 << 20) + 1]);
    Said large = beckon("validate", job.toString());
    assertThat(large.code()).isEqualTo(1);
    assertThat(large.out()).contains("BKN-107", events.toString(), "Europe/Berlim");
  }

  @Test
  void filesOfOtherToolsAreNoDefinitions(@TempDir Path folder) throws IOException {
    Path job = copyOfRetail(folder);
    Path triggers = job.resolve("triggers");
    Files.writeString(triggers.resolve(".draft.yaml"), "not: [yaml");
    Files.createSymbolicLink(triggers.resolve(".#draft.yaml"), Path.of("nobody@nowhere"));
    assertThat(beckon("validate", job.toString()).out())
        .endsWith("2 triggers, " + COPIED + " tests\n");
    Path deeper = Files.createDirectories(triggers.resolve("spring")).resolve("sale.yaml");
    Files.copy(triggers.resolve("cart-abandonment.yaml"), deeper);
    Said said = beckon("validate", job.toString());
    assertThat(said.code()).isEqualTo(1);
    assertThat(said.out()).contains(deeper + ":1:1", "move it to `triggers/sale.yaml`");
  }

  @Test
  void aTrailingSlashChangesNothing() {
    assertThat(beckon("validate", RETAIL + "/").out()).isEqualTo(beckon("validate", RETAIL).out());
  }

  // --- validate

  @Test
  void soundJobsAreCounted(@TempDir Path folder) throws IOException {
    Path job = copyOfRetail(folder);
    Said said = beckon("validate", job.toString(), "src/test/resources/jobs/otto");
    assertThat(said.code()).as(said.out()).isZero();
    assertThat(said.out())
        .startsWith(job + ": ok, 2 triggers, " + COPIED + " tests")
        .contains("src/test/resources/jobs/otto: ok, 1 trigger, 1 test");
  }

  @Test
  void mistakesAreShownAllAtOnceAndAsJson(@TempDir Path folder) throws IOException {
    Path job = copyOfRetail(folder);
    Path trigger = job.resolve("triggers").resolve("cart-abandonment.yaml");
    replace(trigger, "priority: 60", "priority: 600");
    replace(trigger, "cooldown:", "coldown:");
    Said said = beckon("validate", job.toString());
    assertThat(said.code()).isEqualTo(1);
    assertThat(said.out()).contains("600", "coldown", trigger + ":9:", "^^^", ": 2 errors");

    String sane = copyOfRetail(folder.resolve("sane")).toString();
    Said json = beckon("validate", job.toString(), sane, "--format", "json");
    assertThat(json.code()).isEqualTo(1);
    assertThat(JsonMapper.shared().readTree(json.out()).size()).isEqualTo(2);
    Said sound = beckon("validate", sane, "--format", "JSON");
    assertThat(sound.code()).isZero();
    assertThat(JsonMapper.shared().readTree(sound.out()).size()).isZero();

    assertRefused(beckon("test", job.toString()), 1, "coldown", "not run, because of the errors");
    assertRefused(
        beckon("run", job.toString(), "--events", SAMPLE, "--out", folder.resolve("o").toString()),
        1,
        "coldown");
    assertThat(folder.resolve("o")).doesNotExist();
  }

  @Test
  void aJobInAvroIsCheckedWithItsSchemasAndRunsLiveOnly(@TempDir Path folder) throws IOException {
    Path job = copyOfRetail(folder);
    Files.writeString(
        job.resolve("job.yaml"),
        """
        apiVersion: beckon/v1
        kind: Job
        id: retail
        sources:
          events:
            topic: retail.events
            format: avro
            avro: {framing: plain, schemas: [schemas/v1/event.avsc]}
        kafka: {bootstrap_servers: "localhost:9092"}
        """);
    assertRefused(beckon("test", job.toString()), 1, "BKN-128", "schemas/v1/event.avsc");
    Path schema =
        Files.createDirectories(job.resolve("schemas").resolve("v1")).resolve("event.avsc");
    Files.writeString(schema, "{\n  \"type\": record\n}\n");
    Said wrong = beckon("validate", job.toString());
    assertThat(wrong.code()).isEqualTo(1);
    assertThat(wrong.out()).contains("BKN-232", schema + ":2:", "\"type\": record");
    Files.writeString(schema, "{\"type\": \"record\", \"name\": \"Event\", \"fields\": []}");
    assertThat(beckon("validate", job.toString()).code()).isZero();
    assertThat(beckon("test", job.toString()).code()).isZero();
    for (String command : List.of("run", "backtest")) {
      assertRefused(
          beckon(
              command, job.toString(), "--events", SAMPLE, "--out", folder.resolve("o").toString()),
          1,
          "job.yaml reads Avro, and files hold JSON Lines or CSV; run it live, without --events");
    }
    assertThat(folder.resolve("o")).doesNotExist();
  }

  // --- test

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jobs/retail",
        "src/test/resources/jobs/campaign",
        "src/test/resources/jobs/rees46",
        "src/test/resources/jobs/otto"
      })
  void theTestsOfTheJobsPass(String job) {
    Said said = beckon("test", job);
    assertThat(said.code()).as(said.out()).isZero();
    assertThat(said.out()).contains("ok      ").contains(" passed, 0 failed");
  }

  @Test
  void runSelectsByTriggerAndName() {
    Said said = beckon("test", RETAIL, "--run", "^cart.*/.*deadline");
    assertThat(said.code()).isZero();
    assertThat(said.out())
        .isEqualToNormalizingNewlines(
            """
            ok      cart-abandonment/a purchase exactly at the deadline still prevents it
            1 passed, 0 failed
            """);
    assertRefused(beckon("test", RETAIL, "--run", "zebra"), 1, "no test", "matches 'zebra'");
  }

  @Test
  void aFailureShowsExpectedBesideActual(@TempDir Path folder) throws Exception {
    Path job = copyOfRetail(folder);
    Path trigger = job.resolve("triggers").resolve("browse-without-buy.yaml");
    replace(
        trigger,
        "decisions: [{at: 2h11m, reason: ISSUED, match: {item_id: p2}}]",
        "decisions: [{at: 3h, reason: COOLDOWN}, {at: 4h}]");
    Path junit = folder.resolve("new").resolve("junit.xml");
    Said said = beckon("test", job.toString(), "--junit", junit.toString());
    assertThat(said.code()).isEqualTo(1);
    assertThat(said.out())
        .contains(COPIED - 1 + " passed, 1 failed")
        .contains("FAILED  browse-without-buy/two products are watched on their own  " + trigger)
        .containsPattern(
            "! at 3h, reason COOLDOWN +\\| at 2h11m, reason ISSUED, match \\{item_id p2")
        .containsPattern("evidence \\{[^}]*count 3")
        .containsPattern("! at 4h +\\| \\(nothing\\)");
    Element root =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(junit.toFile())
            .getDocumentElement();
    assertThat(root.getAttribute("tests")).isEqualTo(String.valueOf(COPIED));
    assertThat(root.getAttribute("failures")).isEqualTo("1");
    assertThat(root.getElementsByTagName("failure").item(0).getTextContent()).contains("at 2h11m");
  }

  @Test
  void updateChangesWhatFailsAndNothingElse(@TempDir Path folder) throws IOException {
    Path job = copyOfRetail(folder);
    Path browse = job.resolve("triggers").resolve("browse-without-buy.yaml");
    Path cart = job.resolve("triggers").resolve("cart-abandonment.yaml");
    String browseBefore = Files.readString(browse);
    String cartBefore = Files.readString(cart);

    Said idle = beckon("test", job.toString(), "--update");
    assertThat(idle.code()).isZero();
    assertThat(Files.readString(browse)).isEqualTo(browseBefore);

    // A flow value, a list in block style, one with a comment behind it.
    replace(browse, "reason: ISSUED, match: {item_id: p2}", "reason: MUTED, match: {item_id: p9}");
    replace(browse, "        - {at: 5h10m, reason: COOLDOWN}\n", "");
    replace(
        cart, "expect: {decisions: [], commands: []}", "expect: {decisions: [{at: 9h}]}  # why");
    replace(browse, "MUTED", "EVICTED");
    Said failing = beckon("test", job.toString());
    assertThat(failing.code()).isEqualTo(1);
    assertThat(failing.out()).contains(COPIED - 4 + " passed, 4 failed");

    Said updated = beckon("test", job.toString(), "--update");
    assertThat(updated.code()).as(updated.out() + updated.err()).isZero();
    assertThat(updated.out())
        .contains("updated browse-without-buy/two products are watched on their own")
        .contains("  - ")
        .contains("  + ");
    assertThat(Files.readString(browse)).isEqualTo(browseBefore);
    assertThat(Files.readString(cart))
        .isEqualTo(
            cartBefore.replace(
                "expect: {decisions: [], commands: []}", "expect: {decisions: []}  # why"));
    assertThat(beckon("test", job.toString()).out()).contains(COPIED + " passed, 0 failed");
  }

  @Test
  void aDraftIsTestedAsIfItWereLive(@TempDir Path folder) throws IOException {
    Path job = copyOfRetail(folder);
    for (String name : List.of("browse-without-buy.yaml", "cart-abandonment.yaml")) {
      replace(job.resolve("triggers").resolve(name), "mode: live", "mode: draft");
    }
    assertThat(beckon("test", job.toString()).out()).contains(COPIED + " passed, 0 failed");
  }

  @Test
  void withoutUntilATestRunsUntilNothingIsOpen(@TempDir Path folder) throws IOException {
    Path job = copyOfRetail(folder);
    Path file = job.resolve("triggers").resolve("browse-without-buy.yaml");
    Files.writeString(file, Files.readString(file).replaceAll("\n    until: [0-9]+d\n", "\n"));
    assertThat(beckon("test", job.toString()).out()).contains(COPIED + " passed, 0 failed");
  }

  /** What a test decides is what a backtest of its events decides. */
  @ParameterizedTest
  @ValueSource(strings = {"jobs/retail", "jobs/subscription", "src/test/resources/jobs/shop"})
  void testsAgreeWithBacktests(String shipped, @TempDir Path folder) throws Exception {
    JobFolder source = JobFolder.of(Path.of(shipped));
    Definitions.Loaded loaded = Definitions.load(source.name(), source.read());
    JobDefinition job = loaded.job().orElseThrow();
    Slots unknown = new Slots(job.signals().type());
    for (TestDefinition test : loaded.tests()) {
      TriggerDefinition trigger =
          job.triggers().stream()
              .filter(t -> t.id().equals(test.trigger()))
              .findFirst()
              .orElseThrow();
      boolean onlyEvents =
          test.events().size() == test.inputs().size() && test.signals().equals(unknown);
      if (test.untilMs().isEmpty() || !onlyEvents) {
        continue;
      }
      TestRun run = TestRun.of(TestRun.plan(job, trigger, test), test);
      // Nothing is left to a draw in a test; everything else is as it is.
      JobDefinition alone = TestRun.plan(job, trigger, test).job();
      Path out = backtest(alone, test, folder);
      JsonLines lines = new JsonLines();
      String name = test.trigger() + "/" + test.name();
      assertThat(Files.readAllLines(out.resolve("decisions.jsonl")))
          .as(name)
          .containsExactlyElementsOf(
              run.decisions().stream().map(d -> text(lines.decision(d))).toList());
      assertThat(Files.readAllLines(out.resolve("commands.jsonl")))
          .as(name)
          .containsExactlyElementsOf(
              run.commands().stream().map(c -> text(lines.command(c))).toList());
      assertThat(Files.readAllLines(out.resolve("outcomes.jsonl")))
          .as(name)
          .containsExactlyElementsOf(
              run.outcomes().stream().map(o -> text(lines.outcome(o))).toList());
    }
  }

  private static String text(byte[] line) {
    return new String(line, StandardCharsets.UTF_8);
  }

  /** A backtest of the events of a test, written as the canonical records of a file. */
  private static Path backtest(JobDefinition job, TestDefinition test, Path folder)
      throws IOException {
    JobDefinition alone =
        new JobDefinition(
            job.id(),
            job.catalogue(),
            job.signals(),
            job.time(),
            List.of(
                new JobDefinition.SourceDefinition(
                    JobDefinition.Format.JSONL,
                    new JobDefinition.IdRule.Field("id"),
                    Optional.empty())),
            Optional.empty(),
            job.timezone(),
            job.policy(),
            job.retentionMs(),
            job.triggers());
    StringBuilder events = new StringBuilder();
    for (Event event : test.events()) {
      // A late line has the members of a canonical record, and the watermark besides.
      events.append(text(new JsonLines().late(event, 0))).append('\n');
    }
    StringBuilder profile = new StringBuilder("{\"user\": \"" + TestDefinition.USER + "\"");
    for (int slot = 0; slot < test.profile().type().size(); slot++) {
      Object value = test.profile().objectAt(slot);
      if (value != null) {
        profile
            .append(", \"" + test.profile().type().attribute(slot).name() + "\": ")
            .append(JsonMapper.shared().writeValueAsString(value));
      }
    }
    Path eventFile = Files.writeString(folder.resolve("events.jsonl"), events);
    boolean known = !test.profile().equals(new Slots(test.profile().type()));
    Path profileFile =
        Files.writeString(
            folder.resolve("profiles.jsonl"), known ? profile.append("}\n").toString() : "");
    Path out = folder.resolve("out");
    new Backtest(alone)
        .run(
            new Backtest.Inputs(List.of(eventFile), Optional.of(profileFile), test.untilMs()),
            out,
            (bytes, records) -> {});
    return out;
  }

  // --- backtest and run

  @Test
  void aBacktestTellsWhatItDid(@TempDir Path folder) {
    Path out = folder.resolve("a").resolve("out");
    Said said = beckon("backtest", RETAIL, "--events", SAMPLE, "--out", out.toString());
    assertThat(said.code()).as(said.err()).isZero();
    assertThat(said.err()).isEmpty();
    assertThat(said.out())
        .contains(" events of 90 users, 2026-11-02 08:", "(Europe/Berlin)", "duplicates")
        .containsPattern("trigger +moments +prevented +open +commands +taken back +spent +decided")
        .containsPattern("browse-without-buy( +\\d+){5} +150.00 EUR  .*ISSUED \\d+")
        .containsPattern(
            "u\\d+ · browse-without-buy · sku-\\d+ · coupon by push · 2026-11-02 \\d\\d:\\d\\d"
                + " · 3 × product view until \\d\\d:\\d\\d, no purchase for 2h")
        .contains("Everything is in " + out + ": commands.jsonl");
    assertThat(out.resolve("summary.json")).exists();
  }

  @Test
  void flinkAndABacktestSayTheSame(@TempDir Path folder) throws IOException {
    Path backtested = folder.resolve("backtested");
    Path ran = folder.resolve("ran");
    Said first = beckon("backtest", RETAIL, "--events", SAMPLE, "--out", backtested.toString());
    Said second =
        beckon("run", RETAIL, "--events", SAMPLE, "--out", ran.toString(), "--parallelism", "2");
    assertThat(second.code()).as(second.err()).isZero();
    assertThat(second.out().replace(ran.toString(), backtested.toString())).isEqualTo(first.out());
    for (String file : List.of("decisions.jsonl", "commands.jsonl", "late.jsonl")) {
      assertThat(Files.readAllLines(ran.resolve(file)))
          .as(file)
          .containsExactlyInAnyOrderElementsOf(Files.readAllLines(backtested.resolve(file)));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"backtest", "run"})
  void wrongInputIsNamed(String command, @TempDir Path folder) throws IOException {
    String out = folder.resolve("out").toString();
    Path absent = folder.resolve("absent.csv");
    assertRefused(
        beckon(command, RETAIL, "--events", absent.toString(), "--out", out),
        1,
        "beckon: " + absent + ": no such file");
    assertRefused(
        beckon(command, RETAIL, "--events", folder.toString(), "--out", out),
        1,
        "beckon: " + folder + ": a folder; name a file");
    assertRefused(
        beckon(command, RETAIL, "--events", SAMPLE, "--profiles", absent.toString(), "--out", out),
        1,
        "beckon: " + absent + ": no such file");
    assertThat(folder.resolve("out")).doesNotExist();
    Path file = Files.writeString(folder.resolve("file"), "");
    assertRefused(
        beckon(command, RETAIL, "--events", SAMPLE, "--out", file.toString()),
        1,
        file + ": a file, not a folder");
    Path columns = Files.writeString(folder.resolve("columns.csv"), "a,b\n1,2\n");
    assertRefused(
        beckon(command, RETAIL, "--events", columns.toString(), "--out", out),
        1,
        "columns.csv",
        "ts_ms");
    Path cut = folder.resolve("cut.csv.gz");
    Files.write(cut, new byte[] {0x1f, (byte) 0x8b, 8, 0, 0});
    assertRefused(beckon(command, RETAIL, "--events", cut.toString(), "--out", out), 1, "gzip");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "ts_ms,user,type,item,category,value\n"})
  void noEventsAreFine(String text, @TempDir Path folder) throws IOException {
    Path empty = Files.writeString(folder.resolve("empty.csv"), text);
    Path out = folder.resolve("out");
    Said said = beckon("backtest", RETAIL, "--events", empty.toString(), "--out", out.toString());
    assertThat(said.code()).as(said.err()).isZero();
    assertThat(said.out()).contains("No events");
    assertThat(out.resolve("decisions.jsonl")).isEmptyFile();
  }

  @Test
  void twoRunsAtOnceDoNotShareAFolder(@TempDir Path folder) throws Exception {
    OutFolder held = OutFolder.open(folder);
    for (String command : List.of("backtest", "run")) {
      assertRefused(
          beckon(command, RETAIL, "--events", SAMPLE, "--out", folder.toString()),
          1,
          folder + ": another run is writing there");
    }
    held.close();
    assertThat(folder).isEmptyDirectory();
    Said said = beckon("backtest", RETAIL, "--events", SAMPLE, "--out", folder.toString());
    assertThat(said.code()).as(said.err()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"backtest", "run"})
  void aFullDiskIsSaidInPlainWords(String command, @TempDir Path folder) throws IOException {
    Path full = Path.of("/dev/full");
    assumeTrue(Files.exists(full), "needs a device that is always full");
    Files.createSymbolicLink(folder.resolve(".commands.jsonl.part"), full);
    Said said = beckon(command, RETAIL, "--events", SAMPLE, "--out", folder.toString());
    assertRefused(said, 1, folder + ": ", "space");
    assertThat(folder).isEmptyDirectory();
  }

  @ParameterizedTest
  @ValueSource(strings = {"backtest", "run"})
  void filesThatRowIdsCannotTellApartAreRefused(String command, @TempDir Path folder)
      throws IOException {
    Path job = copyOfRetail(folder);
    replace(job.resolve("job.yaml"), "id: content", "id: row");
    Path other = Files.createDirectories(folder.resolve("tue")).resolve("events.csv");
    Files.copy(Path.of(SAMPLE), other);
    String out = folder.resolve("out").toString();
    assertRefused(
        beckon(command, job.toString(), "--events", SAMPLE, other.toString(), "--out", out),
        1,
        other + ": called like " + SAMPLE);
    Path renamed = Files.move(other, folder.resolve("tue.csv"));
    Said said =
        beckon(command, job.toString(), "--events", SAMPLE, renamed.toString(), "--out", out);
    assertThat(said.code()).as(said.err()).isZero();
  }

  @Test
  void aJobThatIsNotThereDoesNotHideTheOthers(@TempDir Path folder) throws IOException {
    String missing = folder.resolve("missing").toString();
    Path job = copyOfRetail(folder);
    replace(job.resolve("policy.yaml"), "Europe/Berlin", "Europe/Berlim");
    Said said = beckon("validate", missing, job.toString(), "--format", "json");
    assertRefused(said, 1, missing + ": no such folder");
    assertThat(JsonMapper.shared().readTree(said.out()).findValuesAsString("code"))
        .containsExactly("BKN-405");
  }

  @Test
  void unknownCommandsAreAnsweredWithThoseThereAre() {
    assertRefused(
        beckon("check", RETAIL),
        2,
        "no command is called 'check'",
        "validate, plan, diff, test, backtest, run");
  }

  @Test
  void brokenRecordsAreCountedNotFatal(@TempDir Path folder) throws IOException {
    Path events =
        Files.write(
            folder.resolve("events.csv"),
            "ts_ms,user,type,item,category,value\nnoon,u1,view,p1,,1\n\u00ff\n"
                .getBytes(StandardCharsets.ISO_8859_1));
    Said said =
        beckon("backtest", RETAIL, "--events", events.toString(), "--out", folder.toString());
    assertThat(said.code()).as(said.err()).isZero();
    assertThat(said.out()).contains("No events", "2 dead letters (");
    assertThat(Files.readAllLines(folder.resolve("dead-letters.jsonl"))).hasSize(2);
  }

  @Test
  void untilEndsTheInput(@TempDir Path folder) {
    Said said =
        beckon(
            "backtest",
            RETAIL,
            "--events",
            SAMPLE,
            "--until",
            "2026-11-02T13:00:00+01:00",
            "--out",
            folder.toString());
    assertThat(said.code()).as(said.err()).isZero();
    assertThat(said.out()).contains(" after --until").contains(" to 12:5");
  }

  @Test
  void profilesDecideWhoIsAddressed(@TempDir Path folder) throws IOException {
    StringBuilder staff = new StringBuilder();
    for (int user = 1; user <= 90; user++) {
      staff.append("{\"user\": \"u" + user + "\", \"staff\": true}\n");
    }
    Path profiles = Files.writeString(folder.resolve("profiles.jsonl"), staff);
    Said said =
        beckon(
            "backtest",
            RETAIL,
            "--events",
            SAMPLE,
            "--profiles",
            profiles.toString(),
            "--out",
            folder.toString());
    assertThat(said.code()).as(said.err()).isZero();
    assertThat(said.out()).contains("NOT_IN_AUDIENCE").doesNotContain("ISSUED");
    assertThat(folder.resolve("commands.jsonl")).isEmptyFile();
  }
}
