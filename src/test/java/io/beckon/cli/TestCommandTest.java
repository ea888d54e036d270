// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests of definitions that are about what is decided: outcomes, variants, holdouts, what waits.
 */
final class TestCommandTest {
  private static final Path CAMPAIGN = Path.of("src", "test", "resources", "jobs", "campaign");

  @TempDir private Path folder = Path.of("");
  private Path browse = Path.of("");

  @BeforeEach
  void copyTheCampaign() throws IOException {
    try (Stream<Path> files = Files.walk(CAMPAIGN)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path target = folder.resolve(CAMPAIGN.relativize(file).toString());
        Files.createDirectories(target.resolveSibling(""));
        Files.copy(file, target);
      }
    }
    browse = folder.resolve("triggers").resolve("browse-without-buy.yaml");
  }

  private String test(int code, String... more) {
    StringWriter out = new StringWriter();
    List<String> args =
        Stream.concat(Stream.of("test", folder.toString()), Stream.of(more)).toList();
    int exit =
        Beckon.execute(new PrintWriter(out), new PrintWriter(out), args.toArray(String[]::new));
    assertThat(exit).as(out.toString()).isEqualTo(code);
    return out.toString();
  }

  private static void replace(Path file, String from, String to) throws IOException {
    String text = Files.readString(file);
    assertThat(text).contains(from);
    Files.writeString(file, text.replace(from, to));
  }

  @Test
  void anOutcomeThatIsNotAsExpectedIsShown() throws IOException {
    replace(browse, "converted: true, value: 99.50, delay: 1310m", "converted: true, value: 98");
    assertThat(test(1))
        .contains("5 passed, 1 failed")
        .contains("FAILED  browse-without-buy/the larger coupon")
        .containsPattern(
            "! assignment treated, variant large, converted true, value 98 +\\| at 2h10m5s,"
                + " assignment treated, variant large, converted true, value 99.5, delay 1310m,"
                + " match \\{item_id p1}");
  }

  @Test
  void theListOfOutcomesIsComplete() throws IOException {
    replace(
        browse,
        "outcomes: [{assignment: held_out, converted: false, match: {item_id: p1}}]",
        "outcomes: []");
    assertThat(test(1))
        .contains("FAILED  browse-without-buy/held out")
        .containsPattern(
            "! \\(nothing\\) \\| at 2h10m5s, assignment held_out, variant small, converted false");
    replace(browse, "assignment: treated, variant: small", "assignment: held_out, variant: small");
    assertThat(test(1)).contains("4 passed, 2 failed");
  }

  @Test
  void outcomesAreUpdatedToo() throws IOException {
    String before = Files.readString(browse);
    replace(browse, "value: 99.50, delay: 1310m", "value: 99.5, delay: 1h");
    replace(
        browse, "assignment: held_out, converted: false", "assignment: treated, converted: true");
    String out = test(0, "--update");
    assertThat(out)
        .contains("updated browse-without-buy/held out")
        .contains("outcomes: [{assignment: held_out, converted: false, match: {item_id: p1}}]");
    // The number as the output has it.
    assertThat(Files.readString(browse)).isEqualTo(before.replace("value: 99.50", "value: 99.5"));
    assertThat(test(0)).contains("6 passed, 0 failed");
  }

  @Test
  void withoutANameItIsTheFirstVariantThatHasAWeight() throws IOException {
    replace(browse, "    variant: large\n", "");
    replace(browse, "small: {weight: 3}", "small: {weight: 0}");
    // Both tests get the large one now, the first as before, the second unlike what it expects.
    assertThat(test(1))
        .contains("ok      browse-without-buy/the larger coupon")
        .contains("FAILED  browse-without-buy/three steps")
        .containsPattern(
            "! assignment treated, variant small.*\\| at 2h10m5s, assignment treated, variant large");
    replace(browse, "small: {weight: 0}", "small: {weight: 1}");
    assertThat(test(1))
        .contains("FAILED  browse-without-buy/the larger coupon")
        .contains("ok      browse-without-buy/three steps");
  }

  /** Nor that of the trigger. */
  @Test
  void theSharesHeldOutMeanNothingInTests() throws IOException {
    replace(browse, "holdout: 2.5%", "holdout: 99%");
    replace(folder.resolve("policy.yaml"), "global: 5%", "global: 99%");
    assertThat(test(0)).contains("6 passed, 0 failed");
  }

  @Test
  void aLaneExemptOfHoldoutsIsNotHeldOut() throws IOException {
    Path care = folder.resolve("triggers").resolve("complaint-care.yaml");
    replace(care, "    user: {consent_service", "    holdout: force\n    user: {consent_service");
    assertThat(test(0)).contains("6 passed, 0 failed");
    replace(folder.resolve("policy.yaml"), "exempt: [caps, holdout, ", "exempt: [caps, ");
    assertThat(test(1)).containsPattern("! at 5s, reason ISSUED +\\| at 5s, reason HOLDOUT");
  }

  @Test
  void whatWaitsForARateIsWaitedFor() throws IOException {
    replace(folder.resolve("policy.yaml"), "outreach: {at_most: 200", "outreach: {at_most: 1");
    Files.writeString(
        folder.resolve("triggers").resolve("care-call.yaml"),
        """
        apiVersion: beckon/v1
        kind: Trigger
        id: care-call
        version: 1
        lane: service
        when: {event: app_open}
        then: {outreach: {channel: phone}}
        tests:
          - name: one call an hour
            user: {consent_service: true, channels: [phone]}
            events: [{at: 0m, event: app_open}, {at: 10m, event: app_open}]
            expect:
              decisions: [{at: 5s, reason: ISSUED}, {at: 1h5s, reason: ISSUED}]
              commands: [{at: 5s}, {at: 1h5s}]
          - name: not by one hour and four seconds
            user: {consent_service: true, channels: [phone]}
            events: [{at: 0m, event: app_open}, {at: 10m, event: app_open}]
            until: 1h4s
            expect:
              decisions: [{at: 5s, reason: ISSUED}]
        """);
    assertThat(test(0, "--run", "care-call")).contains("2 passed, 0 failed");
  }

  @Test
  void theTestInTheReferencePasses() throws IOException {
    Path job =
        Files.createDirectories(folder.resolve("shop").resolve("triggers")).resolveSibling("");
    Matcher block =
        Pattern.compile("```yaml\n(apiVersion.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(Path.of("docs", "reference", "definitions.md")));
    while (block.find()) {
      String text = block.group(1);
      Matcher kind = Pattern.compile("(?m)^kind: (\\w+)$").matcher(text);
      assertThat(kind.find()).as(text).isTrue();
      if (kind.group(1).equals("Trigger")) {
        Files.writeString(job.resolve("triggers").resolve("browse-without-buy.yaml"), text);
      } else if (kind.group(1).equals("Model")) {
        Matcher id = Pattern.compile("(?m)^id: (\\S+)").matcher(text);
        assertThat(id.find()).as(text).isTrue();
        Path models = Files.createDirectories(job.resolve("models"));
        Files.writeString(models.resolve(id.group(1) + ".yaml"), text);
      } else if (!text.contains("id: clickstream")) {
        String name = kind.group(1).toLowerCase(Locale.ROOT) + ".yaml";
        Files.writeString(job.resolve(name), text);
      }
    }
    folder = job;
    assertThat(test(0)).contains("1 passed, 0 failed");
  }
}
