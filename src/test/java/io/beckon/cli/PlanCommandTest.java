// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What {@code beckon plan} shows. {@code -Dbeckon.update=true} writes the expected texts anew; a
 * bound that grows in them is more state for every user.
 */
class PlanCommandTest {
  private static final Path EXPECTED = Path.of("src", "test", "resources", "plan");

  private record Said(int code, String out, String err) {}

  private static Said plan(String... args) {
    String[] all = new String[args.length + 1];
    all[0] = "plan";
    System.arraycopy(args, 0, all, 1, args.length);
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Beckon.execute(new PrintWriter(out), new PrintWriter(err), all);
    return new Said(code, out.toString(), err.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"src/test/resources/jobs/shop", "src/test/resources/jobs/habits"})
  void theTextIsStable(String job) throws IOException {
    Said said = plan(job);
    assertThat(said.code()).as(said.err()).isZero();
    Path expected = EXPECTED.resolve(Path.of(job).getFileName() + ".txt");
    if (Boolean.getBoolean("beckon.update")) {
      Files.writeString(expected, said.out());
    }
    assertThat(said.out()).isEqualTo(Files.readString(expected));
  }

  @ParameterizedTest
  @ValueSource(strings = {"jobs/retail", "jobs/subscription"})
  void shippedJobsKeepUsersSmall(String job) {
    Said said = plan(job);
    assertThat(said.code()).as(said.err()).isZero();
    assertThat(said.err()).doesNotContain("BKN-706");
  }

  @Test
  void whatIsSharedIsSaid(@TempDir Path folder) throws IOException {
    Path job = job(folder);
    Said said = plan(job.toString());
    assertThat(said.code()).as(said.err()).isZero();
    assertThat(said.out())
        .contains(
            "1 event.price >= 50.0  (once for 3 places)\n",
            "  b: count, at arrival, live, window 30m, exact\n",
            "  many, often: count, window 2d in panes of 1h\n",
            "kept once for a, b\n",
            "  not kept, since nobody reads them: never\n",
            "  nobody listens to: ping\n",
            "  drafts, which observe nothing: c\n");
  }

  @Test
  void programsReadTheSame(@TempDir Path folder) throws IOException {
    Said said = plan(job(folder).toString(), "--format", "json");
    assertThat(said.code()).as(said.err()).isZero();
    JsonNode plan = JsonMapper.builder().build().readTree(said.out());
    assertThat(plan.at("/job").asString()).isEqualTo("shared");
    assertThat(plan.at("/events/0/type").asString()).isEqualTo("view");
    assertThat(plan.at("/events/0/where/0/places").asInt()).isEqualTo(3);
    assertThat(plan.at("/events/0/listeners/2/signal").asString()).isEqualTo("many, often");
    assertThat(plan.at("/unheard/0").asString()).isEqualTo("ping");
    assertThat(plan.at("/triggers/1/window_ms").asLong()).isEqualTo(1_800_000);
    assertThat(plan.at("/signals/0/pane_ms").asLong()).isEqualTo(3_600_000);
    assertThat(plan.at("/signals/0/read_by/1").asString()).isEqualTo("b");
    long all = plan.at("/signals/0/max_bytes").asLong();
    for (JsonNode trigger : plan.at("/triggers")) {
      all += trigger.at("/max_bytes").asLong();
    }
    assertThat(plan.at("/state/max_bytes").asLong()).isEqualTo(all).isPositive();
  }

  @Test
  void validateWarnsOfAStateThatMayGrowTooLarge(@TempDir Path folder) throws IOException {
    Path job = job(folder);
    Path trigger = job.resolve("triggers").resolve("b.yaml");
    String text = Files.readString(trigger);
    Files.writeString(
        trigger,
        text.replace("within: 30m", "within: 30m, match: [item]") + "max_instances: 1000\n");
    StringWriter out = new StringWriter();
    int code =
        Beckon.execute(
            new PrintWriter(out), new PrintWriter(new StringWriter()), "validate", job.toString());
    assertThat(code).isZero();
    assertThat(out.toString())
        .contains("warning[BKN-706]: the state of one user may grow to ", "b.yaml:3:5");
  }

  @Test
  void aJobWithErrorsHasNoPlan(@TempDir Path folder) throws IOException {
    Path job = job(folder);
    Files.writeString(job.resolve("triggers").resolve("a.yaml"), "kind: Trigger\n");
    Said said = plan(job.toString());
    assertThat(said.code()).isEqualTo(1);
    assertThat(said.out()).isEmpty();
    assertThat(said.err()).contains("error[", "not run, because of the errors above");
  }

  private static Path job(Path folder) throws IOException {
    Files.createDirectories(folder.resolve("triggers"));
    Files.writeString(
        folder.resolve("job.yaml"),
        """
        apiVersion: beckon/v1
        kind: Job
        id: shared
        time: {lateness: 10s, order: arrival, clock: replay}
        source: {format: jsonl}
        """);
    Files.writeString(
        folder.resolve("events.yaml"),
        """
        apiVersion: beckon/v1
        kind: Events
        events:
          view: {item: string, price: decimal}
          ping: {}
        """);
    Files.writeString(
        folder.resolve("signals.yaml"),
        """
        apiVersion: beckon/v1
        kind: Signals
        signals:
          often: {count: {event: view, where: event.price >= 50.0}, over: 2d}
          many: {count: {event: view, where: "event.price >= 50.0"}, over: 48h}
          never: {count: ping, over: 1h}
        """);
    for (String id : new String[] {"a", "b", "c"}) {
      Files.writeString(
          folder.resolve("triggers").resolve(id + ".yaml"),
          """
          apiVersion: beckon/v1
          kind: Trigger
          id: %s
          version: 1
          mode: %s
          when: {count: {event: view, where: event.price >= 50.0, at_least: %d, within: 30m}}
          if: signal.%s > 3
          then: {reminder: {channel: push}}
          """
              .formatted(id, id.equals("c") ? "draft" : "live", id.charAt(0) - 'a' + 2, name(id)));
    }
    return folder;
  }

  private static String name(String id) {
    return id.equals("a") ? "often" : "many";
  }
}
