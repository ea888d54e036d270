// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.policy.Reason;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What {@code beckon explain} tells. {@code -Dbeckon.update=true} writes the expected text anew.
 */
class ExplainCommandTest {
  private static final Path FOLDER = Path.of("src", "test", "resources", "explain");
  private static final String JOB = FOLDER.resolve("job").toString();
  private static final String DECISIONS = FOLDER.resolve("decisions.jsonl").toString();

  private record Said(int code, String out, String err) {}

  private static Said explain(String... args) {
    String[] all = new String[args.length + 2];
    all[0] = "explain";
    all[1] = JOB;
    System.arraycopy(args, 0, all, 2, args.length);
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Beckon.execute(new PrintWriter(out), new PrintWriter(err), all);
    return new Said(code, out.toString(), err.toString());
  }

  private static String told(String... args) {
    Said said = explain(args);
    assertThat(said.code()).as(said.err()).isZero();
    assertThat(said.err()).isEmpty();
    return said.out();
  }

  private static void refused(int code, String part, String... args) {
    Said said = explain(args);
    assertThat(said.code()).as(said.err()).isEqualTo(code);
    assertThat(said.out()).isEmpty();
    assertThat(said.err()).contains(part).doesNotContain("Exception", "internal error");
  }

  @Test
  void aStoryWithEveryReasonIsTold() throws IOException {
    String text = told("--decisions", FOLDER.toString(), "--user", "u1");
    Path expected = FOLDER.resolve("expected.txt");
    if (Boolean.getBoolean("beckon.update")) {
      Files.writeString(expected, text);
    }
    assertThat(text).isEqualTo(Files.readString(expected));
  }

  @ParameterizedTest
  @EnumSource(Reason.class)
  void everyReasonIsInTheStory(Reason reason) throws IOException {
    assertThat(Files.readString(Path.of(DECISIONS))).contains("\"reason\":\"" + reason + "\"");
  }

  /** Records of other versions may lack numbers: then the sentence does without them. */
  @ParameterizedTest
  @EnumSource(Reason.class)
  void aReasonWithoutNumbersIsTold(Reason reason, @TempDir Path folder) throws IOException {
    Path file = folder.resolve("decisions.jsonl");
    Files.writeString(
        file,
        """
        {"user":"u9","trigger":"gone","version":1,"episode":"e1","match":null,"step":1,\
        "moment_time":"2026-11-02T10:00:00.000Z","decision_time":"2026-11-02T10:00:00.000Z",\
        "reason":"%s","command_id":"x","evidence":{},"compared":{}}
        """
            .formatted(reason));
    assertThat(told("--decisions", file.toString(), "--user", "u9"))
        .contains("(the job has no such trigger any more)")
        .containsPattern("  2026-11-02 11:00:00  (Not sent|Sent|Held|Given up)[^?]*\\.\n")
        .doesNotContain("null", "Optional");
  }

  @Test
  void everyCheckIsNamedInItsOrder() {
    String checks = ReasonWords.checks();
    int at = -1;
    for (Reason reason : Reason.values()) {
      if (ReasonWords.check(reason).isPresent() && reason != Reason.GATE_AWAY) {
        int next = checks.indexOf(ReasonWords.check(reason).get());
        assertThat(next).as("%s in %s", reason, checks).isGreaterThan(at);
        at = next;
      } else {
        assertThat(reason).isIn(Reason.GATE_AWAY, Reason.ISSUED, Reason.DEFERRED);
      }
    }
  }

  @Test
  void theTriggerCommandsAndTheInputCanBeChosen(@TempDir Path folder) throws IOException {
    String thanks = told("--decisions", DECISIONS, "--user", "u1", "--trigger", "thanks");
    assertThat(thanks)
        .startsWith("u1 in the job shop: 2 moments, 1 sent. Times in Europe/Berlin.\n")
        .contains("Sent: message by push.")
        .doesNotContain("cart");
    // Without the commands, what the trigger says.
    String alone = told("--decisions", DECISIONS, "--user", "u2");
    assertThat(alone).contains("Sent: coupon by push.").doesNotContain("Taken back");

    Path packed = folder.resolve("decisions.jsonl.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
      out.write(Files.readAllBytes(Path.of(DECISIONS)));
    }
    assertThat(told("--decisions", packed.toString(), "--user", "u2")).isEqualTo(alone);

    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    InputStream in = new ByteArrayInputStream(Files.readAllBytes(Path.of(DECISIONS)));
    Console console = new Console(new PrintWriter(out), new PrintWriter(err), false);
    new CommandLine(new ExplainCommand(console, in))
        .execute(JOB, "--decisions", "-", "--user", "u2");
    console.out().flush();
    assertThat(out.toString()).isEqualTo(alone);
  }

  @Test
  void timesAreInTheUsersZoneIfItIsKnown(@TempDir Path folder) throws IOException {
    Path profiles = folder.resolve("profiles.jsonl");
    Files.writeString(
        profiles,
        """
        {"user":"u1","timezone":"Europe/Paris"}
        {"user":"u2","attributes":{"timezone":"Asia/Tokyo"}}
        {"user":"u3","attributes":{"timezone":"Nowhere"}}
        """);
    String file = profiles.toString();
    String[] args = {"--decisions", DECISIONS, "--user", "u2"};
    assertThat(told(args)).contains("Times in Europe/Berlin.", "\n2026-11-02 10:00:00  cart");
    assertThat(told("--decisions", DECISIONS, "--user", "u2", "--profiles", file))
        .contains("Times in Asia/Tokyo.", "\n2026-11-02 18:00:00  cart");
    assertThat(told("--decisions", DECISIONS, "--user", "u1", "--profiles", file))
        .contains("Times in Europe/Paris.");
    assertThat(told("--decisions", DECISIONS, "--user", "u2", "--zone", "UTC"))
        .contains("Times in UTC.", "\n2026-11-02 09:00:00  cart");
  }

  @Test
  void whatIsNotThereIsSaidPlainly(@TempDir Path folder) throws IOException {
    assertThat(told("--decisions", DECISIONS, "--user", "u17"))
        .isEqualTo(
            DECISIONS
                + " has 41 decisions, none about u17: no moment came to be, or the name is written"
                + " otherwise.\n");
    assertThat(told("--decisions", DECISIONS, "--user", "u2", "--trigger", "thanks"))
        .contains("none by thanks about u2 (but by other triggers)");
    Path empty = Files.writeString(folder.resolve("empty.jsonl"), "\n");
    assertThat(told("--decisions", empty.toString(), "--user", "u1"))
        .isEqualTo(empty + " is empty: no trigger noticed anything of anybody.\n");
  }

  @Test
  void wrongInputIsExplained(@TempDir Path folder) throws IOException {
    refused(2, "--decisions", "--user", "u1");
    refused(2, "--user", "--decisions", DECISIONS);
    refused(2, "'Mars' is not a zone", "--decisions", DECISIONS, "--user=u1", "--zone=Mars");
    refused(2, "only one of the files", "--decisions=-", "--commands=-", "--user=u1");
    refused(
        1, "has no such trigger; it has cart, thanks", "--decisions=-", "--user=u1", "--trigger=x");
    String missing = folder.resolve("none.jsonl").toString();
    refused(1, missing + ": no such file", "--decisions", missing, "--user", "u1");
    refused(1, "decisions.jsonl: no such file", "--decisions", folder.toString(), "--user", "u1");
    Path broken = Files.writeString(folder.resolve("broken.jsonl"), "{\"user\":\"u1\"\n");
    refused(1, broken + ": line 1 is not JSON", "--decisions", broken.toString(), "--user=u1");
    Path other = Files.writeString(folder.resolve("other.jsonl"), "[1]\n");
    refused(1, other + ": line 1 is not a record", "--decisions", other.toString(), "--user=u1");
    String commands = FOLDER.resolve("commands.jsonl").toString();
    refused(1, "`reason` is missing", "--decisions", commands, "--user", "u1");
  }

  @Test
  void recordsHaveTheFieldsThatAreRead() throws IOException {
    for (String line : Files.readAllLines(Path.of(DECISIONS))) {
      JsonNode record = JsonMapper.shared().readTree(line);
      assertThat(record.propertyNames())
          .containsExactly(
              "user",
              "trigger",
              "version",
              "episode",
              "match",
              "step",
              "moment_time",
              "decision_time",
              "reason",
              "command_id",
              "evidence",
              "compared");
    }
  }
}
