// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The simulated shop: what it promises about users, order, memory and truth. */
final class SimulationTest {
  private static final LocalDate START = LocalDate.of(2026, 11, 2);
  private static final long HOUR_MS = 3_600_000L;
  private static final long DAY_MS = 24 * HOUR_MS;

  private static SimulationSettings settings(int users, int days, long seed) {
    return new SimulationSettings(users, days, seed, START, true);
  }

  private static List<SimulatedEvent> events(SimulationSettings settings) throws IOException {
    List<SimulatedEvent> events = new ArrayList<>();
    new Simulation(settings).run(events::add);
    return events;
  }

  private static String sha256(Path file) throws IOException, NoSuchAlgorithmException {
    return HexFormat.of()
        .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
  }

  // --- the same everywhere

  @Test
  void aSeedMeansTheseBytesForEver(@TempDir Path folder) throws Exception {
    SimulationFiles files = new SimulationFiles(settings(200, 3, 7));
    Path json = folder.resolve("events.jsonl");
    Path csv = folder.resolve("events.csv");
    Path truth = folder.resolve("truth.jsonl");
    files.events(json, EventFormat.JSONL, count -> {});
    files.events(csv, EventFormat.CSV, count -> {});
    files.truth(truth, 7);
    assertThat(List.of(sha256(json), sha256(csv), sha256(truth)))
        .containsExactly(
            "743c5b737279af11aaff555352cd862d605c211579fdf132d494ffa43d6c1744",
            "05731cf43e983936bbfe7566c27f32c00d485ed4790ea3157f9c661f519d615d",
            "04075649a62e7c1296752fd30920d04e10b239fbf6fadbfe6e1d846a7241d27e");
    files.events(json, EventFormat.JSONL, count -> {});
    assertThat(sha256(json))
        .isEqualTo("743c5b737279af11aaff555352cd862d605c211579fdf132d494ffa43d6c1744");
  }

  @Test
  void anotherSeedIsAnotherShop() throws IOException {
    assertThat(events(settings(50, 1, 1))).isNotEqualTo(events(settings(50, 1, 2)));
  }

  @Test
  void moreUsersChangeNothingForThoseThereWere() throws IOException {
    List<SimulatedEvent> few = events(settings(40, 2, 3));
    List<SimulatedEvent> many = new ArrayList<>(events(settings(400, 2, 3)));
    many.removeIf(event -> event.user() >= 40);
    assertThat(few).isNotEmpty().isEqualTo(many);
  }

  // --- personas

  @Test
  void anyThousandUsersInARowHaveTheExactShares() {
    for (long seed : List.of(0L, 1L, -5L, Long.MAX_VALUE, Long.MIN_VALUE)) {
      Simulation simulation = new Simulation(settings(2_000, 1, seed));
      for (int first : List.of(0, 437, 1_000)) {
        Map<Persona, Integer> counts = new EnumMap<>(Persona.class);
        for (int user = first; user < first + 1_000; user++) {
          counts.merge(simulation.persona(user), 1, Integer::sum);
        }
        for (Persona persona : Persona.values()) {
          assertThat(counts)
              .as("seed %d from %d", seed, first)
              .containsEntry(persona, persona.share());
        }
      }
    }
  }

  @Test
  void personasDoWhatTheirNamesSay() throws IOException {
    SimulationSettings settings = settings(4_000, 7, 11);
    Simulation simulation = new Simulation(settings);
    Map<Persona, Long> views = new EnumMap<>(Persona.class);
    Map<Persona, Long> purchases = new EnumMap<>(Persona.class);
    Map<Persona, Long> firstHalf = new EnumMap<>(Persona.class);
    Map<Persona, Long> all = new EnumMap<>(Persona.class);
    for (SimulatedEvent event : events(settings)) {
      Persona persona = simulation.persona(event.user());
      all.merge(persona, 1L, Long::sum);
      if (event.timeMs() < settings.startMs() + 7 * DAY_MS / 2) {
        firstHalf.merge(persona, 1L, Long::sum);
      }
      if (event.type() == SimulatedEvent.Type.PURCHASE) {
        purchases.merge(persona, 1L, Long::sum);
      } else if (event.type() == SimulatedEvent.Type.PRODUCT_VIEW) {
        views.merge(persona, 1L, Long::sum);
      }
    }
    double boughtPerView = rate(purchases, views, Persona.LOYAL_BUYER);
    assertThat(boughtPerView).isBetween(0.04, 0.15);
    assertThat(rate(purchases, views, Persona.WINDOW_SHOPPER)).isBetween(0.003, boughtPerView / 4);
    assertThat(purchases).doesNotContainKey(Persona.BOT);
    assertThat(rate(firstHalf, all, Persona.FADING)).isGreaterThan(0.65);
    assertThat(rate(firstHalf, all, Persona.CHURNER)).isGreaterThan(0.6);
    assertThat(rate(firstHalf, all, Persona.LOYAL_BUYER)).isBetween(0.4, 0.6);

    long bots = all.getOrDefault(Persona.BOT, 0L);
    long others = all.values().stream().mapToLong(Long::longValue).sum() - bots;
    double perBot = bots / (4_000.0 * Persona.BOT.share() / 1_000);
    double perOther = others / (4_000.0 * (1_000 - Persona.BOT.share()) / 1_000);
    assertThat(perBot / perOther).isBetween(70.0, 140.0);
  }

  private static double rate(Map<Persona, Long> some, Map<Persona, Long> of, Persona persona) {
    return (double) some.getOrDefault(persona, 0L) / of.getOrDefault(persona, 1L);
  }

  @Test
  void churnersDoNothingAfterTheyHaveLeft() throws IOException {
    SimulationSettings settings = settings(1_000, 5, 4);
    Simulation simulation = new Simulation(settings);
    Map<Integer, Long> leftMs = new HashMap<>();
    for (int user = 0; user < settings.users(); user++) {
      Simulation.Truth truth = simulation.truth(user);
      assertThat(truth.churnedAtMs().isPresent()).isEqualTo(truth.persona() == Persona.CHURNER);
      if (truth.churnedAtMs().isPresent()) {
        leftMs.put(user, truth.churnedAtMs().getAsLong());
      }
    }
    assertThat(leftMs).hasSize(Persona.CHURNER.share());
    assertThat(leftMs.values())
        .allMatch(ms -> ms >= settings.startMs() + DAY_MS && ms < settings.endMs() - DAY_MS);
    for (SimulatedEvent event : events(settings)) {
      assertThat(event.timeMs()).isLessThan(leftMs.getOrDefault(event.user(), Long.MAX_VALUE));
    }
  }

  // --- order

  @Test
  void rightClocksAreNeverMoreThanEightSecondsOutOfOrder() throws IOException {
    SimulationSettings settings = settings(1_000, 2, 5);
    Simulation simulation = new Simulation(settings);
    long arrivedMs = Long.MIN_VALUE;
    long newestMs = settings.startMs();
    int disordered = 0;
    Map<String, SimulatedEvent> byId = new HashMap<>();
    int copies = 0;
    for (SimulatedEvent event : events(settings)) {
      assertThat(event.arrivalMs()).isGreaterThanOrEqualTo(arrivedMs);
      arrivedMs = event.arrivalMs();
      assertThat(event.timeMs()).isBetween(settings.startMs(), settings.endMs() - 1);
      SimulatedEvent first = byId.putIfAbsent(event.id(), event);
      if (first != null) {
        copies++;
        assertThat(event.toldMs()).isEqualTo(first.toldMs());
        assertThat(event.product()).isEqualTo(first.product());
      }
      if (simulation.persona(event.user()) != Persona.WRONG_CLOCK) {
        assertThat(event.toldMs()).isEqualTo(event.timeMs());
        assertThat(event.toldMs()).isGreaterThan(newestMs - 8_000);
        disordered += event.toldMs() < newestMs ? 1 : 0;
        newestMs = Math.max(newestMs, event.toldMs());
      }
    }
    assertThat(disordered).isPositive();
    assertThat(copies).isBetween(byId.size() / 400, byId.size() / 120);
  }

  @Test
  void wrongClocksAreAnHourOffOrHoursLate() throws IOException {
    for (boolean ahead : List.of(true, false)) {
      SimulationSettings settings = new SimulationSettings(1_000, 2, 6, START, ahead);
      Simulation simulation = new Simulation(settings);
      Map<Integer, DeviceClock> clocks = new HashMap<>();
      for (int user = 0; user < settings.users(); user++) {
        clocks.put(user, simulation.truth(user).clock());
      }
      Set<DeviceClock> seen = new HashSet<>();
      for (SimulatedEvent event : events(settings)) {
        DeviceClock clock = clocks.getOrDefault(event.user(), DeviceClock.RIGHT);
        seen.add(clock);
        long offMs = event.toldMs() - event.timeMs();
        long delayMs = event.arrivalMs() - event.timeMs();
        switch (clock) {
          case RIGHT -> assertThat(offMs).isZero();
          case AHEAD -> assertThat(offMs).isEqualTo(HOUR_MS);
          case BEHIND -> assertThat(offMs).isEqualTo(-HOUR_MS);
          case LATE -> assertThat(offMs).isZero();
        }
        if (clock == DeviceClock.LATE) {
          assertThat(delayMs).isBetween(2 * HOUR_MS, 6 * HOUR_MS + Shopper.MOST_DELAY_MS);
        } else {
          assertThat(delayMs).isBetween(0L, (long) Shopper.MOST_DELAY_MS);
        }
      }
      assertThat(seen).contains(DeviceClock.RIGHT, DeviceClock.BEHIND, DeviceClock.LATE);
      assertThat(seen.contains(DeviceClock.AHEAD)).isEqualTo(ahead);
    }
  }

  @Test
  void theQueueOfVisitsIsInOrder() {
    VisitQueue queue = new VisitQueue(2_000);
    Dice dice = Dice.of(1, 2, 3, 4);
    TreeMap<Long, Integer> expected = new TreeMap<>();
    for (int user = 0; user < 2_000; user++) {
      long atMs = dice.below(1 << 30) * 300L;
      expected.put(atMs << 24 | user, user);
      queue.add(atMs, user);
    }
    for (Map.Entry<Long, Integer> next : expected.entrySet()) {
      assertThat(queue.firstMs()).isEqualTo(next.getKey() >>> 24);
      assertThat(queue.firstUser()).isEqualTo(next.getValue());
      queue.removeFirst();
    }
    assertThat(queue.isEmpty()).isTrue();
  }

  // --- memory

  @Test
  void whatWaitsGrowsWithTheUsersAndNotWithTheDays() throws IOException {
    AtomicLong count = new AtomicLong();
    Simulation.Result day =
        new Simulation(settings(50_000, 1, 8)).run(event -> count.incrementAndGet());
    assertThat(day.events()).isEqualTo(count.get()).isGreaterThan(100_000);
    // An event that waits takes some hundred bytes.
    assertThat(day.mostWaiting()).isLessThan(50_000 / 10);
    int week = new Simulation(settings(5_000, 7, 8)).run(event -> {}).mostWaiting();
    int month = new Simulation(settings(5_000, 28, 8)).run(event -> {}).mostWaiting();
    assertThat(month).isLessThan(week + week / 2).isLessThan(5_000 / 5);
  }

  // --- truth

  @Test
  void theTruthAgreesWithTheEvents() throws IOException {
    SimulationSettings settings = settings(1_000, 4, 9);
    Simulation simulation = new Simulation(settings);
    Map<Integer, List<SimulatedEvent>> byUser = new HashMap<>();
    for (SimulatedEvent event : events(settings)) {
      if (!event.copy()) {
        byUser.computeIfAbsent(event.user(), user -> new ArrayList<>()).add(event);
      }
    }
    int bought = 0;
    int afterTheEnd = 0;
    for (int user = 0; user < settings.users(); user++) {
      Simulation.Truth truth = simulation.truth(user);
      List<SimulatedEvent> own = byUser.getOrDefault(user, List.of());
      assertThat(truth.events()).isEqualTo(own.size());
      assertThat(truth.persona()).isEqualTo(simulation.persona(user));
      for (Simulation.Interest interest : truth.interests()) {
        assertThat(own)
            .anyMatch(
                event ->
                    event.timeMs() == interest.atMs()
                        && event.product().equals(interest.product())
                        && event.type() != SimulatedEvent.Type.PURCHASE);
        long first =
            own.stream()
                .filter(event -> event.type() == SimulatedEvent.Type.PURCHASE)
                .filter(event -> event.product().equals(interest.product()))
                .mapToLong(SimulatedEvent::timeMs)
                .filter(timeMs -> timeMs > interest.atMs())
                .min()
                .orElse(Long.MAX_VALUE);
        long told = interest.boughtAtMs().orElse(Long.MAX_VALUE);
        if (told >= settings.endMs()) {
          assertThat(first).isEqualTo(Long.MAX_VALUE);
          afterTheEnd += told == Long.MAX_VALUE ? 0 : 1;
        } else {
          assertThat(told).isEqualTo(first);
          bought++;
        }
      }
    }
    assertThat(bought).isGreaterThan(100);
    assertThat(afterTheEnd).isPositive();
  }

  @Test
  void theTruthIsWrittenAsDocumented(@TempDir Path folder) throws IOException {
    SimulationSettings settings = settings(500, 3, 10);
    Path file = folder.resolve("truth.jsonl");
    new SimulationFiles(settings).truth(file, 1);
    Simulation simulation = new Simulation(settings);
    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSize(500);
    int anyway = 0;
    int tooLate = 0;
    for (int user = 0; user < lines.size(); user++) {
      JsonNode line = JsonMapper.shared().readTree(lines.get(user));
      assertThat(line.propertyNames())
          .containsExactly(
              "user", "persona", "clock", "clock_offset_ms", "churned_at", "events", "browsed");
      Simulation.Truth truth = simulation.truth(user);
      assertThat(line.get("user").asString()).isEqualTo("u" + (user + 1));
      assertThat(line.get("persona").asString()).isEqualTo(truth.persona().label());
      assertThat(line.get("churned_at").isNull()).isEqualTo(truth.churnedAtMs().isEmpty());
      assertThat(line.get("browsed").size()).isEqualTo(truth.interests().size());
      for (int i = 0; i < truth.interests().size(); i++) {
        Simulation.Interest interest = truth.interests().get(i);
        boolean told = line.get("browsed").get(i).get("would_buy_anyway").asBoolean();
        long afterMs = interest.boughtAtMs().orElse(Long.MAX_VALUE) - interest.atMs();
        assertThat(told).isEqualTo(interest.boughtAtMs().isPresent() && afterMs <= DAY_MS);
        anyway += told ? 1 : 0;
        tooLate += interest.boughtAtMs().isPresent() && !told ? 1 : 0;
      }
    }
    assertThat(anyway).isPositive();
    assertThat(tooLate).isPositive();
  }

  // --- files

  @Test
  void daysGoToFilesOfTheirOwn(@TempDir Path folder) throws IOException {
    SimulationSettings settings = settings(200, 3, 7);
    SimulationFiles files = new SimulationFiles(settings);
    Path whole = folder.resolve("all.csv");
    long count = files.events(whole, EventFormat.CSV, done -> {}).events();
    Path days = Files.createDirectory(folder.resolve("days"));
    AtomicLong last = new AtomicLong();
    files.eventsByDay(days, EventFormat.CSV, last::set);
    assertThat(last.get()).isEqualTo(count);
    StringBuilder text = new StringBuilder();
    String header = "ts_ms,user,type,item,category,value\n";
    try (var found = Files.list(days)) {
      List<Path> names = found.sorted().toList();
      assertThat(names)
          .extracting(file -> String.valueOf(file.getFileName()))
          .startsWith("events-2026-11-02.csv", "events-2026-11-03.csv", "events-2026-11-04.csv")
          .noneMatch(name -> name.endsWith(".part"));
      for (Path file : names) {
        String day = Files.readString(file);
        assertThat(day).startsWith(header);
        text.append(day, header.length(), day.length());
      }
    }
    assertThat(header + text).isEqualTo(Files.readString(whole, StandardCharsets.UTF_8));
  }

  @Test
  void aFailureLeavesNoFileBehind(@TempDir Path folder) throws IOException {
    SimulationFiles files = new SimulationFiles(settings(50, 1, 1));
    Path file = folder.resolve("events.jsonl");
    assertThatThrownBy(
            () ->
                files.events(
                    file,
                    EventFormat.JSONL,
                    count -> {
                      if (count == 20) {
                        throw new IllegalStateException("enough");
                      }
                    }))
        .hasMessage("enough");
    try (var left = Files.list(folder)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void settingsOutOfRangeAreRefused() {
    assertThatThrownBy(() -> settings(0, 1, 1)).hasMessage("users 0");
    assertThatThrownBy(() -> settings(SimulationSettings.MOST_USERS + 1, 1, 1))
        .hasMessage("users 10000001");
    assertThatThrownBy(() -> settings(1, 0, 1)).hasMessage("days 0");
    assertThatThrownBy(() -> settings(1, 3_661, 1)).hasMessage("days 3661");
  }
}
