// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.plan.Plan;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.policy.Reason;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.zone.ZoneRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Nothing goes out in quiet hours: a year with its changes of daylight saving, in every zone the
 * JDK has, judged by the JDK's own local times.
 */
class QuietZonesTest {
  private static final long HOUR = 3_600_000;
  private static final LocalTime FROM = LocalTime.of(21, 30);
  private static final LocalTime TO = LocalTime.of(8, 15);
  private static final LocalDate HOLIDAY = LocalDate.of(2026, 5, 1);

  private static final String POLICY =
      """
      timezone: {from: user.zone, fallback: UTC}
      quiet_hours:
        windows: ["21:30-08:15", "13:00-13:30"]
        holidays: [{from: 2026-05-01, to: 2026-05-01}]
        release: {spread: 20m}
      """;

  private static final String TRIGGER =
      """
      id: a
      version: 1
      when: {event: {event: view}}
      then: {message: {channel: push}}
      """;

  /** Zones whose clocks go alike all year need no second run. */
  private static List<String> differentZones() {
    TreeMap<String, String> different = new TreeMap<>();
    for (String zone : new TreeSet<>(ZoneId.getAvailableZoneIds())) {
      ZoneRules rules = ZoneId.of(zone).getRules();
      StringBuilder clock = new StringBuilder();
      for (long day = 0; day < 370; day++) {
        clock.append(rules.getOffset(Instant.ofEpochMilli(Scenario.START_MS + day * 24 * HOUR)));
      }
      Instant at = Instant.ofEpochMilli(Scenario.START_MS);
      for (int i = 0; i < 4 && at != null; i++) {
        var next = rules.nextTransition(at);
        at = next == null ? null : next.getInstant();
        clock.append(at);
      }
      different.putIfAbsent(clock.toString(), zone);
    }
    return new ArrayList<>(different.values());
  }

  private static boolean isQuiet(long timeMs, ZoneId zone) {
    ZonedDateTime local = Instant.ofEpochMilli(timeMs).atZone(zone);
    LocalTime time = local.toLocalTime();
    return !time.isBefore(FROM)
        || time.isBefore(TO)
        || (!time.isBefore(LocalTime.of(13, 0)) && time.isBefore(LocalTime.of(13, 30)))
        || local.toLocalDate().equals(HOLIDAY);
  }

  @Test
  void nothingGoesOutInQuietHoursInAnyZoneAllYear() {
    Plan plan = Scenario.job(Optional.of(POLICY), "lateness: 0s, clock: replay", TRIGGER);
    List<String> zones = differentZones();
    assertThat(zones).hasSizeGreaterThan(60);
    Set<Reason> seen = new TreeSet<>();
    for (String zone : zones) {
      Scenario scenario = Scenario.of(plan).profile("zone", zone);
      int events = 0;
      // Every hour of the day and every minute of it comes up.
      for (long atMs = 0; atMs < 365 * 24 * HOUR; atMs += 13 * HOUR + 61_000) {
        scenario.read(atMs, "view");
        events++;
      }
      scenario.advance(370 * 24 * HOUR);
      ZoneId id = ZoneId.of(zone);
      assertThat(scenario.commands).as(zone).hasSize(events);
      for (Command command : scenario.commands) {
        assertThat(isQuiet(command.decisionTimeMs(), id))
            .as("%s at %s", zone, Instant.ofEpochMilli(command.decisionTimeMs()))
            .isFalse();
      }
      for (Decision decision : scenario.decisions) {
        seen.add(decision.reason());
        if (decision.reason() == Reason.DEFERRED) {
          assertThat(isQuiet(decision.decisionTimeMs(), id)).as(zone).isTrue();
        }
      }
    }
    assertThat(seen).containsExactly(Reason.ISSUED, Reason.DEFERRED);
  }
}
