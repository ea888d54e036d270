// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beckon.engine.UserScores.Cause;
import io.beckon.event.Event;
import io.beckon.event.EventType;
import io.beckon.event.Slots;
import io.beckon.language.Definitions;
import io.beckon.language.JobDefinition;
import io.beckon.language.SourceFile;
import io.beckon.plan.Plan;
import io.beckon.policy.BudgetRequest;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.policy.Outcome;
import io.beckon.state.UserState;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What a job of scores tells, against what all raw events say. */
class UserScoresTest {
  private static final long HOUR_MS = 3_600_000;
  private static final long DAY_MS = 24 * HOUR_MS;
  private static final long START_MS = 1_774_000_000_000L;
  private static final long LATENESS_MS = 2 * HOUR_MS;
  private static final int ACTIVE_DAYS = 4;
  private static final int CASES = 400;

  private static final List<SourceFile> FILES =
      List.of(
          new SourceFile(
              "j/job.yaml",
              """
              apiVersion: beckon/v1
              kind: Job
              id: shop
              time: {lateness: 2h, clock: replay}
              source: {format: jsonl}
              scores: {signals: [looks, last_item, since_look], active_for: 4d}
              """),
          new SourceFile(
              "j/policy.yaml",
              """
              apiVersion: beckon/v1
              kind: Policy
              timezone: {from: user.zone, fallback: Europe/Berlin}
              """),
          new SourceFile(
              "j/events.yaml",
              """
              apiVersion: beckon/v1
              kind: Events
              events:
                look: {item: string}
                buy: {item: string}
                scroll: {depth: int}
              user: {zone: string}
              """),
          new SourceFile(
              "j/signals.yaml",
              """
              apiVersion: beckon/v1
              kind: Signals
              signals:
                looks: {count: look, over: 1h}
                last_item: {last: event.item, of: {events: [look, buy]}}
                since_look: {since: look}
                buys: {count: buy, over: 1h}
              """));

  private final JobDefinition job =
      Definitions.load("j", FILES).job().orElseThrow(AssertionError::new).publishing();
  private final Plan plan = Plan.compile(job);

  private record Told(long timeMs, Cause cause, Map<String, Object> values) {}

  private static final class Heard implements EngineOutput {
    private final List<Told> told = new ArrayList<>();
    private int others;

    @Override
    public void scores(UserScores scores) {
      Map<String, Object> values = new TreeMap<>();
      Slots slots = scores.values();
      for (int i = 0; i < slots.type().size(); i++) {
        Object value = slots.objectAt(i);
        if (value != null) {
          values.put(slots.type().attribute(i).name(), value);
        }
      }
      told.add(new Told(scores.timeMs(), scores.cause(), values));
    }

    @Override
    public void decision(Decision decision) {
      others++;
    }

    @Override
    public void command(Command command) {
      others++;
    }

    @Override
    public void outcome(Outcome outcome) {
      others++;
    }

    @Override
    public void request(BudgetRequest request) {
      others++;
    }

    @Override
    public void late(Event event, long watermarkMs) {
      others++;
    }

    @Override
    public void count(Counter counter) {
      assertThat(counter).isEqualTo(Counter.DUPLICATE_EVENTS);
    }

    @Override
    public void count(TriggerCounter counter, String trigger) {
      others++;
    }
  }

  private Event event(String id, long timeMs, String type, String item) {
    EventType kind =
        job.catalogue().types().stream().filter(t -> t.name().equals(type)).findFirst().get();
    Slots slots = new Slots(kind.record());
    if (!item.isEmpty()) {
      slots.setString(kind.record().indexOf("item"), item);
    }
    return new Event(id, kind, "u1", timeMs, slots);
  }

  /** The whole history at once, and every question answered from all of it. */
  private List<Told> naive(List<Event> events, ZoneId zone, long untilMs) {
    List<Event> sorted = new ArrayList<>(events);
    sorted.sort(Event::compareByTimeAndId);
    TreeMap<Long, Boolean> instants = new TreeMap<>();
    sorted.forEach(event -> instants.put(event.timeMs(), true));
    List<Told> told = new ArrayList<>();
    Map<String, Object> before = Map.of();
    long lastMs = Long.MIN_VALUE;
    long closeMs = Long.MAX_VALUE;
    while (true) {
      Long next = lastMs == Long.MIN_VALUE ? instants.firstKey() : instants.higherKey(lastMs);
      long atMs = Math.min(next == null ? Long.MAX_VALUE : next, closeMs);
      if (atMs > untilMs) {
        return told;
      }
      boolean hasEvent = instants.containsKey(atMs);
      Map<String, Object> values = values(sorted, atMs);
      if (atMs == closeMs) {
        told.add(new Told(atMs, Cause.CLOSE, values));
      } else if (!values.equals(before)) {
        told.add(new Told(atMs, Cause.CHANGE, values));
      }
      before = values;
      lastMs = hasEvent ? atMs : lastMs;
      LocalDate today = Instant.ofEpochMilli(atMs).atZone(zone).toLocalDate();
      closeMs = today.plusDays(1).atStartOfDay(zone).toInstant().toEpochMilli();
      if (!hasEvent && closeMs - lastMs > ACTIVE_DAYS * DAY_MS) {
        closeMs = Long.MAX_VALUE;
        before = Map.of();
        if (instants.higherKey(lastMs) == null) {
          return told;
        }
      }
    }
  }

  private static Map<String, Object> values(List<Event> sorted, long atMs) {
    Map<String, Object> values = new TreeMap<>();
    long looks = 0;
    for (Event event : sorted) {
      if (event.timeMs() > atMs) {
        break;
      }
      Object item = event.attributes().objectAt(event.type().record().indexOf("item"));
      if (item != null) {
        values.put("last_item", item);
      }
      if (event.type().name().equals("look")) {
        looks += event.timeMs() >= atMs - HOUR_MS ? 1 : 0;
        values.put("since_look", atMs - event.timeMs());
      }
    }
    values.put("looks", looks);
    return values;
  }

  @Test
  void scoresAreThoseOfAllEventsWhereverTheyChangeAndAsDaysClose() {
    int changes = 0;
    int closes = 0;
    int quiet = 0;
    for (int seed = 0; seed < CASES; seed++) {
      Random random = new Random(seed);
      List<Event> events = new ArrayList<>();
      long timeMs = START_MS;
      int count = 1 + random.nextInt(25);
      for (int i = 0; i < count; i++) {
        long[] steps = {0, 1, 20 * 60_000, HOUR_MS, 9 * HOUR_MS, DAY_MS, 3 * DAY_MS, 7 * DAY_MS};
        timeMs += (long) (steps[random.nextInt(steps.length)] * (0.5 + random.nextDouble() / 2));
        String item = random.nextInt(5) == 0 ? "" : "i" + random.nextInt(3);
        String type = random.nextInt(3) == 0 ? "buy" : "look";
        events.add(event("e" + random.nextInt(1_000_000), timeMs, type, item));
      }
      ZoneId zone =
          ZoneId.of(List.of("Europe/Berlin", "Asia/Kolkata", "Pacific/Apia").get(seed % 3));
      long untilMs = timeMs + random.nextInt(9) * DAY_MS;
      List<Told> told = engine(events, zone, untilMs, random);
      // One without an item is none of the events of `last_item`, but a look all the same.
      List<Event> seen =
          events.stream()
              .filter(e -> e.type().name().equals("look") || e.attributes().has(0))
              .toList();
      List<Told> expected = seen.isEmpty() ? List.of() : naive(seen, zone, untilMs);
      assertThat(told).as("seed %s", seed).isEqualTo(expected);
      changes += (int) told.stream().filter(t -> t.cause() == Cause.CHANGE).count();
      closes += (int) told.stream().filter(t -> t.cause() == Cause.CLOSE).count();
      quiet += told.size() < 2 * count ? 1 : 0;
    }
    assertThat(changes).isGreaterThan(1_000);
    assertThat(closes).isGreaterThan(1_000);
    assertThat(quiet).isPositive();
  }

  /** In an order within the lateness, with copies, through bytes now and then. */
  private List<Told> engine(List<Event> events, ZoneId zone, long untilMs, Random random) {
    record Read(long atMs, Event event) {}
    List<Read> reads = new ArrayList<>();
    for (Event event : events) {
      for (int copy = random.nextInt(3) == 0 ? 2 : 1; copy > 0; copy--) {
        reads.add(new Read(event.timeMs() + (long) (random.nextDouble() * LATENESS_MS), event));
      }
    }
    reads.sort((p, q) -> Long.compare(p.atMs(), q.atMs()));
    Engine engine = new Engine(plan);
    Heard heard = new Heard();
    UserState state = engine.newState("u1");
    Slots profile = new Slots(job.catalogue().profile());
    engine.profile(state, profile.setString(0, zone.getId()));
    long newestMs = Long.MIN_VALUE;
    for (Read read : reads) {
      newestMs = Math.max(newestMs, read.event().timeMs());
      engine.offer(state, read.event(), newestMs - LATENESS_MS - 1, 0, heard);
      if (random.nextInt(4) == 0) {
        state = engine.decode("u1", engine.encode(state));
      }
      if (random.nextInt(4) == 0 && engine.wakeUp(state) <= newestMs - LATENESS_MS - 1) {
        throw new AssertionError("asleep");
      }
    }
    engine.advance(state, untilMs, 0, heard);
    assertThat(heard.others).isZero();
    return heard.told;
  }

  @Test
  void onlyWhatIsPublishedIsKept() {
    assertThat(plan.signals()).hasSize(3);
    assertThat(plan.triggers()).isEmpty();
    assertThat(plan.listensTo(job.catalogue().types().get(2))).isFalse();
    assertThat(Plan.compile(Definitions.load("j", FILES).job().get()).published()).isEmpty();
  }

  @Test
  void aUserWhoIsSilentForLongWaitsForNoClose() {
    Engine engine = new Engine(plan);
    Heard heard = new Heard();
    UserState state = engine.newState("u1");
    engine.offer(state, event("a", START_MS, "look", "i1"), Long.MIN_VALUE, 0, heard);
    engine.advance(state, START_MS + 30 * DAY_MS, 0, heard);
    assertThat(heard.told).hasSize(1 + ACTIVE_DAYS);
    assertThat(state.publication().isEmpty()).isTrue();
    assertThat(engine.isEmpty(state)).isFalse();
    engine.advance(state, START_MS + 500 * DAY_MS, 0, heard);
    assertThat(heard.told).hasSize(1 + ACTIVE_DAYS);
    assertThat(engine.isEmpty(state)).isTrue();
  }

  @Test
  void aJobThatDecidesReadsTheStateWithoutWaitingForCloses() {
    Engine engine = new Engine(plan);
    UserState state = engine.newState("u1");
    engine.offer(state, event("a", START_MS, "look", "i1"), Long.MIN_VALUE, 0, new Heard());
    engine.advance(state, START_MS, 0, new Heard());
    byte[] bytes = engine.encode(state);
    assertThat(engine.encode(engine.decode("u1", bytes))).isEqualTo(bytes);
    Plan other = Plan.compile(Definitions.load("j", FILES).job().get());
    assertThat(new Engine(other).decode("u1", bytes).publication().isEmpty()).isTrue();
  }

  @Test
  void whatIsNoScoreOfAJobThatDecidesIsRefused() {
    assertThatThrownBy(
            () ->
                Scenario.of(
                        "id: x\nversion: 1\nwhen: {event: view}\nthen: {coupon: {channel: push, offer:"
                            + " T}}\n")
                    .scores(new UserScores("u1", 0, Cause.CLOSE, plan.noProfile())))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageNotContaining("u1");
  }
}
