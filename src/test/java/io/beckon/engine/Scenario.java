// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.engine;

import io.beckon.event.Event;
import io.beckon.event.EventType;
import io.beckon.event.RecordType;
import io.beckon.event.Slots;
import io.beckon.language.Definitions;
import io.beckon.language.SourceFile;
import io.beckon.language.diagnostics.Problem;
import io.beckon.plan.Plan;
import io.beckon.policy.BudgetRequest;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.policy.Outcome;
import io.beckon.state.UserState;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * One user of a small shop in front of a real engine. Times are milliseconds from the start of the
 * scenario, which is {@link #START_MS}.
 */
public final class Scenario implements EngineOutput {
  /** 2026-01-05T12:00:00Z. */
  public static final long START_MS = 1_767_614_400_000L;

  /** Lateness of the jobs that {@link #job} makes. */
  public static final long LATENESS_MS = 10_000;

  private static final String EVENTS =
      """
      apiVersion: beckon/v1
      kind: Events
      events:
        view: {item: string, price: decimal, n: int, ok: bool, tags: list(string)}
        buy: {item: string, items: list(string), total: decimal, at: timestamp, w: double}
        complain: {item: string}
        app_open: {n: int}
      user: {tier: string, points: int, zone: string, agrees: bool, channels: list(string)}
      """;

  private static final String SIGNALS =
      """
      apiVersion: beckon/v1
      kind: Signals
      signals:
        usual_hour: {busiest_hour_of: app_open}
        buys: {count: buy, over: 30d}
      """;

  private final Plan plan;
  private final Engine engine;
  private final UserState[] state = new UserState[1];
  private long newestMs = Long.MIN_VALUE;
  private int nextId;

  /** What came of it. */
  public final List<Decision> decisions = new ArrayList<>();

  /** What was published. */
  public final List<Command> commands = new ArrayList<>();

  /** How episodes ended that were assigned. */
  public final List<Outcome> outcomes = new ArrayList<>();

  /** What went where all users meet. */
  public final List<BudgetRequest> requests = new ArrayList<>();

  /** Ids of late events. */
  public final List<String> late = new ArrayList<>();

  /** Counters without a trigger. */
  public final Map<Counter, Integer> counts = new EnumMap<>(Counter.class);

  /** Counters of triggers. */
  public final Map<String, Integer> triggerCounts = new HashMap<>();

  private Scenario(Plan plan) {
    this(plan, new Engine(plan));
  }

  private Scenario(Plan plan, Engine engine) {
    this.plan = plan;
    this.engine = engine;
    this.state[0] = engine.newState("u1");
  }

  /** A scenario of a job with these triggers, each without its first two lines. */
  public static Scenario of(String... triggers) {
    return new Scenario(job("lateness: 10s, clock: replay", triggers));
  }

  /** A scenario of this plan. */
  public static Scenario of(Plan plan) {
    return new Scenario(plan);
  }

  /** A scenario of a job with this policy, without its first two lines, in a replay. */
  public static Scenario ruled(String policy, String... triggers) {
    return ruledAndTimed(policy, "lateness: 10s, clock: replay", triggers);
  }

  /** The same with other time settings. */
  public static Scenario ruledAndTimed(String policy, String time, String... triggers) {
    return new Scenario(job(Optional.of(policy), time, triggers));
  }

  /** The same with other time settings. */
  public static Scenario timed(String time, String... triggers) {
    return new Scenario(job(time, triggers));
  }

  /** The same of a job that first started at {@code atMs}. */
  public static Scenario started(long atMs, String time, String... triggers) {
    Plan plan = job(time, triggers);
    return new Scenario(plan, new Engine(plan, START_MS + atMs));
  }

  /** A plan of these triggers. */
  public static Plan job(String time, String... triggers) {
    return job(Optional.empty(), time, triggers);
  }

  /** A plan of these triggers under this policy. */
  public static Plan job(Optional<String> policy, String time, String... triggers) {
    List<SourceFile> files = new ArrayList<>();
    policy.ifPresent(
        text ->
            files.add(
                new SourceFile("j/policy.yaml", "apiVersion: beckon/v1\nkind: Policy\n" + text)));
    files.add(new SourceFile("j/signals.yaml", SIGNALS));
    files.add(
        new SourceFile(
            "j/job.yaml",
            "apiVersion: beckon/v1\nkind: Job\nid: test\ntime: {"
                + time
                + "}\nsource: {format: jsonl}\n"));
    files.add(new SourceFile("j/events.yaml", EVENTS));
    for (String trigger : triggers) {
      String id = trigger.lines().findFirst().orElseThrow().substring("id: ".length());
      files.add(
          new SourceFile(
              "j/triggers/" + id + ".yaml", "apiVersion: beckon/v1\nkind: Trigger\n" + trigger));
    }
    Definitions.Loaded loaded = Definitions.load("j", files);
    List<Problem> problems = loaded.problems().sorted();
    if (loaded.problems().hasErrors()) {
      throw new AssertionError(problems.toString());
    }
    return Plan.compile(loaded.job().orElseThrow());
  }

  /** The engine. */
  public Engine engine() {
    return engine;
  }

  /** The plan. */
  public Plan plan() {
    return plan;
  }

  /** The user's state. */
  public UserState state() {
    return state[0];
  }

  /** Puts another state in its place. */
  public Scenario state(UserState other) {
    state[0] = other;
    return this;
  }

  /** Sets the profile. */
  public Scenario profile(Object... namesAndValues) {
    RecordType type = plan.job().catalogue().profile();
    engine.profile(state[0], slots(type, namesAndValues));
    return this;
  }

  /** Reads an update of the profile that happens at {@code atMs}. */
  public Scenario update(long atMs, Object... namesAndValues) {
    engine.profile(
        state[0],
        slots(plan.job().catalogue().profile(), namesAndValues),
        OptionalLong.of(START_MS + atMs),
        state[0].watermarkMs(),
        START_MS + atMs,
        this);
    return this;
  }

  /** Reads an event of {@code type} with a new id. */
  public Scenario read(long atMs, String type, Object... namesAndValues) {
    return readAs("e" + nextId++, atMs, type, namesAndValues);
  }

  /** Reads an event with this id. */
  public Scenario readAs(String id, long atMs, String type, Object... namesAndValues) {
    return offer(event(id, atMs, type, namesAndValues), 0);
  }

  /** Reads an event at this send time. */
  public Scenario offer(Event event, long sendAtMs) {
    newestMs = Math.max(newestMs, event.timeMs());
    engine.offer(state[0], event, newestMs - LATENESS_MS - 1, START_MS + sendAtMs, this);
    return this;
  }

  /** An event. */
  public Event event(String id, long atMs, String type, Object... namesAndValues) {
    EventType eventType = plan.job().catalogue().type(type).orElseThrow();
    return new Event(
        id, eventType, "u1", START_MS + atMs, slots(eventType.record(), namesAndValues));
  }

  private static Slots slots(RecordType type, Object... namesAndValues) {
    Slots slots = new Slots(type);
    for (int i = 0; i < namesAndValues.length; i += 2) {
      int slot = type.indexOf((String) namesAndValues[i]);
      Object value = namesAndValues[i + 1];
      switch (type.attribute(slot).type()) {
        case STRING -> slots.setString(slot, (String) value);
        case INT, TIMESTAMP, DURATION -> slots.setLong(slot, ((Number) value).longValue());
        case DOUBLE -> slots.setDouble(slot, ((Number) value).doubleValue());
        case DECIMAL -> slots.setDecimal(slot, new BigDecimal(value.toString()));
        case BOOL -> slots.setBool(slot, (Boolean) value);
        case STRING_LIST ->
            slots.setStrings(slot, ((List<?>) value).stream().map(String.class::cast).toList());
        case INT_LIST ->
            slots.setInts(slot, ((List<?>) value).stream().map(Long.class::cast).toList());
      }
    }
    return slots;
  }

  /** Moves the watermark on. */
  public Scenario advance(long toMs) {
    return advance(toMs, toMs);
  }

  /** Moves the watermark on, at this send time. */
  public Scenario advance(long toMs, long sendAtMs) {
    engine.advance(state[0], START_MS + toMs, START_MS + sendAtMs, this);
    return this;
  }

  /** Each decision as {@code trigger REASON moment-time}. */
  public List<String> told() {
    return decisions.stream()
        .map(d -> d.trigger() + " " + d.reason() + " " + (d.momentTimeMs() - START_MS))
        .toList();
  }

  /** Each decision as {@code trigger REASON time}, the time being that of the decision. */
  public List<String> decided() {
    return decisions.stream()
        .map(d -> d.trigger() + " " + d.reason() + " " + (d.decisionTimeMs() - START_MS))
        .toList();
  }

  /** Each command as {@code ACTION trigger anchor}. */
  public List<String> sent() {
    return commands.stream()
        .map(c -> c.action() + " " + c.trigger() + " " + c.episode().anchor())
        .toList();
  }

  @Override
  public void decision(Decision decision) {
    decisions.add(decision);
  }

  @Override
  public void command(Command command) {
    commands.add(command);
  }

  @Override
  public void outcome(Outcome outcome) {
    outcomes.add(outcome);
  }

  @Override
  public void request(BudgetRequest request) {
    requests.add(request);
  }

  @Override
  public void late(Event event, long watermarkMs) {
    late.add(event.id());
  }

  @Override
  public void count(Counter counter) {
    counts.merge(counter, 1, Integer::sum);
  }

  @Override
  public void count(TriggerCounter counter, String trigger) {
    triggerCounts.merge(counter + " " + trigger, 1, Integer::sum);
  }
}
