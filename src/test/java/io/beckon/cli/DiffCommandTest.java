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
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What {@code beckon diff} shows. {@code -Dbeckon.update=true} writes the expected text anew. */
class DiffCommandTest {
  private static final Path JOBS = Path.of("src", "test", "resources", "diff");
  private static final String BEFORE = JOBS.resolve("before").toString();
  private static final String AFTER = JOBS.resolve("after").toString();

  private record Said(int code, String out, String err) {}

  private static Said diff(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] all = Stream.concat(Stream.of("diff"), Stream.of(args)).toArray(String[]::new);
    int code = Beckon.execute(new PrintWriter(out), new PrintWriter(err), all);
    return new Said(code, out.toString(), err.toString());
  }

  @Test
  void theTextIsStable() throws IOException {
    Said said = diff(BEFORE, AFTER);
    assertThat(said.code()).as(said.err()).isEqualTo(ExitCodes.LOSES);
    Path expected = JOBS.resolve("expected.txt");
    if (Boolean.getBoolean("beckon.update")) {
      Files.writeString(expected, said.out());
    }
    assertThat(said.out()).isEqualTo(Files.readString(expected));
  }

  @Test
  void programsReadTheSame() {
    Said said = diff(BEFORE, AFTER, "--format", "json");
    assertThat(said.code()).isEqualTo(ExitCodes.LOSES);
    JsonNode diff = JsonMapper.shared().readTree(said.out());
    assertThat(diff.path("loses").asBoolean()).isTrue();
    assertThat(diff.path("changes").valueStream().map(DiffCommandTest::line))
        .containsExactly(
            "removed trigger asleep",
            "added trigger coming",
            "removed trigger leaving",
            "reset trigger reshaped",
            "keep trigger reworded",
            "keep trigger same",
            "added signal last_view",
            "keep signal purchases",
            "removed signal spend",
            "reset signal views",
            "keep cap daily",
            "removed cap weekly",
            "keep mute marketing from complain",
            "removed budget autumn",
            "added budget winter",
            "keep rate coupon");
    assertThat(diff.path("refusals").size()).isEqualTo(2);
  }

  private static String line(JsonNode change) {
    return String.join(
        " ",
        List.of(
            change.path("verdict").asString(),
            change.path("kind").asString(),
            change.path("name").asString()));
  }

  @Test
  void nothingIsLostFromAJobToItself() {
    for (String job : List.of("jobs/retail", "jobs/subscription", BEFORE)) {
      Said said = diff(job, job);
      assertThat(said.code()).as(said.out() + said.err()).isZero();
      assertThat(said.out())
          .contains(" kept, 0 begun anew, 0 added, 0 removed\n")
          .doesNotContain("edited", "version");
    }
  }

  @Test
  void anEditOfATestAloneIsNone(@TempDir Path folder) throws IOException {
    Path job = copy(Path.of(AFTER), folder);
    Path coming = job.resolve("triggers").resolve("coming.yaml");
    Files.writeString(
        coming, Files.readString(coming).replace("name: nothing", "name: nothing at all"));
    assertThat(diff(AFTER, job.toString()).out()).doesNotContain("edited");
    Files.writeString(coming, Files.readString(coming).replace("template: well", "template: ah"));
    Said said = diff(AFTER, job.toString());
    assertThat(said.out()).contains("edited, but its version is still 1: let it grow");
    assertThat(said.code()).as("it keeps what it observed").isZero();
  }

  @Test
  void anotherJobIsNoEditionOfThisOne(@TempDir Path folder) throws IOException {
    Path job = copy(Path.of(AFTER), folder);
    Path yaml = job.resolve("job.yaml");
    Files.writeString(yaml, Files.readString(yaml).replace("id: shop", "id: store"));
    Said said = diff(AFTER, job.toString());
    assertThat(said.code()).isEqualTo(ExitCodes.LOSES);
    assertThat(said.out()).contains("what went out may go out again");
  }

  @Test
  void wrongDefinitionsAreShownAndRefused(@TempDir Path folder) throws IOException {
    Path job = copy(Path.of(AFTER), folder);
    Files.writeString(job.resolve("policy.yaml"), "kind: Policy\nwat: 1\n");
    Said said = diff(AFTER, job.toString());
    assertThat(said.code()).isEqualTo(ExitCodes.FAILED);
    assertThat(said.err()).contains("wat");
    assertThat(diff(AFTER).code()).isEqualTo(ExitCodes.USAGE);
    assertThat(diff(AFTER, "no-such-folder").code()).isEqualTo(ExitCodes.FAILED);
  }

  private static Path copy(Path job, Path into) throws IOException {
    Path folder = into.resolve("job");
    try (Stream<Path> files = Files.walk(job)) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(job.relativize(file)));
      }
    }
    return folder;
  }
}
