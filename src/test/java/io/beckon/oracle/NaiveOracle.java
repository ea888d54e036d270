// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.oracle;

import io.beckon.event.Event;
import io.beckon.event.EventType;
import io.beckon.event.Slots;
import io.beckon.language.Ender;
import io.beckon.language.JobDefinition.Order;
import io.beckon.language.Selector;
import io.beckon.language.TriggerDefinition;
import io.beckon.language.TriggerDefinition.Lane;
import io.beckon.language.TriggerDefinition.Mode;
import io.beckon.language.When;
import io.beckon.language.expression.Expression;
import io.beckon.oracle.Condition.Truth;
import io.beckon.oracle.Condition.View;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
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
  private final List<Outcome.Judged> decisions = new ArrayList<>();
  private final List<Outcome.Sent> commands = new ArrayList<>();
  private final List<String> late = new ArrayList<>();
  private final Map<String, Integer> prevented = new TreeMap<>();
  private final Map<String, Integer> displaced = new TreeMap<>();
  private final Map<String, Integer> noInstance = new TreeMap<>();
  private int duplicates;
  private int idsForgotten;

  private NaiveOracle(RandomCase input, Tally tally) {
    this.input = input;
    this.tally = tally;
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

    void add(Tally other) {
      other.fired.forEach((k, v) -> fired.merge(k, v, Integer::sum));
      other.prevented.forEach((k, v) -> prevented.merge(k, v, Integer::sum));
    }
  }

  private Outcome run() {
    Map<String, User> users = new LinkedHashMap<>();
    long newest = Long.MIN_VALUE;
    for (Event event : input.stream()) {
      newest = Math.max(newest, event.timeMs());
      if (listened(event.type())) {
        users.computeIfAbsent(event.user(), User::new).read(event, newest);
      }
    }
    Map<String, Integer> open = new TreeMap<>();
    for (User user : users.values()) {
      user.handleUntil(input.untilMs());
      for (Watch watch : user.watches) {
        if (!watch.open.isEmpty()) {
          open.merge(watch.trigger.id(), watch.open.size(), Integer::sum);
        }
      }
    }
    return new Outcome(
        decisions,
        commands,
        late,
        duplicates,
        idsForgotten,
        prevented,
        displaced,
        noInstance,
        open);
  }

  private boolean listened(EventType type) {
    return input.job().triggers().stream()
        .filter(trigger -> trigger.mode() != Mode.DRAFT)
        .flatMap(trigger -> selectors(trigger).stream())
        .anyMatch(selector -> selector.type().equals(type));
  }

  private static List<Selector> selectors(TriggerDefinition trigger) {
    List<Selector> all = new ArrayList<>(steps(measured(trigger.when())));
    enders(trigger).forEach(ender -> all.add(ender.selector()));
    without(measured(trigger.when())).ifPresent(ender -> all.add(ender.selector()));
    return all;
  }

  /** What is gathered for: the shape itself, of an absence its {@code after}. */
  private static When measured(When when) {
    return when instanceof When.Absence absence ? absence.after() : when;
  }

  private static List<Selector> steps(When measured) {
    if (measured instanceof When.OnEvent event) {
      return List.of(event.event());
    } else if (measured instanceof When.Count count) {
      return List.of(count.event());
    } else if (measured instanceof When.Sum sum) {
      return List.of(sum.event());
    } else if (measured instanceof When.Distinct distinct) {
      return List.of(distinct.event());
    } else if (measured instanceof When.Sequence sequence) {
      return sequence.steps();
    }
    throw new IllegalStateException(measured.toString());
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
    return switch (when.getClass().getSimpleName()) {
      case "OnEvent" -> "event";
      case "Count" -> "count";
      case "Sum" -> "sum";
      case "Distinct" -> "distinct";
      case "Sequence" -> "sequence";
      case "Absence" -> "absence";
      default -> throw new IllegalStateException(when.toString());
    };
  }

  private static int compareCodePoints(String a, String b) {
    return Arrays.compare(a.codePoints().toArray(), b.codePoints().toArray());
  }

  private static final Comparator<Event> BY_TIME_AND_ID =
      Comparator.comparingLong(Event::timeMs)
          .thenComparing(Event::id, NaiveOracle::compareCodePoints);

  private static Optional<Object> attribute(Event event, String name) {
    int slot = event.type().record().indexOf(name);
    return slot < 0 ? Optional.empty() : Optional.ofNullable(event.attributes().objectAt(slot));
  }

  /** The match values of an instance. */
  private record Key(List<Object> values) {
    String text() {
      return values.stream().map(Object::toString).collect(Collectors.joining(","));
    }
  }

  /** An absence that waits for its deadline. */
  private static final class Open {
    final Event anchor;
    final Map<String, Object> evidence;
    long s;

    Open(Event anchor, Map<String, Object> evidence) {
      this.anchor = anchor;
      this.evidence = evidence;
      this.s = anchor.timeMs();
    }
  }

  /** An episode that was decided ISSUED. */
  private record Issued(Key key, Event anchor, long momentMs, long startMs, long endMs) {}

  /** A moment that ended ISSUED or SHADOW: what a cooldown counts from. */
  private record Spent(Key key, long momentMs) {}

  /** Something that came to be and is to be decided. */
  private record Moment(
      Watch watch,
      Key key,
      Event anchor,
      long timeMs,
      long startMs,
      Map<String, Object> evidence,
      boolean evicted) {}

  private static final Comparator<Moment> BY_TURN =
      Comparator.comparing((Moment m) -> m.watch.trigger.lane() == Lane.SERVICE ? 0 : 1)
          .thenComparing(m -> -m.watch.trigger.priority())
          .thenComparing(m -> m.watch.trigger.id(), NaiveOracle::compareCodePoints)
          .thenComparing(Moment::anchor, BY_TIME_AND_ID)
          .thenComparing(m -> m.key.text(), NaiveOracle::compareCodePoints);

  /** Everything about one user. */
  private final class User {
    final String id;
    final Optional<Slots> profile;
    final List<Watch> watches = new ArrayList<>();

    /** First copies whose ids are remembered. */
    final List<Event> remembered = new ArrayList<>();

    /** Every event read that was neither a duplicate nor late. */
    final List<Event> inTime = new ArrayList<>();

    /** Those of them that the watermark has not passed. */
    final List<Event> waiting = new ArrayList<>();

    User(String id) {
      this.id = id;
      this.profile = Optional.ofNullable(input.profiles().get(id));
      for (TriggerDefinition trigger : input.job().triggers()) {
        if (trigger.mode() != Mode.DRAFT) {
          watches.add(new Watch(this, trigger));
        }
      }
    }

    void read(Event event, long newest) {
      long watermark = newest - input.job().time().latenessMs() - 1;
      handleUntil(watermark);
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
      if (event.timeMs() <= watermark) {
        late.add(event.id());
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
      decide(moments);
    }

    void handleUntil(long watermark) {
      while (true) {
        TreeSet<Long> due = new TreeSet<>();
        waiting.forEach(event -> due.add(event.timeMs()));
        watches.forEach(watch -> watch.open.values().forEach(o -> due.add(watch.deadline(o))));
        if (due.isEmpty() || due.first() > watermark) {
          return;
        }
        handleInstant(due.first());
      }
    }

    /** First the events of an instant, then its deadlines, then the moments that came to be. */
    private void handleInstant(long now) {
      List<Event> events =
          waiting.stream().filter(e -> e.timeMs() == now).sorted(BY_TIME_AND_ID).toList();
      waiting.removeAll(events);
      List<Moment> moments = new ArrayList<>();
      for (Event event : events) {
        for (Watch watch : watches) {
          if (!watch.atArrival) {
            moments.addAll(watch.take(event));
          }
        }
      }
      watches.forEach(watch -> moments.addAll(watch.passDeadlines(now)));
      decide(moments);
    }

    private void decide(List<Moment> moments) {
      moments.stream().sorted(BY_TURN).forEach(moment -> moment.watch.decide(moment));
    }
  }

  /** Everything about one user and one trigger. */
  private final class Watch {
    final User user;
    final TriggerDefinition trigger;
    final When measured;
    final long within;
    final boolean atArrival;

    /** Gathered and not used up, in the order in which they were taken. */
    final List<Event> unused = new ArrayList<>();

    final Map<Key, Open> open = new LinkedHashMap<>();
    final List<Issued> issued = new ArrayList<>();
    final List<Spent> spent = new ArrayList<>();
    final Map<Key, Long> latestOwn = new HashMap<>();

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
                  && !(trigger.when() instanceof When.Absence));
    }

    // Which events.

    boolean holds(Optional<Expression> condition, View view) {
      return condition.isEmpty() || meaning(condition.get()).test(view) == Truth.TRUE;
    }

    Condition meaning(Expression expression) {
      Condition condition = input.conditions().get(expression);
      if (condition == null) {
        throw new IllegalStateException("unknown expression " + expression.text());
      }
      return condition;
    }

    boolean picks(Selector selector, Event event) {
      return selector.type().equals(event.type())
          && holds(selector.where(), new View(event.attributes(), user.profile, Map.of()));
    }

    boolean selects(Event event) {
      return isOfUse(event) && steps(measured).stream().anyMatch(step -> picks(step, event));
    }

    /** Whether it has what is measured. */
    boolean isOfUse(Event event) {
      if (measured instanceof When.Sum sum) {
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
      unused.forEach(event -> keys.add(key(event).orElseThrow()));
      issued.forEach(episode -> keys.add(episode.key));
      return keys;
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
      for (Key key : keys()) {
        if (ends(event, key)) {
          if (open.remove(key) != null) {
            countPrevented();
          }
          if (!own.equals(Optional.of(key))) {
            emptyUpTo(event.timeMs(), key);
          }
        }
        if (cancels(event, key)) {
          revoke(episode -> episode.key.equals(key) && lies(event, episode));
        }
      }
      return own.map(key -> takeSelected(event, key)).orElse(List.of());
    }

    private boolean lies(Event event, Issued episode) {
      return episode.startMs <= event.timeMs() && event.timeMs() <= episode.endMs;
    }

    private List<Moment> takeSelected(Event event, Key key) {
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
        displace(event.timeMs(), key);
        return List.of(
            new Moment(
                Watch.this, key, event, event.timeMs(), event.timeMs(), evidence.get(), false));
      }
      boolean endedAtOnce =
          user.inTime.stream()
              .filter(other -> other.timeMs() == event.timeMs())
              .filter(other -> BY_TIME_AND_ID.compare(other, event) <= 0)
              .anyMatch(other -> ends(other, key) && !selectedInto(key, other));
      if (endedAtOnce) {
        countPrevented();
        return displace(event.timeMs(), key);
      }
      open.put(key, new Open(event, evidence.get()));
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
      issued.removeIf(episode -> watermark - episode.endMs >= afterSpan());
      unused.removeIf(event -> pane(event.timeMs()) < pane(watermark + 1 - within));
      List.copyOf(latestOwn.keySet()).forEach(this::forgetIfNothingIsLeft);
    }

    private void countPrevented() {
      prevented.merge(trigger.id(), 1, Integer::sum);
      tally.prevented.merge("absence", 1, Integer::sum);
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

    long deadline(Open absence) {
      return absence.s + ((When.Absence) trigger.when()).forMs();
    }

    List<Moment> passDeadlines(long now) {
      List<Moment> moments = new ArrayList<>();
      for (Key key : List.copyOf(open.keySet())) {
        Open absence = open.get(key);
        if (absence != null && deadline(absence) == now) {
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
      return new Moment(this, key, absence.anchor, now, absence.s, evidence, evicted);
    }

    // Too many instances.

    private boolean hasSpanAt(Key key, long now) {
      return issued.stream().anyMatch(e -> e.key.equals(key) && e.endMs >= now);
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
      return gathered || open.containsKey(key) || hasSpanAt(key, now);
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
        drop(goes);
        live.remove(goes);
      }
      List<Key> onlyRemembered = new ArrayList<>(keys());
      // As it is once all time before now has passed, however often it was looked at until then.
      onlyRemembered.removeIf(
          key ->
              isLive(key, now)
                  || issued.stream()
                      .noneMatch(e -> e.key.equals(key) && e.endMs + afterSpan() >= now));
      while (onlyRemembered.size() > trigger.maxInstances()) {
        Key goes =
            onlyRemembered.stream()
                .filter(key -> !key.equals(own))
                .min(byLatestOwn())
                .orElseThrow();
        drop(goes);
        onlyRemembered.remove(goes);
      }
      return evicted;
    }

    private Comparator<Key> byLatestOwn() {
      return Comparator.comparing((Key key) -> latestOwn.getOrDefault(key, Long.MIN_VALUE))
          .thenComparing(Key::text, NaiveOracle::compareCodePoints);
    }

    private void drop(Key key) {
      empty(key);
      issued.removeIf(episode -> episode.key.equals(key));
      latestOwn.remove(key);
      open.remove(key);
    }

    // Deciding.

    void decide(Moment moment) {
      String reason = reason(moment);
      decisions.add(
          new Outcome.Judged(
              user.id,
              trigger.id(),
              moment.key.text(),
              moment.anchor.id(),
              moment.timeMs,
              moment.timeMs,
              reason));
      String shape = shape(trigger.when());
      tally.fired.merge(shape, 1, Integer::sum);
      boolean spends = reason.equals("ISSUED") || reason.equals("SHADOW");
      if (spends) {
        spent.add(new Spent(moment.key, moment.timeMs));
      } else if (shape.equals("event")) {
        tally.prevented.merge(shape, 1, Integer::sum);
      }
      if (reason.equals("ISSUED")) {
        send("ISSUE", moment.key, moment.anchor, moment.timeMs);
        own(moment.key, moment.startMs);
        issued.add(
            new Issued(
                moment.key, moment.anchor, moment.timeMs, moment.startMs, spanEnd(moment.timeMs)));
        List<Issued> same = issued.stream().filter(e -> e.key.equals(moment.key)).toList();
        if (same.size() > REMEMBERED_EPISODES) {
          issued.remove(
              same.stream().min(Comparator.comparingLong(Issued::momentMs)).orElseThrow());
        }
        if (!shape.equals("absence")) {
          displace(moment.timeMs, moment.key);
        }
      }
    }

    private long spanEnd(long momentMs) {
      return momentMs + Math.max(trigger.expiresInMs().orElse(0), trigger.goalWithinMs().orElse(0));
    }

    private String reason(Moment moment) {
      if (moment.evicted) {
        return "EVICTED";
      }
      if (trigger.mode() == Mode.PAUSED) {
        return "PAUSED";
      }
      LocalDate date = Instant.ofEpochMilli(moment.timeMs).atZone(input.job().zone()).toLocalDate();
      boolean active =
          trigger
              .active()
              .map(
                  dates ->
                      dates.from().map(from -> !date.isBefore(from)).orElse(true)
                          && dates.until().map(until -> !date.isAfter(until)).orElse(true))
              .orElse(true);
      if (!active) {
        return "NOT_ACTIVE";
      }
      View view = new View(moment.anchor.attributes(), user.profile, moment.evidence);
      if (!holds(trigger.audience(), view)) {
        return "NOT_IN_AUDIENCE";
      }
      boolean cooling =
          trigger
              .cooldown()
              .map(
                  cooldown ->
                      spent.stream()
                          .filter(s -> !cooldown.perMatch() || s.key.equals(moment.key))
                          .anyMatch(s -> Math.abs(s.momentMs - moment.timeMs) < cooldown.forMs()))
              .orElse(false);
      if (cooling) {
        return "COOLDOWN";
      }
      if (cancelledBefore(moment)) {
        return "CANCELLED";
      }
      return trigger.mode() == Mode.SHADOW ? "SHADOW" : "ISSUED";
    }

    /** Whether a cancelling event of its span was there when the moment came to be. */
    private boolean cancelledBefore(Moment moment) {
      if (trigger.when() instanceof When.Absence) {
        return false;
      }
      long until = atArrival ? spanEnd(moment.timeMs) : moment.timeMs;
      return user.inTime.stream()
          .filter(e -> e.timeMs() >= moment.timeMs && e.timeMs() <= until)
          .anyMatch(e -> cancels(e, moment.key) && !selectedInto(moment.key, e));
    }

    private void send(String action, Key key, Event anchor, long momentMs) {
      commands.add(
          new Outcome.Sent(action, user.id, trigger.id(), key.text(), anchor.id(), momentMs));
    }

    private void revoke(Predicate<Issued> which) {
      for (Issued episode : List.copyOf(issued)) {
        if (which.test(episode)) {
          send("CANCEL", episode.key, episode.anchor, episode.momentMs);
          issued.remove(episode);
        }
      }
    }

    // Late events.

    void takeLate(Event event) {
      for (Key key : keys()) {
        Open absence = open.get(key);
        if (absence != null
            && ends(event, key)
            && absence.s <= event.timeMs()
            && event.timeMs() <= deadline(absence)) {
          open.remove(key);
          countPrevented();
        }
        revoke(
            episode ->
                episode.key.equals(key)
                    && ((cancels(event, key) && lies(event, episode))
                        || (isOf(event, key)
                            && episode.startMs <= event.timeMs()
                            && event.timeMs() <= episode.momentMs)));
      }
    }
  }
}
