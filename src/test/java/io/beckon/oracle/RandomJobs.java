// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.oracle;

import io.beckon.event.Attribute;
import io.beckon.event.AttributeType;
import io.beckon.event.Catalogue;
import io.beckon.event.Event;
import io.beckon.event.EventType;
import io.beckon.event.RecordType;
import io.beckon.event.Slots;
import io.beckon.language.Ender;
import io.beckon.language.Intervention;
import io.beckon.language.JobDefinition;
import io.beckon.language.JobDefinition.Clock;
import io.beckon.language.JobDefinition.Order;
import io.beckon.language.JobDefinition.SendFrom;
import io.beckon.language.JobDefinition.TimeSettings;
import io.beckon.language.JobDefinition.Timezone;
import io.beckon.language.Selector;
import io.beckon.language.SignalDefinition;
import io.beckon.language.Signals;
import io.beckon.language.TriggerDefinition;
import io.beckon.language.TriggerDefinition.ActiveDates;
import io.beckon.language.TriggerDefinition.Cooldown;
import io.beckon.language.TriggerDefinition.Lane;
import io.beckon.language.TriggerDefinition.Mode;
import io.beckon.language.When;
import io.beckon.language.diagnostics.Span;
import io.beckon.language.expression.Expression;
import io.beckon.language.expression.Scope;
import io.beckon.oracle.Condition.And;
import io.beckon.oracle.Condition.Compare;
import io.beckon.oracle.Condition.Contains;
import io.beckon.oracle.Condition.Elapsed;
import io.beckon.oracle.Condition.Flag;
import io.beckon.oracle.Condition.Has;
import io.beckon.oracle.Condition.Lasting;
import io.beckon.oracle.Condition.Not;
import io.beckon.oracle.Condition.OneOf;
import io.beckon.oracle.Condition.Or;
import io.beckon.oracle.Condition.SizeAtLeast;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Random jobs and streams, each from its seed alone. Times lie on a coarse grid, and so do windows,
 * so that ties and exact ends are the rule; instances and ids are few, so that they meet.
 *
 * <p>Keeps compiled expressions from case to case, since compiling is what takes time.
 */
final class RandomJobs {
  private static final long SECOND = 1_000;
  private static final long MINUTE = 60 * SECOND;
  private static final long HOUR = 60 * MINUTE;
  private static final Span NOWHERE = new Span("random", 1, 1, 1);
  private static final List<String> ITEMS = List.of("i1", "i2", "i3");
  private static final List<String> TYPES = List.of("view", "cart", "buy", "ask", "ping");
  private static final List<String> ZONES =
      List.of(
          "UTC",
          "Asia/Shanghai",
          "Europe/Berlin",
          "Europe/Berlin",
          "America/New_York",
          "America/New_York",
          "Asia/Kolkata",
          "Asia/Kathmandu",
          "Australia/Lord_Howe",
          "Australia/Lord_Howe",
          "Pacific/Apia",
          "Pacific/Honolulu",
          "Pacific/Kiritimati",
          "America/St_Johns");
  private static final long DAY = 24 * HOUR;
  private static final RecordType NO_EVENT = RecordType.of("event", List.of());
  private static final int SIGNAL_SETS = 8;

  private final List<Catalogue> catalogues;
  private final Expressions expressions = new Expressions();

  /** By catalogue, then by scale: minutes, then days. */
  private final Map<Catalogue, List<List<Signals>>> signals = new HashMap<>();

  RandomJobs() {
    catalogues = IntStream.range(0, 6).mapToObj(i -> catalogue(new Random(i))).toList();
    for (Catalogue catalogue : catalogues) {
      Random random = new Random(catalogues.indexOf(catalogue));
      List<List<Signals>> scales = new ArrayList<>();
      for (boolean days : List.of(false, true)) {
        scales.add(
            IntStream.range(0, SIGNAL_SETS)
                .mapToObj(
                    i -> {
                      Signals made =
                          new RandomSignals(
                                  random, days, catalogue, type -> where(random, catalogue, type))
                              .make();
                      Random own =
                          new Random(
                              100L * catalogues.indexOf(catalogue) + 10L * scales.size() + i);
                      return RandomSignals.with(
                          made,
                          new RandomSignals(
                              own, days, catalogue, type -> where(own, catalogue, type)),
                          i % 4);
                    })
                .toList());
      }
      signals.put(catalogue, scales);
    }
  }

  private Expression where(Random random, Catalogue catalogue, EventType type) {
    return expressions.condition(
        Scope.where(type.record(), catalogue.profile()),
        random.nextInt(4) == 0
            ? new Compare("user", "tier", "==", "gold")
            : random.nextBoolean()
                ? new Flag("event", "ok")
                : new Compare("event", "qty", ">=", 1L));
  }

  /** What kind of cases to make. */
  enum Focus {
    /** Anything. */
    ANY,
    /** Settled order without urgent triggers, no event late, no copies. */
    SETTLED_IN_TIME
  }

  /** The case of {@code seed}. */
  RandomCase make(long seed) {
    return make(seed, Focus.ANY);
  }

  RandomCase make(long seed, Focus focus) {
    return new Maker(seed, focus).make();
  }

  private static Catalogue catalogue(Random random) {
    List<RecordType> types = new ArrayList<>();
    int count = 3 + random.nextInt(3);
    for (String name : TYPES.subList(0, count)) {
      // A list of items or shops, as in an order, in some types.
      boolean first = types.isEmpty();
      List<Attribute> attributes =
          new ArrayList<>(
              List.of(
                  Attribute.optional(
                      "item",
                      !first && random.nextInt(4) == 0
                          ? AttributeType.STRING_LIST
                          : AttributeType.STRING),
                  Attribute.optional(
                      "shop",
                      !first && random.nextInt(5) == 0
                          ? AttributeType.INT_LIST
                          : AttributeType.INT),
                  Attribute.optional("ok", AttributeType.BOOL),
                  Attribute.optional("price", AttributeType.DECIMAL),
                  Attribute.optional("qty", AttributeType.INT),
                  Attribute.optional("items", AttributeType.STRING_LIST)));
      Collections.shuffle(attributes, random);
      types.add(RecordType.of(name, attributes));
    }
    RecordType profile =
        RecordType.of(
            "user",
            List.of(
                Attribute.optional("tier", AttributeType.STRING),
                Attribute.optional("age", AttributeType.INT),
                Attribute.optional("vip", AttributeType.BOOL),
                Attribute.optional("zone", AttributeType.STRING),
                Attribute.optional("born", AttributeType.STRING),
                Attribute.optional("joined", AttributeType.TIMESTAMP)));
    return Catalogue.of(types, profile);
  }

  /** Makes one case. */
  private final class Maker {
    private final long seed;
    private final Focus focus;
    private final Random random;
    private final Catalogue catalogue;

    /** The grid that most times and durations lie on. */
    private final long grid;

    private final Order order;
    private final long lateness;
    private final ZoneId zone;
    private final long start;
    private final boolean many;

    /** Whether times spread over weeks, for what counts local dates. */
    private final boolean days;

    private final Signals signals;
    private final boolean retained;

    Maker(long seed, Focus focus) {
      this.seed = seed;
      this.focus = focus;
      this.random = new Random(seed * 0x9E3779B97F4A7C15L + 1);
      this.catalogue = any(catalogues);
      this.days = random.nextInt(9) < 5;
      this.grid =
          any(
              days
                  ? List.of(6 * HOUR, 8 * HOUR, 12 * HOUR, DAY, DAY, 25 * HOUR)
                  : List.of(
                      1L, SECOND, SECOND, 10 * SECOND, MINUTE, 20 * MINUTE, 20 * MINUTE, 7 * HOUR));
      this.order =
          focus == Focus.SETTLED_IN_TIME || random.nextInt(10) < 6 ? Order.SETTLED : Order.ARRIVAL;
      this.lateness =
          any(
              days
                  ? List.of(0L, HOUR, grid, grid, 2 * grid, 3 * grid + 1)
                  : List.of(0L, grid, 2 * grid, 3 * grid + 1, 4 * grid, 8 * grid));
      this.zone = ZoneId.of(any(ZONES));
      this.signals =
          any(Objects.requireNonNull(RandomJobs.this.signals.get(catalogue)).get(days ? 1 : 0));
      this.retained = chance(0.8);
      // Near a midnight of the zone, so that active dates begin and end within the stream, and
      // around the days on which clocks change.
      LocalDate day =
          days
              ? changeOfClocks().minusDays(random.nextInt(30))
              : LocalDate.of(2026, 11, 1 + random.nextInt(9));
      this.start = day.atStartOfDay(zone).toInstant().toEpochMilli() - grid * random.nextInt(12);
      this.many = !days && random.nextInt(22) == 0;
    }

    private LocalDate changeOfClocks() {
      return any(
          List.of(
              LocalDate.of(2026, 3, 29), // Berlin
              LocalDate.of(2026, 10, 25),
              LocalDate.of(2026, 3, 8), // New York, St John's
              LocalDate.of(2026, 11, 1),
              LocalDate.of(2026, 4, 5), // Lord Howe
              LocalDate.of(2026, 10, 4),
              LocalDate.of(2028, 2, 29)));
    }

    RandomCase make() {
      long dedupe =
          lateness + (focus == Focus.ANY ? any(List.of(0L, grid, 4 * grid, HOUR, HOUR)) : HOUR);
      List<TriggerDefinition> triggers = new ArrayList<>();
      List<String> names = new ArrayList<>(List.of("a", "b", "b1", "c", "d"));
      Collections.shuffle(names, random);
      int count = 2 + random.nextInt(4);
      for (int i = 0; i < count; i++) {
        triggers.add(trigger(names.get(i)));
      }
      Optional<SendFrom> sendFrom =
          chance(0.15)
              ? Optional.of(new SendFrom.At(start + grid * random.nextInt(20)))
              : Optional.empty();
      JobDefinition job =
          new JobDefinition(
              "job",
              catalogue,
              signals,
              new TimeSettings(
                  lateness,
                  dedupe,
                  10 * MINUTE,
                  30 * SECOND,
                  order,
                  Clock.REPLAY,
                  Optional.empty(),
                  sendFrom),
              List.of(
                  new JobDefinition.SourceDefinition(
                      JobDefinition.Format.JSONL,
                      new JobDefinition.IdRule.Field("id"),
                      Optional.empty())),
              Optional.empty(),
              new Timezone(chance(0.8) ? Optional.of("zone") : Optional.empty(), zone),
              retained
                  ? JobDefinition.DEFAULT_RETENTION_MS
                  : days ? DAY * any(List.of(2L, 4L, 8L)) : grid * any(List.of(3L, 6L, 12L)),
              triggers);
      List<String> users =
          List.of("u1", "u2", "u3").subList(0, many ? 1 : any(List.of(1, 1, 2, 3)));
      Map<String, Slots> profiles = new HashMap<>();
      for (String user : users) {
        if (random.nextInt(3) > 0) {
          profiles.put(user, profile());
        }
      }
      List<Event> events = stream(users);
      long newest = events.stream().mapToLong(Event::timeMs).max().orElse(start);
      long until = newest + any(List.of(0L, 0L, grid, 8 * grid, 60 * grid));
      List<Input> stream = updated(events, users, profiles);
      return new RandomCase(
          seed,
          any(List.of(RunMode.values())),
          job,
          expressions.conditions(),
          profiles,
          stream,
          until);
    }

    private <T> T any(List<T> from) {
      return from.get(random.nextInt(from.size()));
    }

    private boolean chance(double p) {
      return random.nextDouble() < p;
    }

    // Triggers.

    private TriggerDefinition trigger(String id) {
      List<String> match = match();
      When when =
          chance(order == Order.ARRIVAL ? 0.15 : 0.35)
              ? absence(match)
              : chance(0.58) ? timed(match) : shape((1 + random.nextInt(14)) / 3, match);
      boolean urgent =
          when instanceof When.OnEvent
              && order == Order.SETTLED
              && focus == Focus.ANY
              && chance(0.3);
      List<Ender> cancelOn = new ArrayList<>();
      int cancels = any(List.of(0, 0, 1, 1, 2));
      for (int i = 0; i < cancels; i++) {
        cancelOn.add(ender(when.match(), selected(when)));
      }
      return new TriggerDefinition(
          id,
          1 + random.nextInt(3),
          NOWHERE,
          "owner",
          "",
          any(
              List.of(
                  Mode.LIVE,
                  Mode.LIVE,
                  Mode.LIVE,
                  Mode.LIVE,
                  Mode.LIVE,
                  Mode.LIVE,
                  Mode.LIVE,
                  Mode.LIVE,
                  Mode.SHADOW,
                  Mode.SHADOW,
                  Mode.PAUSED,
                  Mode.DRAFT)),
          chance(0.12) ? Optional.of(active()) : Optional.empty(),
          any(List.of(Lane.MARKETING, Lane.SERVICE)),
          any(List.of(10, 40, 40, 90)),
          when,
          urgent,
          chance(0.4) ? 64 : 1 + random.nextInt(4),
          chance(when.hasEvent() ? 0.25 : 0.35) ? Optional.of(audience(when)) : Optional.empty(),
          cancelOn,
          chance(0.35) ? Optional.of(new Cooldown(duration(), chance(0.5))) : Optional.empty(),
          chance(0.4) ? OptionalLong.of(duration()) : OptionalLong.empty(),
          chance(0.4) ? Optional.of(goal(duration())) : Optional.empty(),
          BigDecimal.ZERO,
          List.of(
              new TriggerDefinition.Step(
                  new Intervention(
                      Intervention.Kind.MESSAGE,
                      Optional.of("push"),
                      Optional.of("template"),
                      List.of(),
                      params(when)),
                  Optional.empty(),
                  0)));
    }

    /** Any event of the first type. */
    private TriggerDefinition.Goal goal(long withinMs) {
      return new TriggerDefinition.Goal(
          new Ender(new Selector(catalogue.types().get(0), Optional.empty()), List.of()),
          withinMs,
          Optional.empty());
    }

    /** What the moment observed and what the signals say, seen in the command. */
    private List<Intervention.Param> params(When when) {
      List<Intervention.Param> params = new ArrayList<>();
      RecordType moment = expressions.momentType(when);
      for (Attribute attribute : moment.attributes()) {
        if (chance(0.4) && isPlain(attribute)) {
          params.add(param(when, "moment." + attribute.name()));
        }
      }
      for (Attribute attribute : signals.type().attributes()) {
        // No draw for the model, so that without one the cases are the same.
        boolean told = attribute.name().equals("model") ? params.size() % 4 == 3 : chance(0.12);
        if (told && isPlain(attribute)) {
          params.add(param(when, "signal." + attribute.name()));
        }
      }
      if (chance(0.1)) {
        params.add(param(when, "user.tier"));
      }
      return params;
    }

    private static boolean isPlain(Attribute attribute) {
      return attribute.type() != AttributeType.TIMESTAMP
          && attribute.type() != AttributeType.DURATION;
    }

    private Intervention.Param param(When when, String text) {
      return new Intervention.Param(
          text.replace('.', '_'),
          List.of(
              new Intervention.Part.Computed(
                  expressions.value(scope(when, text.startsWith("signal")), text))));
    }

    private ActiveDates active() {
      LocalDate day = Instant.ofEpochMilli(start).atZone(zone).toLocalDate();
      return new ActiveDates(
          chance(0.7) ? Optional.of(day.plusDays(random.nextInt(3))) : Optional.empty(),
          chance(0.7) ? Optional.of(day.plusDays(random.nextInt(4))) : Optional.empty());
    }

    private List<String> match() {
      return any(
          List.of(
              List.of(),
              List.of("item"),
              List.of("item"),
              List.of("shop"),
              List.of("ok"),
              List.of("shop", "item"),
              List.of("item", "ok")));
    }

    private When shape(int shape, List<String> match) {
      return switch (shape) {
        case 0 -> new When.OnEvent(selector(keyed(match)), match);
        case 1 -> count(match);
        case 2 -> sum(match);
        case 3 -> distinct(match);
        default -> sequence(match, order == Order.SETTLED);
      };
    }

    private When timed(List<String> match) {
      while (true) {
        switch (random.nextInt(26)) {
          case 0, 1 -> {
            return new When.Inactive(several(), delay());
          }
          case 2, 3 -> {
            return new When.Due(selector(keyed(match)), delay(), match);
          }
          case 4, 5 -> {
            if (days) {
              return drop();
            }
          }
          case 6, 7, 8, 9, 10, 11 -> {
            Optional<When> score = score();
            if (score.isPresent()) {
              return score.get();
            }
          }
          case 12, 13, 14, 15, 16, 17, 18, 19, 20, 21 -> {
            if (focus == Focus.ANY && (days || chance(0.1))) {
              return milestone();
            }
          }
          default -> {
            if (focus == Focus.ANY) {
              return changes();
            }
          }
        }
      }
    }

    /** One or two event types. */
    private List<Selector> several() {
      List<EventType> types = new ArrayList<>(catalogue.types());
      Collections.shuffle(types, random);
      return types.subList(0, 1 + random.nextInt(2)).stream()
          .map(type -> selector(List.of(type)))
          .toList();
    }

    private When.Wait delay() {
      if (chance(0.45)) {
        return new When.Wait.Fixed(duration());
      }
      OptionalLong floor = chance(0.3) ? OptionalLong.of(duration()) : OptionalLong.empty();
      return new When.Wait.OwnGap(
          any(List.of(0.5, 1.0, 1.5, 1.7, 3.0)),
          duration(),
          any(List.of(2.0, 2.0, 0.5, 3.0)),
          days ? any(List.of(1, 2, 3)) : any(List.of(1, 1, 2)),
          floor,
          !days || chance(0.3)
              ? OptionalLong.of(floor.orElse(0) + duration())
              : OptionalLong.empty());
    }

    private When drop() {
      int recent = any(List.of(1, 2, 3));
      int baseline = any(List.of(1, 2, 4, 6));
      double by = any(List.of(0.25, 0.4, 0.5, 1.0));
      List<Selector> events = several();
      When.Measure measure =
          any(
              List.of(
                  new When.Measure.Events(),
                  new When.Measure.Events(),
                  new When.Measure.ActiveDays(),
                  new When.Measure.Sum("price"),
                  new When.Measure.Sum("qty")));
      return new When.Drop(
          events,
          measure,
          recent,
          baseline,
          by,
          any(List.of(0.0, 0.0, 0.5, 1.0)),
          any(List.of(recent + baseline, 1, recent + 1)),
          any(List.of(1 - by / 2, 1 - by + 0.05, 1.2)));
    }

    private Optional<When> score() {
      List<SignalDefinition> numbers =
          signals.all().stream()
              .filter(signal -> signal.type().isNumber())
              // What is observed of a window longer than the retention is nowhere promised.
              .filter(signal -> retained || !RandomSignals.hasWindow(signal.measure()))
              .toList();
      if (numbers.isEmpty()) {
        return Optional.empty();
      }
      SignalDefinition drawn = any(numbers);
      SignalDefinition signal =
          numbers.indexOf(drawn) % 2 == 0
              ? signals.all().get(signals.type().indexOf("model"))
              : drawn;
      boolean above = chance(RandomSignals.rises(signal.measure()) ? 0.7 : 0.4);
      List<BigDecimal> lines = RandomSignals.lines(signal);
      BigDecimal at = any(lines);
      List<BigDecimal> clear =
          lines.stream()
              .filter(line -> above ? line.compareTo(at) <= 0 : line.compareTo(at) >= 0)
              .toList();
      return Optional.of(
          new When.Score(
              signal.name(),
              signals.type().indexOf(signal.name()),
              new When.Line(above, at, chance(0.35) ? Optional.of(any(clear)) : Optional.empty()),
              chance(0.5) ? 0 : duration()));
    }

    private When milestone() {
      String attribute = any(List.of("born", "born", "joined"));
      return new When.Milestone(
          attribute,
          catalogue.profile().indexOf(attribute),
          chance(0.85),
          any(List.of(0, 0, -1, 1, -7, 3)),
          any(
              List.of(
                  LocalTime.of(9, 0),
                  LocalTime.MIDNIGHT,
                  LocalTime.of(2, 30),
                  LocalTime.of(2, 0),
                  LocalTime.of(1, 45),
                  LocalTime.of(23, 59))));
    }

    private When changes() {
      return switch (random.nextInt(4)) {
        case 0 -> changes("vip", either(true, 0.3), either(true, 0.4));
        case 1 -> changes("age", Optional.empty(), Optional.empty());
        default -> changes("tier", either("tin", 0.35), either("gold", 0.35));
      };
    }

    private Optional<Object> either(Object literal, double chance) {
      return chance(chance) ? Optional.of(literal) : Optional.empty();
    }

    private When changes(String attribute, Optional<Object> from, Optional<Object> to) {
      int slot = catalogue.profile().indexOf(attribute);
      return new When.Changes(
          attribute, slot, catalogue.profile().attribute(slot).type(), from, to);
    }

    private When count(List<String> match) {
      if (many && chance(0.5)) {
        return new When.Count(
            selector(catalogue.types(), 0.1), any(List.of(64, 65, 66)), 8 * grid, List.of());
      }
      return new When.Count(selector(keyed(match)), 2 + random.nextInt(2), window(), match);
    }

    private When sum(List<String> match) {
      return chance(0.5)
          ? new When.Sum(
              selector(keyed(match)),
              "qty",
              BigDecimal.valueOf(3 + random.nextInt(5)),
              window(),
              match)
          : new When.Sum(
              selector(keyed(match)),
              "price",
              new BigDecimal(any(List.of("4.5", "6.25", "8", "12.5"))),
              window(),
              match);
    }

    private When distinct(List<String> match) {
      List<String> of = new ArrayList<>(List.of("item", "qty", "ok", "shop"));
      of.removeAll(match);
      String attribute = any(of);
      List<EventType> types =
          keyed(match).stream()
              .filter(t -> t.record().attribute(t.record().indexOf(attribute)).type().isKey())
              .toList();
      return new When.Distinct(selector(types), attribute, 2 + random.nextInt(2), window(), match);
    }

    private When.Sequence sequence(List<String> match, boolean withoutAllowed) {
      List<Selector> steps = new ArrayList<>();
      int count = many ? 2 : any(List.of(2, 2, 3, 3, 4));
      for (int i = 0; i < count; i++) {
        steps.add(selector(keyed(match)));
      }
      Optional<Ender> without =
          withoutAllowed && chance(0.5) ? Optional.of(ender(match, List.of())) : Optional.empty();
      return new When.Sequence(steps, 2 * window(), match, without);
    }

    private When absence(List<String> match) {
      When after =
          switch (random.nextInt(4)) {
            case 0, 1 -> shape(0, match);
            case 2 -> count(match);
            default -> sequence(match, true);
          };
      return new When.Absence(
          after,
          ender(after.match(), selected(after)),
          duration(),
          chance(0.6) ? When.OnRepeat.RESTART : When.OnRepeat.IGNORE);
    }

    private List<EventType> selected(When when) {
      return when.selectors().stream().map(Selector::type).toList();
    }

    private Ender ender(List<String> match, List<EventType> selected) {
      // The very type that is selected now and then, so that both happen at once.
      List<EventType> types = !selected.isEmpty() && chance(0.15) ? selected : catalogue.types();
      List<String> named = new ArrayList<>(match);
      named.removeIf(name -> chance(0.3));
      return new Ender(selector(types, 0.5), named);
    }

    /** Types whose match attributes are single values. */
    private List<EventType> keyed(List<String> match) {
      return catalogue.types().stream()
          .filter(
              type ->
                  match.stream()
                      .allMatch(
                          name ->
                              type.record().attribute(type.record().indexOf(name)).type().isKey()))
          .toList();
    }

    private Selector selector(List<EventType> types) {
      return selector(types, 0.3);
    }

    private Selector selector(List<EventType> types, double conditional) {
      EventType type = any(types);
      if (!chance(conditional)) {
        return new Selector(type, Optional.empty());
      }
      Scope scope = Scope.where(type.record(), catalogue.profile());
      return new Selector(
          type, Optional.of(expressions.condition(scope, condition(type, Optional.empty(), 2))));
    }

    private Expression audience(When when) {
      When measured = when instanceof When.Absence absence ? absence.after() : when;
      if (chance(0.5)) {
        Condition condition = signalCondition();
        return expressions.condition(
            scope(when, true),
            chance(0.4)
                ? new And(condition, momentCondition(when, measured))
                : chance(0.3) ? new Not(condition) : condition);
      }
      // In arrival order it may be any step's.
      boolean eventKnown =
          when.hasEvent() && (!(when instanceof When.Sequence) || order == Order.SETTLED);
      if (!eventKnown) {
        return expressions.condition(scope(when, false), momentCondition(when, measured));
      }
      // The condition reads the completing event, whose type is the last step's.
      EventType type = selected(when).get(selected(when).size() - 1);
      return expressions.condition(scope(when, false), condition(type, Optional.of(measured), 1));
    }

    private Scope scope(When when, boolean withSignals) {
      RecordType event =
          when.hasEvent() ? selected(when).get(selected(when).size() - 1).record() : NO_EVENT;
      return withSignals
          ? Scope.moment(event, catalogue.profile(), expressions.momentType(when), signals.type())
          : Scope.moment(event, catalogue.profile(), expressions.momentType(when));
    }

    private Condition signalCondition() {
      SignalDefinition signal = any(signals.all());
      String name = signal.name();
      if (chance(0.15)) {
        return new Has("signal", name);
      }
      return switch (signal.type()) {
        case INT ->
            new Compare(
                "signal",
                name,
                any(List.of(">=", "<", "==")),
                any(RandomSignals.lines(signal)).longValue());
        case DOUBLE, DECIMAL ->
            new Compare(
                "signal",
                name,
                any(List.of(">=", "<")),
                any(RandomSignals.lines(signal)).doubleValue());
        case DURATION -> new Lasting("signal", name, any(List.of(">=", "<")), 2 * duration());
        case TIMESTAMP -> new Elapsed("signal", name, any(List.of(">=", "<")), 2 * duration());
        case BOOL -> new Flag("signal", name);
        default -> new Compare("signal", name, any(List.of("==", "!=")), any(ITEMS));
      };
    }

    // Conditions.

    private Condition condition(EventType type, Optional<When> moment, int depth) {
      if (depth > 0 && chance(0.35)) {
        return switch (random.nextInt(3)) {
          case 0 -> new Not(condition(type, moment, depth - 1));
          case 1 -> new And(condition(type, moment, depth - 1), condition(type, moment, depth - 1));
          default -> new Or(condition(type, moment, depth - 1), condition(type, moment, depth - 1));
        };
      }
      if (moment.isPresent() && chance(0.5)) {
        return momentCondition(moment.get(), moment.get());
      }
      return switch (random.nextInt(12)) {
        case 0 -> new Compare("event", "price", any(List.of(">=", "<", "!=")), 1.25);
        case 1, 2 -> new Compare("event", "qty", any(List.of(">=", "<=", "==", ">")), 1L);
        case 3, 4 -> new Flag("event", "ok");
        case 5, 6 ->
            type.record().attribute(type.record().indexOf("item")).type().isList()
                ? new Contains("event", "item", any(ITEMS))
                : new OneOf("event", "item", ITEMS.subList(0, 2));
        case 7 -> new Contains("event", "items", any(ITEMS));
        case 8 -> new SizeAtLeast("event", "items", 2);
        case 9 -> new Has("event", any(List.of("price", "item", "ok", "qty")));
        case 10 -> new Compare("user", "tier", any(List.of("==", "!=")), "gold");
        default -> chance(0.5) ? new Flag("user", "vip") : new Compare("user", "age", "<", 40L);
      };
    }

    private Condition momentCondition(When when, When measured) {
      if (measured instanceof When.Count && chance(0.3)) {
        return new Compare("moment", "count", ">=", 3L);
      } else if (measured instanceof When.Sum && chance(0.4)) {
        return new Compare("moment", "sum", any(List.of(">=", "<")), 8.0);
      } else if (measured instanceof When.Distinct && chance(0.4)) {
        return new Compare("moment", "distinct", ">=", 3L);
      }
      List<Condition> others = new ArrayList<>();
      for (Attribute attribute : when.momentType().attributes()) {
        switch (attribute.name()) {
          case "events" -> others.add(new Compare("moment", "events", any(List.of(">=", "<")), 2L));
          case "gap" -> others.add(new Compare("moment", "gap", "<", any(List.of(0.5, 1.5, 2.5))));
          case "recent" -> others.add(new Compare("moment", "recent", "<", 0.5));
          case "baseline" -> others.add(new Compare("moment", "baseline", ">=", 1.0));
          case "drop" -> others.add(new Compare("moment", "drop", ">=", any(List.of(0.5, 1.0))));
          case "score" -> others.add(new Compare("moment", "score", ">=", any(List.of(0.1, 2.0))));
          case "years" -> others.add(new Compare("moment", "years", "<", 30L));
          case "date" -> others.add(new Compare("moment", "date", ">=", "2026-06-01"));
          case "from", "to" -> others.add(new Has("moment", attribute.name()));
          default -> {}
        }
      }
      if (when.momentType().indexOf("since") < 0 || (!others.isEmpty() && chance(0.5))) {
        return others.isEmpty() ? new Has("moment", "time") : any(others);
      }
      return new Elapsed(
          "moment",
          "since",
          any(List.of(">=", "<")),
          any(List.of(grid, 2 * grid, 4 * grid, 5 * grid)));
    }

    // Durations.

    private long duration() {
      long duration = grid * any(List.of(1L, 2L, 3L, 4L, 4L, 8L, 12L));
      return chance(0.1) ? duration + 1 : duration;
    }

    private long window() {
      long window = grid * any(List.of(2L, 4L, 4L, 6L, 8L));
      return chance(0.15) ? window + any(List.of(-1L, 1L, grid / 2)) : window;
    }

    // Streams.

    private Slots profile() {
      Slots slots = new Slots(catalogue.profile());
      if (chance(0.8)) {
        slots.setString(0, any(List.of("gold", "tin")));
      }
      if (chance(0.8)) {
        slots.setLong(1, 20 + random.nextInt(40));
      }
      if (chance(0.8)) {
        slots.setBool(2, chance(0.5));
      }
      if (chance(0.8)) {
        slots.setString(3, chance(0.1) ? "Mars/Base" : any(ZONES));
      }
      if (chance(0.8)) {
        LocalDate near = nearby();
        slots.setString(
            4,
            chance(0.07)
                ? any(List.of("2026-02-30", "soon", "2026-2-3"))
                : (chance(0.6) ? near.minusYears(random.nextInt(40)) : near).toString());
      }
      if (chance(0.8)) {
        slots.setLong(
            5,
            nearby().minusYears(random.nextInt(3)).atStartOfDay(zone).toInstant().toEpochMilli()
                + HOUR * random.nextInt(25));
      }
      return slots;
    }

    /** A date that may come round within the stream. */
    private LocalDate nearby() {
      int most = days ? 20 : 3;
      return LocalDate.ofInstant(Instant.ofEpochMilli(start), zone).plusDays(random.nextInt(most));
    }

    /** The events, and profiles that come later. */
    private List<Input> updated(
        List<Event> events, List<String> users, Map<String, Slots> profiles) {
      List<Input> inputs = new ArrayList<>();
      events.forEach(event -> inputs.add(new Input.Happens(event)));
      int updates = focus == Focus.ANY && !events.isEmpty() ? any(List.of(0, 1, 2, 6, 12)) : 0;
      Map<String, Slots> known = new HashMap<>(profiles);
      for (int i = 0; i < updates; i++) {
        String user = any(users);
        // What a second profile before any event means is nowhere promised.
        int at = known.containsKey(user) || chance(0.8) ? 1 + random.nextInt(inputs.size()) : 0;
        Slots profile = profile();
        if (known.containsKey(user) && chance(0.6)) {
          // Most attributes stay as they were.
          Slots before = known.get(user);
          for (int slot = 0; slot < profile.type().size(); slot++) {
            if (chance(0.7)) {
              copy(before, profile, slot);
            }
          }
        }
        known.put(user, profile);
        long near = events.get(Math.max(0, Math.min(at, events.size()) - 1)).timeMs();
        OptionalLong time =
            chance(0.4)
                ? OptionalLong.empty()
                : OptionalLong.of(near + grid * (random.nextInt(9) - 2) + (chance(0.1) ? 1 : 0));
        inputs.add(at, new Input.Updates(user, time, profile));
      }
      return inputs;
    }

    private static void copy(Slots from, Slots to, int slot) {
      to.clear(slot);
      if (!from.has(slot)) {
        return;
      }
      switch (from.type().attribute(slot).type()) {
        case STRING -> to.setString(slot, from.stringAt(slot));
        case BOOL -> to.setBool(slot, from.boolAt(slot));
        default -> to.setLong(slot, from.longAt(slot));
      }
    }

    private List<Event> stream(List<String> users) {
      int count = many ? 120 + random.nextInt(400) : 5 + random.nextInt(56);
      double spread = any(days ? List.of(0.4, 0.7, 1.5, 3.0) : List.of(0.15, 0.3, 0.7));
      int cells = many ? 8 + random.nextInt(8) : Math.max(4, (int) (count * spread));
      List<Integer> numbers = new ArrayList<>(IntStream.range(0, count).boxed().toList());
      Collections.shuffle(numbers, random);
      List<Event> events = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        EventType type = any(catalogue.types());
        long time = start + grid * random.nextInt(cells);
        if (chance(0.1)) {
          time += any(List.of(-1L, 1L, grid / 2, grid / 48));
        }
        if (days && chance(0.2)) {
          // At the close of a day, or beside it.
          ZoneId place = chance(0.5) ? zone : ZoneId.of(any(ZONES));
          time =
              LocalDate.ofInstant(Instant.ofEpochMilli(time), place)
                      .atStartOfDay(place)
                      .toInstant()
                      .toEpochMilli()
                  + any(List.of(-1L, 0L, 0L, 1L));
        }
        events.add(new Event(id(numbers.get(i)), type, any(users), time, attributes(type)));
      }
      return focus == Focus.ANY ? copied(disordered(events)) : inTime(events);
    }

    /** Ids with no order in time; some that UTF-16 and code points order differently. */
    private String id(int number) {
      return switch (number % 11) {
        case 7 -> "\uD83D\uDE00" + number;
        case 9 -> "\uFF21" + number;
        default -> "e" + number;
      };
    }

    private List<Event> inTime(List<Event> events) {
      Map<Event, Long> read = new HashMap<>();
      for (Event event : events) {
        read.put(event, event.timeMs() + (long) (random.nextDouble() * lateness));
      }
      return events.stream().sorted(Comparator.comparing(read::get)).toList();
    }

    private List<Event> disordered(List<Event> events) {
      double beyond = any(List.of(0.0, 0.1, 0.3));
      double within = any(List.of(0.0, 1.0, 1.0));
      Map<Event, Long> read = new HashMap<>();
      for (Event event : events) {
        double delay = within * random.nextDouble() * lateness;
        if (chance(beyond)) {
          delay += random.nextDouble() * (lateness + 10 * grid);
        }
        read.put(event, event.timeMs() + (long) delay);
      }
      return new ArrayList<>(
          events.stream()
              .sorted(Comparator.comparing((Event e) -> read.get(e)).thenComparing(Event::id))
              .toList());
    }

    /** Copies of some events, later: some while the id is remembered, some after. */
    private List<Event> copied(List<Event> events) {
      int copies = any(List.of(0, 0, 2, 6));
      for (int i = 0; i < copies && !events.isEmpty(); i++) {
        int at = random.nextInt(events.size());
        Event event = events.get(at);
        // Exact, or with other attributes: the first copy read is the one that counts.
        Slots attributes = chance(0.7) ? event.attributes() : attributes(event.type());
        Event copy = new Event(event.id(), event.type(), event.user(), event.timeMs(), attributes);
        int distance = any(List.of(0, 1, 5, events.size()));
        events.add(Math.min(events.size(), at + 1 + distance), copy);
      }
      return events;
    }

    private Slots attributes(EventType type) {
      RecordType record = type.record();
      Slots slots = new Slots(record);
      for (int i = 0; i < record.size(); i++) {
        if (chance(0.07)) {
          continue;
        }
        switch (record.attribute(i).name()) {
          case "item" -> {
            if (record.attribute(i).type().isList()) {
              slots.setStrings(i, items());
            } else {
              slots.setString(i, any(ITEMS));
            }
          }
          case "shop" -> {
            if (record.attribute(i).type().isList()) {
              slots.setInts(i, List.of(1L, (long) random.nextInt(3)));
            } else {
              slots.setLong(i, 1 + random.nextInt(2));
            }
          }
          case "ok" -> slots.setBool(i, chance(0.6));
          case "price" -> slots.setDecimal(i, price());
          case "qty" -> slots.setLong(i, random.nextInt(5) - (chance(0.1) ? 3 : 0));
          case "items" -> slots.setStrings(i, items());
          default -> throw new IllegalStateException(record.attribute(i).name());
        }
      }
      return slots;
    }

    private List<String> items() {
      return ITEMS.stream().filter(item -> chance(0.5)).toList();
    }

    /** Quarters, which doubles hold exactly. */
    private BigDecimal price() {
      return BigDecimal.valueOf(25L * (random.nextInt(20) - (chance(0.1) ? 12 : 0)), 2);
    }
  }
}
