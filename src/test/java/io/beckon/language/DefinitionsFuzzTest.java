// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.language.diagnostics.Rendering;
import io.beckon.plan.Plan;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Whatever a file holds, loading gives a job that compiles or errors, and both can be shown. */
class DefinitionsFuzzTest {
  private static final int SEEDS = 2_000;
  private static final List<String> JOBS = List.of("shop", "habits", "campaign", "watched");
  private static final String SCRAPS =
      "{}[]:,-#&*!|>'\"%@`~ \t\n\r\0\u00e9\ud83d\u2028\ufeff?0aZ_.$";

  /** What a value may be replaced by. */
  private static final List<String> VALUES =
      List.of(
          "{}",
          "[]",
          "~",
          "5",
          "-1",
          "true",
          "x",
          "{a: b}",
          "[[]]",
          "[{}]",
          "1e999999999",
          "0x",
          "99999999999999999999",
          "\"\"",
          "' '",
          "${",
          "{event: purchase}",
          "*a",
          "&a b",
          "!!int x",
          "999999999999d",
          "\"${event}\"",
          ".inf",
          "2026-13-01",
          "[a, [b]]",
          "event",
          "36h",
          "1.5",
          "-3d",
          "\"25:00\"",
          "[purchase, app_open]",
          "event.total",
          "signal.level > 1.0",
          "user.tier",
          "10%",
          "-5%",
          "1e2%",
          "\"22:00-08:00\"",
          "[\"00:00-24:00\"]",
          "usual_hour",
          "november-coupons",
          "{wait: 1d}",
          "{small: {weight: 0}, large: {weight: 0}}",
          "{tutorial: {channel: push, budget: calls}}",
          "welcome-back",
          "mbg-nbd",
          "renewal-risk",
          "days_to_renewal",
          "\"{user}:{\"",
          "1e-7",
          "0.00");

  private static final Pattern VALUE = Pattern.compile("(?<=: )[^,{}\\[\\]\n]+|\\{[^{}\n]*}");

  @Test
  void damagedJobsNeverThrow() {
    for (int seed = 0; seed < SEEDS; seed++) {
      Random random = new Random(seed);
      String job = JOBS.get(seed % JOBS.size());
      Map<String, String> files = JobFiles.read(JobFiles.SHOP.resolveSibling(job));
      List<String> names = new ArrayList<>(files.keySet());
      for (int i = 0; i <= random.nextInt(3); i++) {
        String name = names.get(random.nextInt(names.size()));
        files.computeIfPresent(name, (key, text) -> damage(text, random));
      }
      check(seed, files);
    }
  }

  private static String damage(String text, Random random) {
    if (text.isEmpty()) {
      return text;
    }
    int at = random.nextInt(text.length());
    String[] lines = text.split("\n", -1);
    int line = random.nextInt(lines.length);
    return switch (random.nextInt(8)) {
      case 0 -> text.substring(0, at) + text.substring(at + 1);
      case 1 -> {
        int to = Math.min(text.length(), at + 1 + random.nextInt(40));
        yield text.substring(0, at) + text.substring(to);
      }
      case 2 -> {
        List<String> kept = new ArrayList<>(Arrays.asList(lines));
        kept.remove(line);
        yield String.join("\n", kept);
      }
      case 3 -> text.substring(0, at);
      case 4 ->
          text.substring(0, at)
              + SCRAPS.charAt(random.nextInt(SCRAPS.length()))
              + text.substring(at);
      case 5, 6 -> {
        List<MatchResult> places = VALUE.matcher(text).results().toList();
        if (places.isEmpty()) {
          yield text;
        }
        MatchResult place = places.get(random.nextInt(places.size()));
        String value = VALUES.get(random.nextInt(VALUES.size()));
        yield text.substring(0, place.start()) + value + text.substring(place.end());
      }
      default -> {
        int other = random.nextInt(lines.length);
        String kept = lines[line];
        lines[line] = lines[other];
        lines[other] = kept;
        yield String.join("\n", lines);
      }
    };
  }

  /** What a job that was taken over names is there. */
  private static void checkWhole(int seed, JobDefinition job) {
    PolicyDefinition policy = job.policy();
    policy
        .budgets()
        .forEach(
            budget ->
                assertThat(budget.whenEmpty().flatMap(Intervention::budget))
                    .as("seed " + seed)
                    .isEmpty());
    for (TriggerDefinition trigger : job.triggers()) {
      assertThat(trigger.holdout()).as("seed " + seed).isBetween(BigDecimal.ZERO, BigDecimal.ONE);
      assertThat(trigger.steps().get(0).waitMs()).as("seed " + seed).isZero();
      for (TriggerDefinition.Step step : trigger.steps()) {
        Intervention intervention = step.intervention();
        assertThat(intervention.variants().size()).as("seed " + seed).isNotEqualTo(1);
        for (Intervention each : intervention.alternatives()) {
          assertThat(each.kind()).as("seed " + seed).isEqualTo(intervention.kind());
          assertThat(each.budget()).as("seed " + seed).isEqualTo(intervention.budget());
          each.budget()
              .ifPresent(id -> assertThat(policy.budget(id)).as("seed " + seed).isPresent());
          each.cost()
              .ifPresent(cost -> assertThat(cost.signum()).as("seed " + seed).isNotNegative());
        }
      }
    }
  }

  private static void check(int seed, Map<String, String> files) {
    try {
      Definitions.Loaded loaded = JobFiles.load(files);
      assertThat(loaded.job().isPresent())
          .as("seed " + seed)
          .isEqualTo(!loaded.problems().hasErrors());
      // Nothing is left out in silence.
      long written = files.keySet().stream().filter(name -> name.startsWith("triggers/")).count();
      loaded
          .job()
          .ifPresent(job -> assertThat(job.triggers()).as("seed " + seed).hasSize((int) written));
      long models = files.keySet().stream().filter(name -> name.startsWith("models/")).count();
      loaded
          .job()
          .ifPresent(job -> assertThat(job.models()).as("seed " + seed).hasSize((int) models));
      loaded.job().ifPresent(job -> checkWhole(seed, job));
      loaded.job().ifPresent(Plan::compile);
      String text = Rendering.text(loaded.problems().sorted(), JobFiles.sources(files));
      assertThat(text).as("seed " + seed).doesNotContain("Exception").endsWith("\n");
      assertThat(Rendering.json(loaded.problems().sorted())).as("seed " + seed).endsWith("]\n");
    } catch (RuntimeException | StackOverflowError e) {
      throw new AssertionError("seed " + seed, e);
    }
  }
}
