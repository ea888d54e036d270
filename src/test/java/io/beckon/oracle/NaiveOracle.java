// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.oracle;

import io.beckon.event.Event;
import io.beckon.event.EventType;
import io.beckon.event.Slots;
import io.beckon.language.Ender;
import io.beckon.language.Intervention;
import io.beckon.language.JobDefinition.Order;
import io.beckon.language.Selector;
import io.beckon.language.SignalDefinition;
import io.beckon.language.SignalMeasure;
import io.beckon.language.TriggerDefinition;
import io.beckon.language.TriggerDefinition.Goal;
import io.beckon.language.TriggerDefinition.Mode;
import io.beckon.language.When;
import io.beckon.language.expression.Expression;
import io.beckon.language.expression.Scope;
import io.beckon.oracle.Condition.Truth;
import io.beckon.oracle.Condition.View;
import io.beckon.oracle.NaiveDesk.Course;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongPredicate;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The rules of docs/reference/moments.md written down once more, as plainly as possible: every
 * event is kept for good, every question is answered by looking through all of them again, nothing
 * is indexed, nothing forgotten unless a rule says that it is.
 */
final class NaiveOracle {
  private static final long HOUR_MS = 3_600_000;
  private static final int REMEMBERED_IDS = 256;
  private static final int REMEMBERED_EPISODES = 64;

  private final RandomCase input;
  private final Tally tally;
  private final NaiveDesk.Outputs outputs;
  private final List<String> late = new ArrayList<>();
  private final Map<String, Integer> prevented = new TreeMap<>();
  private final Map<String, Integer> displaced = new TreeMap<>();
  private final Map<String, Integer> noInstance = new TreeMap<>();
  private long clockMs = Long.MIN_VALUE;
  private int duplicates;
  private int idsForgotten;

  private NaiveOracle(RandomCase input, Tally tally) {
    this.input = input;
    this.tally = tally;
    this.outputs = new NaiveDesk.Outputs(tally.seen);
  }

  /** What must come of {@code input}. */
  static Outcome run(RandomCase input) {
    return run(input, new Tally());
  }

  /** What must come of {@code input}, counted by shape. */
  static Outcome run(RandomCase input, Tally tally) {
    return new NaiveOracle(input, tally).run();
  }

  /**
   * How often each shape fired and was prevented.
   *
   * <p>Fired: a moment was decided, whatever the reason. Prevented: of an absence, that it was
   * ended, or kept from opening, by an ender; of an event, that its moment was decided neither
   * ISSUED nor SHADOW; of the others, that an event was gathered and did not complete, but would
   * have if nothing had been used up or emptied and there were no {@code without}.
   */
  static final class Tally {
    final Map<String, Integer> fired = new TreeMap<>();
    final Map<String, Integer> prevented = new TreeMap<>();

    /** What became of moments, in words. */
    final Map<String, Integer> seen = new TreeMap<>();

    void add(Tally other) {
      other.fired.forEach((k, v) -> fired.merge(k, v, Integer::sum));
      other.prevented.forEach((k, v) -> prevented.merge(k, v, Integer::sum));
      other.seen.forEach((k, v) -> seen.merge(k, v, Integer::sum));
    }
  }

  private Outcome run() {
    Map<String, User> users = new LinkedHashMap<>();
    long newest = Long.MIN_VALUE;
    List<Long> readAt = input.readAt();
    for (int i = 0; i < input.stream().size(); i++) {
      Input read = input.stream().get(i);
      for (User user : users.values()) {
        user.release(readAt.get(i));
      }
      clockMs = readAt.get(i);
      if (read instanceof Input.Updates update) {
        users.computeIfAbsent(update.user(), User::new).read(update, newest);
      } else if (read instanceof Input.Happens happens) {
        Event event = happens.what();
        newest = Math.max(newest, event.timeMs());
        if (listened(event.type())) {
          users.computeIfAbsent(event.user(), User::new).read(event, newest);
        }
      }
    }
    Map<String, Integer> open = new TreeMap<>();
    Map<String, Integer> held = new TreeMap<>();
    Map<String, Integer> following = new TreeMap<>();
    long end = input.endsAt();
    for (User user : users.values()) {
      user.release(end);
      user.desk.clock(end);
      user.handleUntil(input.untilMs());
      user.watermark = input.untilMs();
      user.over();
      user.desk.held().forEach((trigger, n) -> held.merge(trigger, n, Integer::sum));
      user.desk.following().forEach((trigger, n) -> following.merge(trigger, n, Integer::sum));
      for (Watch watch : user.watches) {
        if (!watch.open.isEmpty()) {
          open.merge(watch.trigger.id(), watch.open.size(), Integer::sum);
        }
      }
    }
    for (Outcome.Judged judged : outputs.decisions()) {
      String shape = shape(trigger(judged.trigger()).when());
      if (Set.of("event", "milestone", "changes").contains(shape)
          && !Set.of("ISSUED", "SHADOW").contains(judged.reason())) {
        tally.prevented.merge(shape, 1, Integer::sum);
      }
    }
    List<NaiveBudget.Ask> asks = NaiveBudget.inOrder(outputs.requests());
    return new Outcome(
        outputs.decisions(),
        outputs.commands(),
        outputs.followed(),
        asks.stream().map(NaiveBudget.Ask::request).toList(),
        input.isLive()
            ? Outcome.Shared.none()
            : new NaiveBudget(input.job().policy(), tally.seen).run(asks),
        late,
        duplicates,
        idsForgotten,
        prevented,
        displaced,
        noInstance,
        open,
        held,
        following);
  }

  private TriggerDefinition trigger(String id) {
    return input.job().triggers().stream()
        .filter(trigger -> trigger.id().equals(id))
        .findFirst()
        .orElseThrow();
  }

  /** Milestones are observed from a user's first event on, whatever its type. */
  private boolean listened(EventType type) {
    List<TriggerDefinition> observing =
        input.job().triggers().stream().filter(each -> each.mode() != Mode.DRAFT).toList();
    if (observing.stream().anyMatch(each -> each.when() instanceof When.Milestone)) {
      return true;
    }
    Stream<Selector> muting =
        input.job().policy().mutes().stream()
            .flatMap(mute -> Stream.concat(Stream.of(mute.from()), mute.until().stream()));
    Stream<Selector> selecting =
        observing.stream()
            .flatMap(
                trigger ->
                    Stream.concat(
                        selectors(trigger).stream(),
                        signalsOf(trigger).stream()
                            .flatMap(s -> SignalValues.selectors(s.measure()).stream())));
    return Stream.concat(muting, selecting).anyMatch(selector -> selector.type().equals(type));
  }

  /** The signals a trigger reads: of others nothing is kept. */
  private List<SignalDefinition> signalsOf(TriggerDefinition trigger) {
    Set<Integer> slots = new TreeSet<>();
    if (trigger.when() instanceof When.Score score) {
      slots.add(score.index());
    }
    for (TriggerDefinition.Step step : trigger.steps()) {
      Stream.concat(
              Stream.concat(trigger.audience().stream(), step.condition().stream()),
              // Also what is written beside variants, though it is not sent.
              Stream.concat(
                      Stream.of(step.intervention()), step.intervention().alternatives().stream())
                  .flatMap(NaiveOracle::computed)
                  .map(Map.Entry::getValue))
          .flatMap(expression -> expression.reads().stream())
          .filter(read -> read.variable() == Scope.SIGNAL)
          .forEach(read -> slots.add(read.slot()));
      boolean planned =
          step.intervention().alternatives().stream()
              .anyMatch(what -> what.sendAt() == Intervention.SendAt.USUAL_HOUR);
      if (planned) {
        slots.add(input.job().signals().type().indexOf("usual_hour"));
      }
    }
    return slots.stream().map(slot -> input.job().signals().all().get(slot)).toList();
  }

  /** The params that are one expression each, as all in the generated jobs are. */
  private static Stream<Map.Entry<String, Expression>> computed(Intervention what) {
    return what.params().stream()
        .filter(param -> param.parts().size() == 1)
        .flatMap(
            param ->
                param.parts().get(0) instanceof Intervention.Part.Computed computed
                    ? Stream.of(Map.entry(param.name(), computed.expression()))
                    : Stream.empty());
  }

  /** The params of a command, as text; one that misses its value is left out. */
  static String params(Intervention what, View view) {
    return computed(what)
        .flatMap(
            param -> {
              String[] path = param.getValue().text().split("[.]");
              return view.value(path[0], path[1]).stream()
                  .map(value -> param.getKey() + "=" + Outcome.text(value));
            })
        .collect(Collectors.joining(" "));
  }

  private static List<Selector> selectors(TriggerDefinition trigger) {
    List<Selector> all = new ArrayList<>(steps(measured(trigger.when())));
    enders(trigger).forEach(ender -> all.add(ender.selector()));
    without(measured(trigger.when())).ifPresent(ender -> all.add(ender.selector()));
    trigger.goal().ifPresent(goal -> all.add(goal.ender().selector()));
    return all;
  }

  /** What is gathered for: the shape itself, of an absence its {@code after}. */
  private static When measured(When when) {
    return when instanceof When.Absence absence ? absence.after() : when;
  }

  private static List<Selector> steps(When measured) {
    return measured.selectors();
  }

  private static long within(When measured) {
    if (measured instanceof When.Count count) {
      return count.withinMs();
    } else if (measured instanceof When.Sum sum) {
      return sum.withinMs();
    } else if (measured instanceof When.Distinct distinct) {
      return distinct.withinMs();
    } else if (measured instanceof When.Sequence sequence) {
      return sequence.withinMs();
    }
    return 0;
  }

  private static Optional<Ender> without(When measured) {
    return measured instanceof When.Sequence sequence ? sequence.without() : Optional.empty();
  }

  private static Optional<Ender> of(TriggerDefinition trigger) {
    return trigger.when() instanceof When.Absence absence
        ? Optional.of(absence.of())
        : Optional.empty();
  }

  private static List<Ender> enders(TriggerDefinition trigger) {
    List<Ender> all = new ArrayList<>(trigger.cancelOn());
    of(trigger).ifPresent(all::add);
    return all;
  }

  /** The shape's name in the language. */
  static String shape(When when) {
    return when instanceof When.OnEvent
        ? "event"
        : when.getClass().getSimpleName().toLowerCase(Locale.ROOT);
  }

  static int compareCodePoints(String a, String b) {
    return Arrays.compare(a.codePoints().toArray(), b.codePoints().toArray());
  }

  private static final Comparator<Event> BY_TIME_AND_ID =
      Comparator.comparingLong(Event::timeMs)
          .thenComparing(Event::id, NaiveOracle::compareCodePoints);

  private static Optional<Object> attribute(Event event, String name) {
    int slot = event.type().record().indexOf(name);
    return slot < 0 ? Optional.empty() : Optional.ofNullable(event.attributes().objectAt(slot));
  }

  /** A date of the profile come round. */
  private record Milestone(long timeMs, LocalDate date, int years) {}

  /** The instance of a trigger that has only one. */
  private static final Key ONLY = new Key(List.of());

  /** The match values of an instance. */
  private record Key(List<Object> values) {
    String text() {
      return values.stream().map(Object::toString).collect(Collectors.joining(","));
    }
  }

  /** An episode that waits for its deadline. */
  private static final class Open {
    final Event anchor;
    final Map<String, Object> evidence;
    final long waitMs;
    long s;

    Open(Event anchor, Map<String, Object> evidence, long waitMs) {
      this.anchor = anchor;
      this.evidence = evidence;
      this.waitMs = waitMs;
      this.s = anchor.timeMs();
    }

    long deadline() {
      return s + waitMs;
    }
  }

  /** What a wait has seen of an instance: its last event and the local dates with one. */
  private static final class History {
    final List<LocalDate> dates = new ArrayList<>();

    /** Until when it is remembered. */
    long until;
  }

  /**
   * Something that came to be and is to be decided.
   *
   * @param event the completing one, if there is one
   */
  private record Moment(
      Watch watch,
      Key key,
      Optional<Event> event,
      long timeMs,
      long startMs,
      Map<String, Object> evidence,
      boolean evicted) {
    String anchor() {
      return event
          .map(Event::id)
          .orElseGet(() -> THREE_DECIMALS.format(Instant.ofEpochMilli(timeMs)));
    }
  }

  private static final DateTimeFormatter THREE_DECIMALS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  /** A profile and since when it holds. */
  private record Profile(long fromMs, Slots slots) {}

  /** Everything about one user. */
  private final class User implements NaiveDesk.Person {
    final String id;

    /** Every event read that was no copy. */
    final List<Event> read = new ArrayList<>();

    final NaiveDesk desk = new NaiveDesk(input.job(), this, outputs);

    /** What was handled before the last thing that was read, or with it. */
    long watermark = Long.MIN_VALUE;

    final List<Watch> watches = new ArrayList<>();

    /** All profiles read so far, by the time from which they hold. */
    final List<Profile> profiles = new ArrayList<>();

    /** First copies whose ids are remembered. */
    final List<Event> remembered = new ArrayList<>();

    /** Every event read that was neither a duplicate nor late. */
    final List<Event> inTime = new ArrayList<>();

    /** Those of them that the watermark has not passed. */
    final List<Event> waiting = new ArrayList<>();

    final Set<Event> lateOnes = Collections.newSetFromMap(new IdentityHashMap<>());

    /** The profile as it was when an event was read. */
    final IdentityHashMap<Event, Optional<Slots>> seenWhenRead = new IdentityHashMap<>();

    /** Whether anything was read that time goes on with. */
    boolean begun;

    /** The last instant that was handled; milestones up to it have passed. */
    long handled = Long.MIN_VALUE;

    User(String id) {
      this.id = id;
      desk.clock(clockMs);
      if (input.profiles().containsKey(id)) {
        Slots profile = input.profiles().get(id);
        profiles.add(new Profile(Long.MIN_VALUE, profile));
      }
      for (TriggerDefinition trigger : input.job().triggers()) {
        if (trigger.mode() != Mode.DRAFT) {
          watches.add(new Watch(this, trigger));
        }
      }
    }

    // The profile.

    /** The zone it names; the fallback, if it names none that is known. */
    ZoneId zone(Slots profile) {
      return input
          .job()
          .timezone()
          .from()
          .map(name -> profile.type().indexOf(name))
          .map(profile::objectAt)
          .filter(name -> ZoneId.getAvailableZoneIds().contains((String) name))
          .map(name -> ZoneId.of((String) name))
          .orElse(input.job().zone());
    }

    @Override
    public String id() {
      return id;
    }

    @Override
    public Optional<Slots> lastProfile() {
      return profiles.stream().reduce((a, b) -> b).map(Profile::slots);
    }

    /** The send clock of a live job reaches what is held before {@code untilMs}, one by one. */
    void release(long untilMs) {
      if (input.isLive()) {
        Optional<Long> due = desk.nextSend();
        while (due.isPresent() && due.get() <= untilMs) {
          desk.clock(due.get());
          over();
          due = desk.nextSend();
        }
      }
    }

    /** What every call ends with in a live job. */
    private void over() {
      if (input.isLive()) {
        desk.decide(List.of(), watermark, false);
        desk.passOutcomes(watermark);
      }
    }

    @Override
    public long watermark() {
      return watermark;
    }

    @Override
    public List<Event> read() {
      return read;
    }

    @Override
    public Optional<Object> signal(String name, long time) {
      SignalDefinition definition =
          input.job().signals().all().get(input.job().signals().type().indexOf(name));
      return signal(definition, time).at(time);
    }

    @Override
    public boolean holds(Optional<Expression> condition, View view) {
      return NaiveOracle.this.holds(condition, view);
    }

    /** As all rules of the policy: late, or in order of arrival, as it was known then. */
    @Override
    public boolean picks(Selector selector, Event event) {
      boolean asKnown = input.job().time().order() == Order.ARRIVAL || lateOnes.contains(event);
      return NaiveOracle.this.picks(
          selector,
          event,
          asKnown ? seenWhenRead.getOrDefault(event, Optional.empty()) : profileAt(event.timeMs()));
    }

    @Override
    public Optional<BigDecimal> number(Expression expression, Event event) {
      String[] path = expression.text().split("[.]");
      return new View(
              Optional.of(event.attributes()), profileAt(event.timeMs()), Map.of(), Map.of())
          .value(path[0], path[1])
          .map(value -> value instanceof Long l ? BigDecimal.valueOf(l) : (BigDecimal) value);
    }

    @Override
    public Optional<Slots> profileAt(long time) {
      return profiles.stream()
          .filter(p -> p.fromMs <= time)
          .reduce((a, b) -> b)
          .map(Profile::slots);
    }

    /** The local dates as they stand at {@code time}. */
    @SuppressWarnings("ReferenceEquality") // Which of several, not what it says.
    @Override
    public Days daysAt(long time) {
      Days days = new Days(profileAt(Long.MIN_VALUE).map(this::zone).orElse(input.job().zone()));
      for (Profile profile : profiles) {
        // Only the last of several at one instant counts.
        boolean last = profileAt(profile.fromMs).orElseThrow() == profile.slots;
        if (profile.fromMs > Long.MIN_VALUE && profile.fromMs <= time && last) {
          days.change(profile.fromMs, zone(profile.slots));
        }
      }
      return days;
    }

    LocalDate dateOf(Event event) {
      return daysAt(event.timeMs()).date(event.timeMs());
    }

    void read(Input.Updates update, long newest) {
      desk.clock(clockMs);
      if (newest == Long.MIN_VALUE) {
        // Before there is any watermark.
        long from = update.timeMs().orElse(Long.MIN_VALUE);
        profiles.removeIf(profile -> profile.fromMs == from);
        profiles.add(new Profile(from, update.profile()));
        begun |= update.timeMs().isPresent();
      } else {
        long watermark = newest - input.job().time().latenessMs() - 1;
        begin(watermark);
        handleUntil(watermark);
        this.watermark = watermark;
        over();
        long from = Math.max(update.timeMs().orElse(watermark + 1), watermark + 1);
        profiles.add(new Profile(from, update.profile()));
      }
      profiles.sort(Comparator.comparingLong(Profile::fromMs));
    }

    /** From here on milestones are observed. */
    private void begin(long watermark) {
      if (!begun) {
        begun = true;
        handled = watermark;
      }
    }

    // Signals.

    SignalValues signal(SignalDefinition signal, long time) {
      List<Event> events =
          inTime.stream()
              .filter(e -> e.timeMs() <= time)
              .filter(e -> isOneOf(SignalValues.selectors(signal.measure()), e))
              .sorted(BY_TIME_AND_ID)
              .toList();
      List<Selector> ends = List.of();
      List<Selector> starts = List.of();
      if (signal.measure() instanceof SignalMeasure.Model model) {
        ends = model.ends();
        starts = model.starts();
      }
      NaiveModel.Parts parts =
          new NaiveModel.Parts(oneOf(ends), oneOf(starts), oneOf(signal.measure().events()));
      return new SignalValues(signal, events, this::daysAt, input.job().retentionMs(), parts);
    }

    private Predicate<Event> oneOf(List<Selector> selectors) {
      return event -> isOneOf(selectors, event);
    }

    private boolean isOneOf(List<Selector> selectors, Event event) {
      return selectors.stream()
          .anyMatch(s -> NaiveOracle.this.picks(s, event, profileAt(event.timeMs())));
    }

    Map<String, Object> signals(TriggerDefinition trigger, long time) {
      Map<String, Object> values = new HashMap<>();
      for (SignalDefinition signal : signalsOf(trigger)) {
        signal(signal, time).at(time).ifPresent(value -> values.put(signal.name(), value));
      }
      return values;
    }

    // Events.

    void read(Event event, long newest) {
      desk.clock(clockMs);
      take(event, newest);
      over();
    }

    private void take(Event event, long newest) {
      long watermark = newest - input.job().time().latenessMs() - 1;
      begin(watermark);
      handleUntil(watermark);
      this.watermark = watermark;
      watches.forEach(watch -> watch.forget(watermark));
      long dedupe = input.job().time().dedupeMs();
      remembered.removeIf(first -> newest - first.timeMs() > dedupe);
      if (remembered.stream().anyMatch(first -> first.id().equals(event.id()))) {
        duplicates++;
        return;
      }
      if (newest - event.timeMs() <= dedupe) {
        remembered.add(event);
        if (remembered.size() > REMEMBERED_IDS) {
          remembered.remove(remembered.stream().min(BY_TIME_AND_ID).orElseThrow());
          idsForgotten++;
        }
      }
      // A late event meets the profile of now.
      seenWhenRead.put(event, profileAt(Math.max(event.timeMs(), watermark)));
      read.add(event);
      if (event.timeMs() <= watermark) {
        late.add(event.id());
        lateOnes.add(event);
        watches.forEach(watch -> watch.takeLate(event));
        return;
      }
      inTime.add(event);
      waiting.add(event);
      List<Moment> moments = new ArrayList<>();
      for (Watch watch : watches) {
        if (watch.atArrival) {
          moments.addAll(watch.take(event));
        }
      }
      decide(moments, event.timeMs(), true);
    }

    void handleUntil(long watermark) {
      while (true) {
        TreeSet<Long> due = new TreeSet<>();
        waiting.forEach(event -> due.add(event.timeMs()));
        profiles.forEach(profile -> due.add(profile.fromMs));
        due.removeIf(time -> time <= handled);
        watches.forEach(watch -> watch.open.values().forEach(o -> due.add(o.deadline())));
        watches.forEach(watch -> watch.nextInstant(handled).ifPresent(due::add));
        desk.nextInstant().ifPresent(due::add);
        if (due.isEmpty() || due.first() > watermark) {
          return;
        }
        handleInstant(due.first());
      }
    }

    /** First profiles, then events, then deadlines, then the moments that came to be. */
    private void handleInstant(long now) {
      List<Moment> moments = new ArrayList<>();
      long before = handled;
      handled = now;
      watches.forEach(watch -> watch.passUpdates(now).ifPresent(moments::add));
      List<Event> events =
          waiting.stream().filter(e -> e.timeMs() == now).sorted(BY_TIME_AND_ID).toList();
      waiting.removeAll(events);
      for (Event event : events) {
        for (Watch watch : watches) {
          if (!watch.atArrival) {
            moments.addAll(watch.take(event));
          }
        }
      }
      watches.forEach(watch -> moments.addAll(watch.passDeadlines(now)));
      watches.forEach(watch -> watch.passInstant(before, now).ifPresent(moments::add));
      desk.passOutcomes(now);
      decide(moments, now, false);
    }

    private void decide(List<Moment> moments, long now, boolean atArrival) {
      desk.decide(moments.stream().map(m -> m.watch.course(m)).toList(), now, atArrival);
    }
  }

  private Condition meaning(Expression expression) {
    Condition condition = input.conditions().get(expression);
    if (condition == null) {
      throw new IllegalStateException("unknown expression " + expression.text());
    }
    return condition;
  }

  private boolean holds(Optional<Expression> condition, View view) {
    return condition.isEmpty() || meaning(condition.get()).test(view) == Truth.TRUE;
  }

  private boolean picks(Selector selector, Event event, Optional<Slots> profile) {
    return selector.type().equals(event.type())
        && holds(
            selector.where(),
            new View(Optional.of(event.attributes()), profile, Map.of(), Map.of()));
  }

  /** Everything about one user and one trigger. */
  private final class Watch implements NaiveDesk.Origin {
    final User user;
    final TriggerDefinition trigger;
    final When measured;
    final long within;
    final boolean atArrival;

    /** Gathered and not used up, in the order in which they were taken. */
    final List<Event> unused = new ArrayList<>();

    final Map<Key, Open> open = new LinkedHashMap<>();

    /** Of which something is held, waits or may be revoked. */
    final List<Course> episodes = new ArrayList<>();

    final Map<Key, Long> latestOwn = new HashMap<>();

    /** Of inactive and due. */
    final Map<Key, History> histories = new HashMap<>();

    /** Of drop: what it counts, and the last date that closed. */
    final List<Event> counted = new ArrayList<>();

    LocalDate closed = LocalDate.MIN;

    /** Of drop and score. */
    boolean armed;

    /** Of score: since when the signal is past the line. */
    Optional<Long> past = Optional.empty();

    boolean lookingBack;

    /** Of score: the signal's last event. */
    long lastMoved = Long.MIN_VALUE;

    /** For the tally only: everything that was ever gathered. */
    final List<Event> everGathered = new ArrayList<>();

    Watch(User user, TriggerDefinition trigger) {
      this.user = user;
      this.trigger = trigger;
      this.measured = measured(trigger.when());
      this.within = within(measured);
      this.atArrival =
          trigger.urgent()
              || (input.job().time().order() == Order.ARRIVAL
                  && !(trigger.when() instanceof When.Absence)
                  && !isTimed());
    }

    /** Whether it is one of the shapes that time makes, or a profile. */
    boolean isTimed() {
      return waits() || !trigger.when().hasEvent();
    }

    boolean waits() {
      return delay().isPresent();
    }

    private Optional<When.Wait> delay() {
      return trigger.when() instanceof When.Inactive inactive
          ? Optional.of(inactive.delay())
          : trigger.when() instanceof When.Due due ? Optional.of(due.delay()) : Optional.empty();
    }

    // Which events.

    /** At arrival with the profile as it was known then, settled with that of its time. */
    boolean picks(Selector selector, Event event) {
      return NaiveOracle.this.picks(
          selector,
          event,
          (atArrival && !lookingBack) || user.lateOnes.contains(event)
              ? user.seenWhenRead.getOrDefault(event, Optional.empty())
              : user.profileAt(event.timeMs()));
    }

    boolean selects(Event event) {
      return isOfUse(event) && steps(measured).stream().anyMatch(step -> picks(step, event));
    }

    /** Whether it has what is measured. */
    boolean isOfUse(Event event) {
      if (measured instanceof When.Sum sum) {
        return attribute(event, sum.of()).isPresent();
      }
      if (measured instanceof When.Drop drop && drop.measure() instanceof When.Measure.Sum sum) {
        return attribute(event, sum.of()).isPresent();
      }
      return !(measured instanceof When.Distinct distinct)
          || attribute(event, distinct.of()).isPresent();
    }

    /** The instance a selected event belongs to, if it has all match attributes. */
    Optional<Key> key(Event event) {
      List<Object> values = new ArrayList<>();
      for (String name : trigger.when().match()) {
        Optional<Object> value = attribute(event, name);
        if (value.isEmpty()) {
          return Optional.empty();
        }
        values.add(value.get());
      }
      return Optional.of(new Key(values));
    }

    boolean selectedInto(Key key, Event event) {
      return selects(event) && key(event).equals(Optional.of(key));
    }

    boolean concerns(Ender ender, Event event, Key key) {
      if (!picks(ender.selector(), event)) {
        return false;
      }
      for (String name : ender.match()) {
        Object value = key.values.get(trigger.when().match().indexOf(name));
        Optional<Object> theirs = attribute(event, name);
        boolean agrees =
            theirs
                .map(v -> v instanceof List<?> list ? list.contains(value) : v.equals(value))
                .orElse(false);
        if (!agrees) {
          return false;
        }
      }
      return true;
    }

    boolean cancels(Event event, Key key) {
      return trigger.cancelOn().stream().anyMatch(ender -> concerns(ender, event, key));
    }

    boolean ends(Event event, Key key) {
      return enders(trigger).stream().anyMatch(ender -> concerns(ender, event, key));
    }

    boolean isOf(Event event, Key key) {
      return of(trigger).filter(ender -> concerns(ender, event, key)).isPresent();
    }

    // Instances.

    List<Event> unusedOf(Key key) {
      return unused.stream().filter(event -> key(event).equals(Optional.of(key))).toList();
    }

    Set<Key> keys() {
      Set<Key> keys = new HashSet<>(open.keySet());
      keys.addAll(histories.keySet());
      unused.forEach(event -> keys.add(key(event).orElseThrow()));
      living().forEach(episode -> keys.add((Key) episode.key));
      return keys;
    }

    /** The episodes of instances: a shadow's are none. */
    private List<Course> living() {
      return episodes.stream().filter(episode -> !episode.shadow()).toList();
    }

    void empty(Key key) {
      unused.removeAll(unusedOf(key));
    }

    /** Empties what was gathered up to {@code time}; a pane goes whole once it has begun. */
    void emptyUpTo(long time, Key key) {
      Set<Long> panes = new HashSet<>();
      unusedOf(key).stream()
          .filter(event -> event.timeMs() <= time)
          .forEach(event -> panes.add(pane(event.timeMs())));
      unusedOf(key).stream()
          .filter(event -> panes.contains(pane(event.timeMs())))
          .forEach(unused::remove);
    }

    // Taking an event.

    List<Moment> take(Event event) {
      Optional<Key> own = selects(event) ? key(event) : Optional.empty();
      if (steps(measured).stream().anyMatch(step -> picks(step, event)) && key(event).isEmpty()) {
        noInstance.merge(trigger.id(), 1, Integer::sum);
      }
      reach(event);
      for (Key key : keys()) {
        if (ends(event, key)) {
          if (open.remove(key) != null) {
            countPrevented();
          }
          if (!own.equals(Optional.of(key))) {
            emptyUpTo(event.timeMs(), key);
          }
        }
      }
      revoke(event, episode -> cancels(event, (Key) episode.key) && lies(event, episode));
      return own.map(key -> takeSelected(event, key)).orElse(List.of());
    }

    private boolean lies(Event event, Course episode) {
      return episode.startMs <= event.timeMs() && event.timeMs() <= episode.endMs();
    }

    /** An event may be the goal of any moment there was. */
    private void reach(Event event) {
      if (trigger.goal().isPresent()) {
        for (Course course : user.desk.coursesOf(this)) {
          if (concerns(trigger.goal().get().ender(), event, (Key) course.key)) {
            user.desk.reached(course, event);
          }
        }
      }
    }

    private List<Moment> takeSelected(Event event, Key key) {
      if (waits()) {
        return await(event, key);
      }
      if (trigger.when() instanceof When.Drop) {
        begin(event);
        return List.of();
      }
      Open absence = open.get(key);
      if (absence != null) {
        if (((When.Absence) trigger.when()).onRepeat() == When.OnRepeat.RESTART) {
          absence.s = event.timeMs();
          own(key, event.timeMs());
        }
        return List.of();
      }
      if (!gather(event, key)) {
        return List.of();
      }
      Optional<Map<String, Object>> evidence = completes(event, unusedOf(key), false);
      if (evidence.isEmpty()) {
        if (!(trigger.when() instanceof When.Absence)
            && completes(event, gatheredEver(key), true).isPresent()) {
          tally.prevented.merge(shape(trigger.when()), 1, Integer::sum);
        }
        return displace(event.timeMs(), key);
      }
      empty(key);
      forgetIfNothingIsLeft(key);
      if (!(trigger.when() instanceof When.Absence)) {
        // Room is made for what an event leaves; one that is used up at once needs none.
        if (keys().contains(key)) {
          displace(event.timeMs(), key);
        }
        return List.of(
            new Moment(
                Watch.this,
                key,
                Optional.of(event),
                event.timeMs(),
                event.timeMs(),
                evidence.get(),
                false));
      }
      if (endsAtOnce(event, key)) {
        countPrevented();
        return displace(event.timeMs(), key);
      }
      open.put(key, new Open(event, evidence.get(), ((When.Absence) trigger.when()).forMs()));
      own(key, event.timeMs());
      return displace(event.timeMs(), key);
    }

    /** Whether an ender of the same time, handled before, leaves nothing to open. */
    private boolean endsAtOnce(Event event, Key key) {
      return user.inTime.stream()
          .filter(other -> other.timeMs() == event.timeMs())
          .filter(other -> BY_TIME_AND_ID.compare(other, event) <= 0)
          .anyMatch(other -> ends(other, key) && !selectedInto(key, other));
    }

    /** The wait begins anew with each event. */
    private List<Moment> await(Event event, Key key) {
      History history = histories.get(key);
      if (history == null || event.timeMs() > history.until) {
        history = new History();
        histories.put(key, history);
      }
      LocalDate date = user.dateOf(event);
      if (!history.dates.contains(date)) {
        history.dates.add(date);
      }
      open.remove(key);
      Map<String, Object> evidence = new HashMap<>();
      evidence.put("events", (long) history.dates.size());
      Optional<Long> wait = Optional.empty();
      if (delay().orElseThrow() instanceof When.Wait.OwnGap own) {
        double gap = SignalValues.ownGap(history.dates, own.priorWeight(), own.priorGapMs());
        evidence.put("gap", gap);
        long ms = (long) Math.floor(own.factor() * gap * 86400000.0);
        ms = Math.max(ms, own.floorMs().orElse(Long.MIN_VALUE));
        ms = Math.min(ms, own.ceilingMs().orElse(Long.MAX_VALUE));
        history.until = event.timeMs() + input.job().retentionMs();
        if (history.dates.size() >= own.minEvents()) {
          wait = Optional.of(ms);
        }
      } else if (delay().orElseThrow() instanceof When.Wait.Fixed fixed) {
        history.until = event.timeMs();
        wait = Optional.of(fixed.ms());
      }
      if (wait.isPresent()) {
        history.until = Math.max(history.until, event.timeMs() + wait.get());
        if (endsAtOnce(event, key)) {
          countPrevented();
        } else {
          open.put(key, new Open(event, evidence, wait.get()));
        }
      }
      own(key, event.timeMs());
      return displace(event.timeMs(), key);
    }

    /** Adds an event to its instance; false if it adds nothing. */
    private boolean gather(Event event, Key key) {
      if (measured instanceof When.Distinct distinct) {
        Optional<Object> value = attribute(event, distinct.of());
        // Only the newest event of each value counts.
        List<Event> same =
            unusedOf(key).stream().filter(e -> attribute(e, distinct.of()).equals(value)).toList();
        if (same.stream().anyMatch(e -> e.timeMs() >= event.timeMs())) {
          return false;
        }
        unused.removeAll(same);
      }
      // What follows no choice begun can never be used.
      if (settledSequence() && !standsInAChoice((When.Sequence) measured, event, key)) {
        return false;
      }
      unused.add(event);
      everGathered.add(event);
      own(key, event.timeMs());
      return true;
    }

    /** Whether {@code event} can be some step, after events that stand for all steps before. */
    private boolean standsInAChoice(When.Sequence sequence, Event event, Key key) {
      List<Event> gathered = new ArrayList<>(unusedOf(key));
      gathered.add(event);
      for (int steps = 1; steps <= sequence.steps().size(); steps++) {
        When.Sequence begun =
            new When.Sequence(
                sequence.steps().subList(0, steps),
                sequence.withinMs(),
                sequence.match(),
                sequence.without());
        if (new Choices(begun, event, gathered, false).greatestSince().isPresent()) {
          return true;
        }
      }
      return false;
    }

    private List<Event> gatheredEver(Key key) {
      return everGathered.stream().filter(e -> key(e).equals(Optional.of(key))).toList();
    }

    private void own(Key key, long time) {
      latestOwn.merge(key, time, Math::max);
    }

    private void forgetIfNothingIsLeft(Key key) {
      if (!keys().contains(key)) {
        latestOwn.remove(key);
      }
    }

    /** How long past its span an episode is remembered: not at all where nothing can revoke it. */
    private long afterSpan() {
      return enders(trigger).isEmpty() ? 0 : input.job().time().dedupeMs() + 1;
    }

    /** Forgets what cannot matter to events read after {@code watermark}. */
    void forget(long watermark) {
      episodes.removeIf(
          episode -> episode.pending.isEmpty() && watermark - episode.endMs() >= afterSpan());
      histories.values().removeIf(history -> watermark > history.until);
      unused.removeIf(event -> pane(event.timeMs()) < pane(watermark + 1 - within));
      List.copyOf(latestOwn.keySet()).forEach(this::forgetIfNothingIsLeft);
    }

    private void countPrevented() {
      prevented.merge(trigger.id(), 1, Integer::sum);
      tally.prevented.merge(shape(trigger.when()), 1, Integer::sum);
    }

    // Completing.

    /** What the moment observed, if {@code event} completes what {@code gathered} holds. */
    private Optional<Map<String, Object>> completes(
        Event event, List<Event> gathered, boolean ignoreWithout) {
      if (measured instanceof When.OnEvent) {
        return Optional.of(evidence(event, event.timeMs()));
      }
      if (measured instanceof When.Sequence sequence) {
        Choices choices = new Choices(sequence, event, gathered, ignoreWithout);
        return choices.greatestSince().map(since -> evidence(event, since));
      }
      for (long end : windowEnds(event, gathered)) {
        List<Event> window = gathered.stream().filter(e -> inWindow(e, end)).toList();
        Map<String, Object> evidence = evidence(event, since(window));
        if (measured instanceof When.Count count) {
          evidence.put("count", (long) window.size());
          if (window.size() >= count.atLeast()) {
            return Optional.of(evidence);
          }
        } else if (measured instanceof When.Sum sum) {
          BigDecimal total = BigDecimal.ZERO;
          for (Event e : window) {
            total = total.add(e.attributes().numberAt(e.type().record().indexOf(sum.of())));
          }
          evidence.put("sum", total);
          if (total.compareTo(sum.atLeast()) >= 0) {
            return Optional.of(evidence);
          }
        } else if (measured instanceof When.Distinct distinct) {
          Set<Object> values = new HashSet<>();
          window.forEach(e -> values.add(attribute(e, distinct.of()).orElseThrow()));
          evidence.put("distinct", (long) values.size());
          if (values.size() >= distinct.atLeast()) {
            return Optional.of(evidence);
          }
        }
      }
      return Optional.empty();
    }

    private Map<String, Object> evidence(Event event, long since) {
      Map<String, Object> evidence = new HashMap<>();
      evidence.put("time", event.timeMs());
      evidence.put("since", since);
      return evidence;
    }

    /** The ends of the windows to look at, the earliest first. */
    private Set<Long> windowEnds(Event event, List<Event> gathered) {
      Set<Long> ends = new TreeSet<>(Set.of(event.timeMs()));
      if (atArrival) {
        Map<Long, Long> earliestOfPane = new TreeMap<>();
        for (Event other : gathered) {
          boolean later = pane(other.timeMs()) > pane(event.timeMs());
          if (later) {
            earliestOfPane.merge(pane(other.timeMs()), other.timeMs(), Math::min);
          }
        }
        for (long end : earliestOfPane.values()) {
          if (end <= event.timeMs() + within) {
            ends.add(end);
          }
        }
      }
      return ends;
    }

    /** Whether events of this shape are kept in panes rather than one by one. */
    private boolean paned() {
      return within > HOUR_MS
          && (measured instanceof When.Sum
              || (measured instanceof When.Count count && count.atLeast() > 64));
    }

    private long paneWidth() {
      return paned() ? Math.min(within / 48, 24 * HOUR_MS) : 1;
    }

    /** The number of the pane that holds {@code time}; single events have panes of 1 ms. */
    private long pane(long time) {
      return Math.floorDiv(time, paneWidth());
    }

    private boolean inWindow(Event event, long end) {
      return pane(event.timeMs()) >= pane(end - within) && pane(event.timeMs()) <= pane(end);
    }

    /** The earliest event in the window; in panes, the earliest of the oldest pane that counts. */
    private long since(List<Event> window) {
      return window.stream().mapToLong(Event::timeMs).min().orElseThrow();
    }

    /** All ways to choose events for the steps of a sequence. */
    private final class Choices {
      private final When.Sequence sequence;
      private final Event event;
      private final boolean ignoreWithout;
      private final List<List<Event>> candidates = new ArrayList<>();
      private final List<Event> notBetween = new ArrayList<>();
      private @Nullable Long best;

      Choices(When.Sequence sequence, Event event, List<Event> gathered, boolean ignoreWithout) {
        this.sequence = sequence;
        this.event = event;
        this.ignoreWithout = ignoreWithout;
        for (Selector step : sequence.steps()) {
          candidates.add(gathered.stream().filter(e -> picks(step, e)).toList());
        }
        if (!atArrival) {
          // Only the last step completes.
          int last = sequence.steps().size() - 1;
          candidates.set(last, candidates.get(last).contains(event) ? List.of(event) : List.of());
        }
        Key key = key(event).orElseThrow();
        sequence
            .without()
            .ifPresent(
                ender ->
                    user.inTime.stream()
                        .filter(e -> concerns(ender, e, key))
                        .forEach(notBetween::add));
      }

      Optional<Long> greatestSince() {
        if (candidates.stream().noneMatch(List::isEmpty)) {
          choose(new ArrayList<>());
        }
        return Optional.ofNullable(best);
      }

      private void choose(List<Event> chosen) {
        if (chosen.size() == sequence.steps().size()) {
          long first = chosen.get(0).timeMs();
          long last = chosen.get(chosen.size() - 1).timeMs();
          boolean between =
              notBetween.stream().anyMatch(e -> first < e.timeMs() && e.timeMs() < last);
          if (chosen.contains(event) && (ignoreWithout || !between)) {
            best = best == null ? first : Math.max(best, first);
          }
          return;
        }
        for (Event next : candidates.get(chosen.size())) {
          boolean fits =
              chosen.isEmpty()
                  || (next.timeMs() > chosen.get(chosen.size() - 1).timeMs()
                      && next.timeMs() - chosen.get(0).timeMs() <= sequence.withinMs());
          if (fits) {
            chosen.add(next);
            choose(chosen);
            chosen.remove(chosen.size() - 1);
          }
        }
      }
    }

    // Deadlines.

    List<Moment> passDeadlines(long now) {
      List<Moment> moments = new ArrayList<>();
      for (Key key : List.copyOf(open.keySet())) {
        Open absence = open.get(key);
        if (absence != null && absence.deadline() == now) {
          open.remove(key);
          moments.add(moment(key, absence, now, false));
        }
      }
      return moments;
    }

    private Moment moment(Key key, Open absence, long now, boolean evicted) {
      Map<String, Object> evidence = new HashMap<>(absence.evidence);
      evidence.put("time", now);
      evidence.put("since", absence.s);
      return new Moment(this, key, Optional.of(absence.anchor), now, absence.s, evidence, evicted);
    }

    private Moment momentWithoutEvent(long now, Map<String, Object> evidence) {
      evidence.put("time", now);
      return new Moment(this, ONLY, Optional.empty(), now, now, evidence, false);
    }

    // The shapes that no event completes.

    /** The first instant after {@code after} at which something may come to be by itself. */
    Optional<Long> nextInstant(long after) {
      if (trigger.when() instanceof When.Drop drop) {
        return nextClose(drop, after);
      } else if (trigger.when() instanceof When.Score score) {
        return nextMove(score, after);
      } else if (trigger.when() instanceof When.Milestone milestone && user.begun) {
        return milestones(milestone, after, after).stream()
            .map(Milestone::timeMs)
            .min(Long::compare);
      }
      return Optional.empty();
    }

    Optional<Moment> passInstant(long before, long now) {
      if (trigger.when() instanceof When.Drop drop) {
        return passCloses(drop, now);
      } else if (trigger.when() instanceof When.Score score) {
        return observe(score, now);
      } else if (trigger.when() instanceof When.Milestone milestone) {
        return passMilestone(milestone, before, now);
      }
      return Optional.empty();
    }

    // Changes.

    Optional<Moment> passUpdates(long now) {
      if (!(trigger.when() instanceof When.Changes changes)
          || user.profiles.stream().noneMatch(p -> p.fromMs == now)
          || user.profileAt(now - 1).isEmpty()) {
        return Optional.empty();
      }
      Optional<Object> from = user.profileAt(now - 1).map(p -> p.objectAt(changes.slot()));
      Optional<Object> to = user.profileAt(now).map(p -> p.objectAt(changes.slot()));
      boolean asked =
          (changes.from().isEmpty() || changes.from().equals(from))
              && (changes.to().isEmpty() || changes.to().equals(to));
      if (from.equals(to) || !asked) {
        return Optional.empty();
      }
      Map<String, Object> evidence = new HashMap<>();
      from.ifPresent(value -> evidence.put("from", value));
      to.ifPresent(value -> evidence.put("to", value));
      return Optional.of(momentWithoutEvent(now, evidence));
    }

    // Milestones.

    /** Those after {@code after}, by what is known at {@code now}. */
    private List<Milestone> milestones(When.Milestone when, long now, long after) {
      Days days = user.daysAt(now);
      Optional<Object> value = user.profileAt(now).map(p -> p.objectAt(when.slot()));
      Optional<LocalDate> date =
          value.flatMap(
              v ->
                  v instanceof Long time
                      ? Optional.of(Instant.ofEpochMilli(time).atZone(days.zone()).toLocalDate())
                      : date((String) v));
      List<Milestone> all = new ArrayList<>();
      date.ifPresent(
          d -> {
            // Enough years around any time in question.
            int year = Instant.ofEpochMilli(after).atZone(ZoneOffset.UTC).getYear();
            for (int years = 1; when.yearly() && d.getYear() + years <= year + 3; years++) {
              // The 29th of February becomes the 28th.
              all.add(milestone(when, days, d.plusYears(years), years));
            }
            if (!when.yearly()) {
              all.add(milestone(when, days, d, 0));
            }
          });
      all.removeIf(milestone -> milestone.timeMs <= after);
      return all;
    }

    private static Milestone milestone(When.Milestone when, Days days, LocalDate date, int years) {
      return new Milestone(days.at(date.plusDays(when.offsetDays()), when.at()), date, years);
    }

    private static Optional<LocalDate> date(String text) {
      try {
        return text.length() == 10 ? Optional.of(LocalDate.parse(text)) : Optional.empty();
      } catch (DateTimeParseException e) {
        return Optional.empty();
      }
    }

    private Optional<Moment> passMilestone(When.Milestone when, long before, long now) {
      Optional<Object> had = user.profileAt(now - 1).map(p -> p.objectAt(when.slot()));
      Optional<Object> has = user.profileAt(now).map(p -> p.objectAt(when.slot()));
      if (!had.equals(has)
          && milestones(when, now - 1, now).stream().anyMatch(m -> m.timeMs <= input.untilMs())) {
        tally.prevented.merge("milestone", 1, Integer::sum);
      }
      if (!had.equals(has) || before == Long.MIN_VALUE) {
        return Optional.empty();
      }
      Optional<Milestone> due =
          milestones(when, now, now - 1).stream().filter(m -> m.timeMs == now).findFirst();
      return due.map(
          milestone -> {
            Map<String, Object> evidence = new HashMap<>();
            evidence.put("date", milestone.date.toString());
            evidence.put("years", (long) milestone.years);
            return momentWithoutEvent(now, evidence);
          });
    }

    // Drops.

    /** What was counted before a pause longer than the retention is forgotten. */
    private void begin(Event event) {
      if (!counted.isEmpty() && isForgotten(event.timeMs())) {
        counted.clear();
      }
      if (counted.isEmpty()) {
        armed = true;
        closed = user.dateOf(event).minusDays(1);
      }
      counted.add(event);
    }

    private boolean isForgotten(long now) {
      return now - counted.get(counted.size() - 1).timeMs() > input.job().retentionMs();
    }

    private Optional<Long> nextClose(When.Drop drop, long after) {
      if (counted.isEmpty()) {
        return Optional.empty();
      }
      Days days = user.daysAt(after);
      LocalDate today = days.date(after);
      LocalDate last = user.dateOf(counted.get(counted.size() - 1));
      return last.isBefore(today.minusDays(drop.recentDays() + drop.baselineDays()))
          ? Optional.empty()
          : Optional.of(days.end(today));
    }

    private Optional<Moment> passCloses(When.Drop drop, long now) {
      Optional<Moment> moment = Optional.empty();
      if (counted.isEmpty()) {
        return moment;
      }
      LocalDate yesterday = user.daysAt(now).date(now).minusDays(1);
      if (isForgotten(now)) {
        return moment;
      }
      while (closed.isBefore(yesterday)) {
        closed = closed.plusDays(1);
        Optional<Map<String, Object>> evidence = close(drop, closed);
        if (evidence.isPresent()) {
          moment = Optional.of(momentWithoutEvent(now, evidence.get()));
        }
      }
      return moment;
    }

    private Optional<Map<String, Object>> close(When.Drop drop, LocalDate date) {
      double r = sum(drop, date, drop.recentDays()) / drop.recentDays();
      double b =
          sum(drop, date.minusDays(drop.recentDays()), drop.baselineDays()) / drop.baselineDays();
      long begun = date.toEpochDay() - user.dateOf(counted.get(0)).toEpochDay() + 1;
      if (!armed) {
        armed = r > drop.clearAt() * b;
        return Optional.empty();
      }
      tally.prevented.merge("drop", 1, Integer::sum);
      if (begun < drop.minHistoryDays() || !(b > 0) || b < drop.minBaseline()) {
        return Optional.empty();
      }
      if (!(r <= (1 - drop.by()) * b)) {
        return Optional.empty();
      }
      tally.prevented.merge("drop", -1, Integer::sum);
      armed = false;
      Map<String, Object> evidence = new HashMap<>();
      evidence.put("recent", r);
      evidence.put("baseline", b);
      evidence.put("drop", 1 - r / b);
      return Optional.of(evidence);
    }

    /** The measure over so many dates, {@code last} being the last of them. */
    private double sum(When.Drop drop, LocalDate last, int days) {
      List<Event> within =
          counted.stream()
              .filter(e -> !user.dateOf(e).isAfter(last))
              .filter(e -> user.dateOf(e).isAfter(last.minusDays(days)))
              .toList();
      if (drop.measure() instanceof When.Measure.Sum sum) {
        return within.stream()
            .map(e -> e.attributes().numberAt(e.type().record().indexOf(sum.of())))
            .reduce(BigDecimal.ZERO, BigDecimal::add)
            .doubleValue();
      }
      return drop.measure() instanceof When.Measure.ActiveDays
          ? within.stream().map(user::dateOf).distinct().count()
          : within.size();
    }

    // Scores.

    private Optional<Moment> observe(When.Score score, long now) {
      SignalValues signal = user.signal(input.job().signals().all().get(score.index()), now);
      Optional<Long> last = signal.lastTimeMs();
      if (last.isEmpty() || now - last.get() > signal.keptMs()) {
        armed = false;
        past = Optional.empty();
        return Optional.empty();
      }
      if (last.get() > lastMoved) {
        if (lastMoved == Long.MIN_VALUE || last.get() - lastMoved > signal.keptMs()) {
          armed = false;
          past = Optional.empty();
        }
        lastMoved = last.get();
      }
      Optional<Object> value = signal.at(now);
      boolean isPast = value.filter(v -> isPast(score, v)).isPresent();
      boolean wasArmed = armed;
      if (!isPast) {
        past = Optional.empty();
      } else if (past.isEmpty()) {
        past = Optional.of(now);
      }
      if (value.filter(v -> isClear(score, v)).isPresent()) {
        armed = true;
      }
      if (armed && isPast && now >= past.orElseThrow() + score.forMs()) {
        armed = false;
        Map<String, Object> evidence = new HashMap<>();
        evidence.put("score", ((Number) value.orElseThrow()).doubleValue());
        count(tally.fired, score);
        return Optional.of(momentWithoutEvent(now, evidence));
      }
      if (wasArmed) {
        tally.prevented.merge("score", 1, Integer::sum);
        count(tally.prevented, score);
      }
      return Optional.empty();
    }

    /** Scores of models are counted once more. */
    private void count(Map<String, Integer> counts, When.Score score) {
      SignalMeasure measure = input.job().signals().all().get(score.index()).measure();
      if (measure instanceof SignalMeasure.Model model) {
        counts.merge(model.score().getClass().getSimpleName(), 1, Integer::sum);
      }
    }

    /** Above 0 if {@code value} is above {@code line}; a double is compared as a double. */
    private static int compare(Object value, BigDecimal line) {
      if (value instanceof Double number) {
        return Double.compare(number, line.doubleValue());
      }
      BigDecimal exact = value instanceof Long l ? BigDecimal.valueOf(l) : (BigDecimal) value;
      return exact.compareTo(line);
    }

    private static boolean isPast(When.Score score, Object value) {
      int order = compare(value, score.line().at());
      return score.line().above() ? order > 0 : order < 0;
    }

    private static boolean isClear(When.Score score, Object value) {
      if (score.line().clearAt().isEmpty()) {
        return !isPast(score, value);
      }
      int order = compare(value, score.line().clearAt().get());
      return score.line().above() ? order < 0 : order > 0;
    }

    private Optional<Long> nextMove(When.Score score, long after) {
      SignalValues signal = user.signal(input.job().signals().all().get(score.index()), after);
      if (signal.lastTimeMs().isEmpty()) {
        return Optional.empty();
      }
      long end = signal.lastTimeMs().get() + signal.keptMs();
      TreeSet<Long> instants = new TreeSet<>(signal.jumps(after));
      past.ifPresent(p -> instants.add(p + score.forMs()));
      instants.removeIf(instant -> instant <= after || instant > end);
      if (signal.moves()) {
        long until = (instants.isEmpty() ? end + 1 : instants.first()) - 1;
        // Once it is missing, it stays so.
        Optional<Long> gone = firstChange(t -> signal.at(t).isPresent(), after, until);
        if (gone.isPresent()) {
          instants.add(gone.get());
          until = gone.get() - 1;
        }
        List<Predicate<Optional<Object>>> questions =
            List.of(
                v -> v.filter(x -> isPast(score, x)).isPresent(),
                v -> v.filter(x -> isClear(score, x)).isPresent());
        for (Predicate<Optional<Object>> question : questions) {
          firstChange(t -> question.test(signal.at(t)), after, until).ifPresent(instants::add);
        }
      }
      return instants.stream().findFirst();
    }

    /** The first time after {@code from} with another answer; there is at most one change. */
    private static Optional<Long> firstChange(LongPredicate question, long from, long until) {
      boolean answer = question.test(from);
      if (until <= from || question.test(until) == answer) {
        return Optional.empty();
      }
      long same = from;
      long other = until;
      while (other - same > 1) {
        long middle = same + (other - same) / 2;
        if (question.test(middle) == answer) {
          same = middle;
        } else {
          other = middle;
        }
      }
      return Optional.of(other);
    }

    // Too many instances.

    private boolean hasSpanAt(Key key, long now) {
      return living().stream().anyMatch(e -> e.key.equals(key) && e.endMs() >= now);
    }

    private boolean settledSequence() {
      return measured instanceof When.Sequence && !atArrival;
    }

    /** Whether {@code event} begins a choice that can still be completed at {@code now}. */
    private boolean begins(Event event, long now, Key key) {
      When.Sequence sequence = (When.Sequence) measured;
      return picks(sequence.steps().get(0), event)
          && user.inTime.stream()
              .filter(e -> event.timeMs() < e.timeMs() && e.timeMs() < now)
              .noneMatch(e -> sequence.without().filter(w -> concerns(w, e, key)).isPresent());
    }

    private boolean isLive(Key key, long now) {
      boolean gathered =
          unusedOf(key).stream()
              .filter(e -> pane(e.timeMs()) >= pane(now - within))
              .anyMatch(e -> !settledSequence() || begins(e, now, key));
      boolean kept = histories.containsKey(key) && now <= histories.get(key).until;
      return gathered || kept || open.containsKey(key) || hasSpanAt(key, now);
    }

    /** After {@code own} became live at {@code now}: another goes if there are too many. */
    private List<Moment> displace(long now, Key own) {
      List<Key> live = new ArrayList<>(keys());
      live.removeIf(key -> !isLive(key, now));
      List<Moment> evicted = new ArrayList<>();
      while (live.size() > trigger.maxInstances()) {
        Key goes =
            live.stream()
                .filter(key -> !key.equals(own))
                .min(
                    Comparator.comparing((Key key) -> open.containsKey(key) || hasSpanAt(key, now))
                        .thenComparing(byLatestOwn()))
                .orElseThrow();
        displaced.merge(trigger.id(), 1, Integer::sum);
        Open absence = open.get(goes);
        if (absence != null) {
          evicted.add(moment(goes, absence, now, true));
        }
        drop(goes, now);
        live.remove(goes);
      }
      List<Key> onlyRemembered = new ArrayList<>(keys());
      // As it is once all time before now has passed, however often it was looked at until then.
      onlyRemembered.removeIf(
          key ->
              isLive(key, now)
                  || living().stream()
                      .noneMatch(e -> e.key.equals(key) && e.endMs() + afterSpan() >= now));
      while (onlyRemembered.size() > trigger.maxInstances()) {
        Key goes =
            onlyRemembered.stream()
                .filter(key -> !key.equals(own))
                .min(byLatestOwn())
                .orElseThrow();
        drop(goes, now);
        onlyRemembered.remove(goes);
      }
      return evicted;
    }

    private Comparator<Key> byLatestOwn() {
      return Comparator.comparing((Key key) -> latestOwn.getOrDefault(key, Long.MIN_VALUE))
          .thenComparing(Key::text, NaiveOracle::compareCodePoints);
    }

    private void drop(Key key, long now) {
      empty(key);
      for (Course episode : living()) {
        if (episode.key.equals(key)) {
          user.desk.displaced(episode, now);
          episodes.remove(episode);
        }
      }
      latestOwn.remove(key);
      open.remove(key);
      histories.remove(key);
    }

    // Deciding.

    @Override
    public TriggerDefinition trigger() {
      return trigger;
    }

    /** What came to be, for the desk. */
    Course course(Moment moment) {
      String shape = shape(trigger.when());
      tally.fired.merge(shape, 1, Integer::sum);
      return new Course(
          this,
          moment.key,
          moment.key.text(),
          moment.anchor(),
          moment.event,
          moment.timeMs,
          moment.startMs,
          moment.evidence,
          !moment.evicted && cancelledBefore(moment),
          moment.evicted);
    }

    @Override
    public View view(Course course, long at) {
      return new View(
          course.event.map(Event::attributes),
          input.isLive() && at > course.momentMs ? user.lastProfile() : user.profileAt(at),
          course.evidence,
          user.signals(trigger, at));
    }

    @Override
    public void opened(Course course, long now) {
      episodes.add(course);
      if (course.shadow()) {
        return;
      }
      Key key = (Key) course.key;
      own(key, course.startMs);
      List<Course> same =
          living().stream().filter(e -> e.key.equals(key) && e.pending.isEmpty()).toList();
      if (same.size() > REMEMBERED_EPISODES) {
        episodes.remove(same.stream().min(Comparator.comparingLong(e -> e.momentMs)).orElseThrow());
      }
      if (!(trigger.when() instanceof When.Absence) && !waits()) {
        displace(course.momentMs, key);
      }
    }

    @Override
    public void closed(Course course) {
      episodes.remove(course);
    }

    @Override
    public List<Event> goalsReadBefore(Course course) {
      return readBefore(course, trigger.goal().map(Goal::ender).stream().toList());
    }

    @Override
    public List<Event> cancelsReadBefore(Course course) {
      // What lies in the plain span has cancelled the moment itself.
      return readBefore(course, trigger.cancelOn()).stream()
          .filter(e -> e.timeMs() > course.plainEndMs())
          .filter(e -> !selectedInto((Key) course.key, e))
          .toList();
    }

    private List<Event> readBefore(Course course, List<Ender> enders) {
      // In the order in which they came, with every profile that is known by now.
      lookingBack = true;
      List<Event> before =
          user.inTime.stream()
              .filter(e -> atArrival)
              .filter(e -> enders.stream().anyMatch(ender -> concerns(ender, e, (Key) course.key)))
              .toList();
      lookingBack = false;
      return before;
    }

    private long spanEnd(long momentMs) {
      return momentMs
          + Math.max(
              trigger.expiresInMs().orElse(0), trigger.goal().map(Goal::withinMs).orElse(0L));
    }

    /** Whether a cancelling event of its span was there when the moment came to be. */
    private boolean cancelledBefore(Moment moment) {
      if (trigger.when() instanceof When.Absence || waits()) {
        return false;
      }
      long until = atArrival ? spanEnd(moment.timeMs) : moment.timeMs;
      // Looked at again with every profile that is known by now.
      lookingBack = true;
      boolean cancelled =
          user.inTime.stream()
              .filter(e -> e.timeMs() >= moment.timeMs && e.timeMs() <= until)
              .anyMatch(e -> cancels(e, moment.key) && !selectedInto(moment.key, e));
      lookingBack = false;
      return cancelled;
    }

    private void revoke(Event event, Predicate<Course> which) {
      for (Course episode : List.copyOf(episodes)) {
        if (which.test(episode)) {
          user.desk.cancelled(episode, event);
        }
      }
    }

    // Late events.

    void takeLate(Event event) {
      reach(event);
      for (Key key : keys()) {
        Open absence = open.get(key);
        if (absence != null
            && ends(event, key)
            && absence.s <= event.timeMs()
            && event.timeMs() <= absence.deadline()) {
          open.remove(key);
          countPrevented();
        }
      }
      revoke(
          event,
          episode ->
              (cancels(event, (Key) episode.key) && lies(event, episode))
                  || (isOf(event, (Key) episode.key)
                      && episode.startMs <= event.timeMs()
                      && event.timeMs() <= episode.momentMs));
    }
  }
}
