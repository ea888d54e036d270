// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.language.Definitions;
import io.beckon.language.JobDefinition;
import io.beckon.language.SourceFile;
import io.beckon.language.TriggerDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExperimentsTest {
  private static final String HEAD = "apiVersion: beckon/v1\nkind: ";

  private static JobDefinition job(String value) {
    List<SourceFile> files =
        List.of(
            new SourceFile(
                "shop/job.yaml",
                HEAD
                    + """
                    Job
                    id: shop
                    time: {lateness: 10s, order: settled, clock: replay}
                    source: {format: jsonl}
                    """),
            new SourceFile(
                "shop/events.yaml",
                HEAD + "Events\nevents: {visit: {}, purchase: {total: decimal}}\n"),
            new SourceFile("shop/policy.yaml", HEAD + "Policy\ntimezone: {fallback: UTC}\n"),
            new SourceFile(
                "shop/triggers/visit.yaml",
                HEAD
                    + """
                    Trigger
                    id: visit
                    version: 1
                    owner: growth
                    description: A visit.
                    mode: live
                    lane: marketing
                    when: {event: {event: visit}}
                    cooldown: 1h
                    holdout: 50%%
                    goal: {event: purchase, within: 1h%s}
                    then: {message: {channel: push, template: hello}}
                    """
                        .formatted(value)));
    Definitions.Loaded loaded = Definitions.load("shop", files);
    assertThat(loaded.problems().sorted()).isEmpty();
    return loaded.job().orElseThrow();
  }

  private static String line(
      String arm, String variant, boolean converted, String value, String momentTime) {
    return """
    {"user":"u1","trigger":"visit","version":1,"episode":"e","match":null,"assignment":"%s",\
    "variant":%s,"converted":%b,"value":%s,"delay_ms":null,"moment_time":"%s",\
    "decided_time":"%s","command_id":"x"}"""
        .formatted(arm, variant, converted, value, momentTime, momentTime);
  }

  private static String json(JobDefinition job, Path file, String watermark) throws IOException {
    TriggerDefinition trigger = job.triggers().get(0);
    return Experiments.read(job, file, OptionalLong.of(Instant.parse(watermark).toEpochMilli()))
        .json(trigger, 0);
  }

  @Test
  void onlyEpisodesCountWhoseTimeIsOver(@TempDir Path folder) throws IOException {
    JobDefinition job = job(", value: event.total");
    Path file =
        Files.write(
            folder.resolve("outcomes.jsonl"),
            List.of(
                line("treated", "\"b\"", true, "12.50", "2026-11-02T10:00:00.000Z"),
                line("treated", "\"a\"", true, "null", "2026-11-02T10:00:00.000Z"),
                line("treated", "\"b\"", false, "null", "2026-11-02T10:00:00.000Z"),
                line("treated", "\"b\"", false, "null", "2026-11-02T10:00:00.000Z"),
                line("held_out", "\"a\"", true, "0.25", "2026-11-02T10:00:00.000Z"),
                line("held_out", "\"b\"", false, "null", "2026-11-02T11:00:00.000Z"),
                line("held_out", "\"b\"", true, "7.00", "2026-11-02T11:00:00.001Z")));
    assertThat(json(job, file, "2026-11-02T12:00:00.000Z"))
        .isEqualTo(
            """
            {
              "treated": {"n": 4, "converted": 2, "rate": 0.500000, "value": 12.50},
              "held_out": {"n": 2, "converted": 1, "rate": 0.500000, "value": 0.25},
              "variants": {"a": {"n": 1, "converted": 1, "rate": 1.000000, "value": 0}, \
            "b": {"n": 3, "converted": 1, "rate": 0.333333, "value": 12.50}},
              "uplift": {"difference": 0.000000, "low": -0.535610, "high": 0.535610},
              "too_early": 1
            }""");
  }

  @Test
  void whereThereIsNothingToCompareNothingIsCompared(@TempDir Path folder) throws IOException {
    JobDefinition job = job("");
    Path file =
        Files.write(
            folder.resolve("outcomes.jsonl"),
            List.of(line("treated", "null", true, "null", "2026-11-02T10:00:00.000Z")));
    assertThat(json(job, file, "2026-11-02T12:00:00.000Z"))
        .isEqualTo(
            """
            {
              "treated": {"n": 1, "converted": 1, "rate": 1.000000},
              "held_out": {"n": 0, "converted": 0, "rate": null},
              "uplift": null,
              "too_early": 0
            }""");
    String nothing = json(job, folder.resolve("none.jsonl"), "2026-11-02T12:00:00.000Z");
    assertThat(nothing)
        .contains("\"treated\": {\"n\": 0, \"converted\": 0, \"rate\": null}")
        .isEqualTo(Experiments.none().json(job.triggers().get(0), 0));
    assertThat(Experiments.none().uplift("visit")).isEmpty();
  }
}
