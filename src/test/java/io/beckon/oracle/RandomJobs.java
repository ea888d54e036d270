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
import io.beckon.language.JobDefinition.TimeSettings;
import io.beckon.language.Selector;
import io.beckon.language.TriggerDefinition;
import io.beckon.language.TriggerDefinition.ActiveDates;
import io.beckon.language.TriggerDefinition.Cooldown;
import io.beckon.language.TriggerDefinition.Lane;
import io.beckon.language.TriggerDefinition.Mode;
import io.beckon.language.When;
import io.beckon.language.diagnostics.Located;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.diagnostics.Span;
import io.beckon.language.expression.Expression;
import io.beckon.language.expression.ExpressionCompiler;
import io.beckon.language.expression.Scope;
import io.beckon.oracle.Condition.And;
import io.beckon.oracle.Condition.Compare;
import io.beckon.oracle.Condition.Contains;
import io.beckon.oracle.Condition.Elapsed;
import io.beckon.oracle.Condition.Flag;
import io.beckon.oracle.Condition.Has;
import io.beckon.oracle.Condition.Not;
import io.beckon.oracle.Condition.OneOf;
import io.beckon.oracle.Condition.Or;
import io.beckon.oracle.Condition.SizeAtLeast;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

  private final List<Catalogue> catalogues;
  private final Map<List<Attribute>, RecordType> momentTypes = new HashMap<>();
  private final Map<Scope, ExpressionCompiler> compilers = new HashMap<>();
  private final Map<Scope, Map<String, Expression>> compiled = new HashMap<>();
  private final Map<Expression, Condition> conditions = new HashMap<>();

  RandomJobs() {
    catalogues = IntStream.range(0, 6).mapToObj(i -> catalogue(new Random(i))).toList();
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
                Attribute.optional("vip", AttributeType.BOOL)));
    return Catalogue.of(types, profile);
  }

  private Expression compile(Scope scope, Condition condition) {
    return compiled
        .computeIfAbsent(scope, s -> new HashMap<>())
        .computeIfAbsent(
            condition.text(),
            text -> {
              Problems problems = new Problems();
              Expression expression =
                  compilers
                      .computeIfAbsent(scope, ExpressionCompiler::new)
                      .condition(new Located<>(text, NOWHERE), problems)
                      .orElseThrow(
                          () -> new IllegalStateException(text + ": " + problems.sorted()));
              conditions.put(expression, condition);
              return expression;
            });
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

    Maker(long seed, Focus focus) {
      this.seed = seed;
      this.focus = focus;
      this.random = new Random(seed * 0x9E3779B97F4A7C15L + 1);
      this.catalogue = any(catalogues);
      this.grid =
          any(List.of(1L, SECOND, SECOND, 10 * SECOND, MINUTE, 20 * MINUTE, 20 * MINUTE, 7 * HOUR));
      this.order =
          focus == Focus.SETTLED_IN_TIME || random.nextInt(10) < 6 ? Order.SETTLED : Order.ARRIVAL;
      this.lateness = any(List.of(0L, grid, 2 * grid, 3 * grid + 1, 4 * grid, 8 * grid));
      this.zone = ZoneId.of(any(List.of("UTC", "Asia/Shanghai", "America/New_York")));
      // Near a midnight of the zone, so that active dates begin and end within the stream.
      this.start =
          LocalDate.of(2026, 11, 1 + random.nextInt(9))
                  .atStartOfDay(zone)
                  .toInstant()
                  .toEpochMilli()
              - grid * random.nextInt(12);
      this.many = random.nextInt(40) == 0;
    }

    RandomCase make() {
      long dedupe =
          lateness + (focus == Focus.ANY ? any(List.of(0L, grid, 4 * grid, HOUR, HOUR)) : HOUR);
      List<TriggerDefinition> triggers = new ArrayList<>();
      List<String> names = new ArrayList<>(List.of("a", "b", "b1", "c"));
      Collections.shuffle(names, random);
      int count = 1 + random.nextInt(4);
      for (int i = 0; i < count; i++) {
        triggers.add(trigger(names.get(i)));
      }
      JobDefinition job =
          new JobDefinition(
              "job",
              catalogue,
              new TimeSettings(lateness, dedupe, 10 * MINUTE, 30 * SECOND, order, Clock.REPLAY),
              new JobDefinition.SourceDefinition(
                  JobDefinition.Format.JSONL,
                  new JobDefinition.IdRule.Field("id"),
                  Optional.empty()),
              zone,
              triggers);
      List<String> users =
          List.of("u1", "u2", "u3").subList(0, many ? 1 : any(List.of(1, 1, 2, 3)));
      Map<String, Slots> profiles = new HashMap<>();
      for (String user : users) {
        if (random.nextInt(3) > 0) {
          profiles.put(user, profile());
        }
      }
      List<Event> stream = stream(users);
      long newest = stream.stream().mapToLong(Event::timeMs).max().orElse(start);
      long until = newest + any(List.of(0L, 0L, grid, 8 * grid, 60 * grid));
      return new RandomCase(
          seed, any(List.of(RunMode.values())), job, conditions, profiles, stream, until);
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
              : shape((1 + random.nextInt(14)) / 3, match);
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
          chance(0.25) ? Optional.of(audience(when)) : Optional.empty(),
          cancelOn,
          chance(0.35) ? Optional.of(new Cooldown(duration(), chance(0.5))) : Optional.empty(),
          chance(0.4) ? OptionalLong.of(duration()) : OptionalLong.empty(),
          chance(0.4) ? OptionalLong.of(duration()) : OptionalLong.empty(),
          new Intervention(
              Intervention.Kind.MESSAGE,
              Optional.of("push"),
              Optional.of("template"),
              List.of(),
              List.of()));
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
      List<EventType> types = new ArrayList<>();
      When measured = when instanceof When.Absence absence ? absence.after() : when;
      if (measured instanceof When.OnEvent e) {
        types.add(e.event().type());
      } else if (measured instanceof When.Count e) {
        types.add(e.event().type());
      } else if (measured instanceof When.Sum e) {
        types.add(e.event().type());
      } else if (measured instanceof When.Distinct e) {
        types.add(e.event().type());
      } else if (measured instanceof When.Sequence e) {
        e.steps().forEach(step -> types.add(step.type()));
      }
      return types;
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
      return new Selector(type, Optional.of(compile(scope, condition(type, Optional.empty(), 2))));
    }

    private Expression audience(When when) {
      // The condition reads the completing event, whose type is the last step's.
      EventType type = selected(when).get(selected(when).size() - 1);
      When measured = when instanceof When.Absence absence ? absence.after() : when;
      // In arrival order it may be any step's.
      boolean eventKnown = !(when instanceof When.Sequence) || order == Order.SETTLED;
      Scope scope = Scope.moment(type.record(), catalogue.profile(), momentType(when));
      return compile(
          scope,
          eventKnown ? condition(type, Optional.of(measured), 1) : momentCondition(measured));
    }

    /** One object a kind of moment, so that compiled expressions can be found again. */
    private RecordType momentType(When when) {
      RecordType fresh = when.momentType();
      return momentTypes.computeIfAbsent(fresh.attributes(), attributes -> fresh);
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
        return momentCondition(moment.get());
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

    private Condition momentCondition(When measured) {
      if (measured instanceof When.Count && chance(0.3)) {
        return new Compare("moment", "count", ">=", 3L);
      } else if (measured instanceof When.Sum && chance(0.4)) {
        return new Compare("moment", "sum", any(List.of(">=", "<")), 8.0);
      } else if (measured instanceof When.Distinct && chance(0.4)) {
        return new Compare("moment", "distinct", ">=", 3L);
      }
      return new Elapsed(any(List.of(">=", "<")), any(List.of(grid, 2 * grid, 4 * grid, 5 * grid)));
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
      return slots;
    }

    private List<Event> stream(List<String> users) {
      int count = many ? 120 + random.nextInt(400) : 5 + random.nextInt(56);
      int cells =
          many ? 8 + random.nextInt(8) : Math.max(4, (int) (count * any(List.of(0.15, 0.3, 0.7))));
      List<Integer> numbers = new ArrayList<>(IntStream.range(0, count).boxed().toList());
      Collections.shuffle(numbers, random);
      List<Event> events = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        EventType type = any(catalogue.types());
        long time = start + grid * random.nextInt(cells);
        if (chance(0.1)) {
          time += any(List.of(-1L, 1L, grid / 2, grid / 48));
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
