// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.beckon.dashboards.View;
import io.beckon.metrics.RealPrometheus;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the pictures in the documentation are drawn from: {@code deploy/grafana/pictures/draw} runs
 * this with {@code -Dbeckon.pictures=true}, otherwise it is left out.
 */
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class PicturesTest {
  private static final long SEED = 82;
  private static final Duration SHOWN =
      Duration.ofSeconds(Long.getLong("beckon.pictures.for", 480));
  private static final Duration BEFORE = Duration.ofSeconds(100);
  private static final Duration STEP = Duration.ofSeconds(4);
  private static final int USERS = 1_500;
  private static final Path ANSWERS = Path.of("target", "pictures", "answers.json");

  @Test
  void answersAreKeptForThePictures(@TempDir(cleanup = CleanupMode.NEVER) Path folder)
      throws Exception {
    assumeTrue(
        Boolean.getBoolean("beckon.pictures"), "pictures are drawn with -Dbeckon.pictures=true");
    assertThat(RealPrometheus.isInstalled()).as(RealPrometheus.MISSING).isTrue();
    try (WatchedShop shop = WatchedShop.open(SEED)) {
      long openedMs = System.currentTimeMillis();
      shop.bought(0, USERS, 5_000, openedMs - Duration.ofDays(60).toMillis(), openedMs - 7_200_000);
      shop.sell(0, USERS, 6_000, openedMs - Duration.ofMinutes(21).toMillis(), openedMs);
      // Days close all the time.
      shop.welcome(0, USERS, openedMs + 60_000, BEFORE.plus(SHOWN).dividedBy(USERS));
      shop.start(folder);
      try (ShopUsers users = new ShopUsers(shop, SEED)) {
        // What the jobs make of the past is not shown.
        live(shop, users, openedMs, openedMs + BEFORE.toMillis());
        try (RealPrometheus prometheus =
            RealPrometheus.start(folder.resolve("prometheus"), shop.targets(), List.of())) {
          live(shop, users, openedMs, openedMs + BEFORE.plus(SHOWN).toMillis());
          Instant to = Instant.now();
          Files.createDirectories(ANSWERS.getParent());
          Files.writeString(
              ANSWERS, answers(prometheus, to.minus(SHOWN).plusSeconds(15), to).toString());
        }
      }
    }
  }

  private static void live(WatchedShop shop, ShopUsers users, long openedMs, long untilMs) {
    for (long nowMs = System.currentTimeMillis();
        nowMs < untilMs;
        nowMs = System.currentTimeMillis()) {
      long seconds = (nowMs - openedMs) / 1_000;
      // A tide, so that lines are no planks.
      int events = (int) Math.round(22 + 12 * Math.sin(seconds / 55.0));
      shop.sell(0, USERS, events, nowMs - 1_000, nowMs);
      users.answer(nowMs);
      LockSupport.parkNanos(Duration.ofSeconds(1).toNanos());
    }
  }

  private static ArrayNode answers(RealPrometheus prometheus, Instant from, Instant to)
      throws Exception {
    ArrayNode all = JsonMapper.shared().createArrayNode();
    for (String title : List.of("Overview", "Triggers", "Churn", "Health")) {
      boolean scores = title.equals("Churn");
      Map<String, String> chosen =
          scores
              ? Map.of(
                  "job",
                  WatchedShop.SCORES_JOB,
                  "decides",
                  WatchedShop.JOB,
                  "signal",
                  "p_return",
                  "trigger",
                  "come-back")
              : title.equals("Triggers")
                  ? Map.of("job", WatchedShop.JOB, "trigger", "come-back")
                  : Map.of("job", WatchedShop.JOB);
      View view = View.of(title, chosen, from, to, STEP);
      ObjectNode told = all.addObject();
      told.put("file", view.dashboard().file());
      told.put("from", from.toEpochMilli()).put("to", to.toEpochMilli());
      chosen.forEach(told.putObject("chosen")::put);
      ArrayNode panels = told.putArray("answers");
      List<View.Answer> answers = new ArrayList<>(view.answers(prometheus));
      view.dashboard()
          .panels()
          .forEach(
              panel -> {
                ArrayNode queries = panels.addArray();
                panel.queries().forEach(query -> queries.add(answers.remove(0).result()));
              });
    }
    return all;
  }
}
