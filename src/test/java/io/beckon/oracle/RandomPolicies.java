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
import io.beckon.language.Intervention.Kind;
import io.beckon.language.Intervention.SendAt;
import io.beckon.language.Intervention.Variant;
import io.beckon.language.JobDefinition;
import io.beckon.language.JobDefinition.Clock;
import io.beckon.language.JobDefinition.Order;
import io.beckon.language.JobDefinition.SendFrom;
import io.beckon.language.JobDefinition.TimeSettings;
import io.beckon.language.JobDefinition.Timezone;
import io.beckon.language.PolicyDefinition;
import io.beckon.language.PolicyDefinition.Arbitration;
import io.beckon.language.PolicyDefinition.Budget;
import io.beckon.language.PolicyDefinition.Cap;
import io.beckon.language.PolicyDefinition.CapWindow;
import io.beckon.language.PolicyDefinition.Consent;
import io.beckon.language.PolicyDefinition.Exemption;
import io.beckon.language.PolicyDefinition.Holdout;
import io.beckon.language.PolicyDefinition.Holiday;
import io.beckon.language.PolicyDefinition.Mute;
import io.beckon.language.PolicyDefinition.Period;
import io.beckon.language.PolicyDefinition.Quiet;
import io.beckon.language.PolicyDefinition.Rate;
import io.beckon.language.PolicyDefinition.Selection;
import io.beckon.language.PolicyDefinition.Window;
import io.beckon.language.Selector;
import io.beckon.language.SignalDefinition;
import io.beckon.language.SignalMeasure;
import io.beckon.language.Signals;
import io.beckon.language.TriggerDefinition;
import io.beckon.language.TriggerDefinition.ActiveDates;
import io.beckon.language.TriggerDefinition.Cooldown;
import io.beckon.language.TriggerDefinition.Goal;
import io.beckon.language.TriggerDefinition.Lane;
import io.beckon.language.TriggerDefinition.Mode;
import io.beckon.language.TriggerDefinition.Step;
import io.beckon.language.When;
import io.beckon.language.diagnostics.Span;
import io.beckon.language.expression.Expression;
import io.beckon.language.expression.Scope;
import io.beckon.oracle.Condition.Compare;
import io.beckon.oracle.Condition.Flag;
import io.beckon.oracle.Condition.Has;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Random jobs whose moments are plain and whose policy is not: each case from its seed alone. Times
 * and durations lie on a coarse grid, so that ties and exact ends are the rule.
 */
final class RandomPolicies {
  private static final long MINUTE = 60_000;
  private static final long HOUR = 60 * MINUTE;
  private static final long DAY = 24 * HOUR;
  private static final Span NOWHERE = new Span("random", 1, 1, 1);
  private static final List<String> ITEMS = List.of("i1", "i2", "i3");
  private static final List<String> CHANNELS = List.of("push", "sms", "mail");
  private static final List<String> ZONES =
      List.of(
          "UTC",
          "Asia/Shanghai",
          "Europe/Berlin",
          "Europe/Berlin",
          "America/New_York",
          "Australia/Lord_Howe",
          "Asia/Kathmandu",
          "Pacific/Kiritimati");
  private static final RecordType NO_EVENT = RecordType.of("event", List.of());

  private final Expressions expressions = new Expressions();
  private final Catalogue catalogue = catalogue();
  private final Signals signals = signals(catalogue);

  private static Catalogue catalogue() {
    List<RecordType> types = new ArrayList<>();
    for (String name : List.of("view", "cart", "buy", "complain", "settle", "ping")) {
      types.add(
          RecordType.of(
              name,
              List.of(
                  Attribute.optional("item", AttributeType.STRING),
                  Attribute.optional("ok", AttributeType.BOOL),
                  Attribute.optional("price", AttributeType.DECIMAL),
                  Attribute.optional("qty", AttributeType.INT))));
    }
    RecordType profile =
        RecordType.of(
            "user",
            List.of(
                Attribute.optional("tier", AttributeType.STRING),
                Attribute.optional("vip", AttributeType.BOOL),
                Attribute.optional("zone", AttributeType.STRING),
                Attribute.optional("offers", AttributeType.BOOL),
                Attribute.optional("notices", AttributeType.BOOL),
                Attribute.optional("channels", AttributeType.STRING_LIST)));
    return Catalogue.of(types, profile);
  }

  private static Signals signals(Catalogue catalogue) {
    List<Selector> views = List.of(any(catalogue, "view"), any(catalogue, "ping"));
    return Signals.of(
        List.of(
            new SignalDefinition(
                "recent",
                NOWHERE,
                new SignalMeasure.Count(List.of(any(catalogue, "view")), 6 * HOUR),
                AttributeType.INT),
            new SignalDefinition(
                "usual_hour", NOWHERE, new SignalMeasure.BusiestHour(views), AttributeType.INT)));
  }

  private static Selector any(Catalogue catalogue, String type) {
    return new Selector(catalogue.type(type).orElseThrow(), Optional.empty());
  }

  /** The case of {@code seed}. */
  RandomCase make(long seed) {
    return new Maker(seed, false).make();
  }

  /** A case of {@code seed} on a send clock of its own. */
  RandomCase makeLive(long seed) {
    return new Maker(seed, true).make();
  }

  /** Makes one case. */
  private final class Maker {
    private final long seed;
    private final Random random;
    private final boolean live;

    /** The grid that most times and durations lie on. */
    private final long grid;

    private final Order order;
    private final long lateness;
    private final ZoneId zone;
    private final long start;
    private final List<String> budgets;
    private final boolean many;

    /** Whether little is refused but by one rate, at which everything waits. */
    private final boolean narrow;

    Maker(long seed, boolean live) {
      this.live = live;
      this.seed = seed;
      this.random = new Random(seed * 0x9E3779B97F4A7C15L + 7);
      this.grid =
          any(
              List.of(
                  10 * MINUTE, 20 * MINUTE, 20 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 5 * HOUR));
      this.order = random.nextInt(10) < 6 ? Order.SETTLED : Order.ARRIVAL;
      this.lateness = any(List.of(0L, grid, 2 * grid, 3 * grid + 1, 8 * grid));
      this.zone = ZoneId.of(any(ZONES));
      LocalDate day =
          any(
              List.of(
                  LocalDate.of(2026, 3, 29), // Berlin
                  LocalDate.of(2026, 10, 25),
                  LocalDate.of(2026, 3, 8), // New York
                  LocalDate.of(2026, 11, 1),
                  LocalDate.of(2026, 4, 5), // Lord Howe
                  LocalDate.of(2026, 10, 4),
                  LocalDate.of(2026, 11, 30),
                  LocalDate.of(2026, 6, 7)));
      this.start =
          day.minusDays(random.nextInt(3)).atStartOfDay(zone).toInstant().toEpochMilli()
              + 10 * MINUTE * random.nextInt(144);
      this.budgets =
          any(List.of(List.of(), List.of("b1"), List.of("b1", "b2"), List.of("b1", "b2")));
      this.many = chance(0.25);
      this.narrow = chance(0.12);
    }

    RandomCase make() {
      PolicyDefinition policy = policy();
      List<TriggerDefinition> triggers = new ArrayList<>();
      List<String> names = new ArrayList<>(List.of("a", "b", "b1", "c", "d"));
      Collections.shuffle(names, random);
      int count = 2 + random.nextInt(4);
      for (int i = 0; i < count; i++) {
        triggers.add(trigger(names.get(i)));
      }
      JobDefinition job =
          new JobDefinition(
              "job",
              catalogue,
              signals,
              new TimeSettings(
                  lateness,
                  lateness + any(List.of(0L, grid, 4 * grid, DAY)),
                  10 * MINUTE,
                  30_000,
                  order,
                  live ? Clock.LIVE : Clock.REPLAY,
                  Optional.empty(),
                  chance(0.12)
                      ? Optional.of(new SendFrom.At(start + grid * random.nextInt(12)))
                      : Optional.empty()),
              List.of(
                  new JobDefinition.SourceDefinition(
                      JobDefinition.Format.JSONL,
                      new JobDefinition.IdRule.Field("id"),
                      Optional.empty())),
              Optional.empty(),
              new Timezone(chance(0.8) ? Optional.of("zone") : Optional.empty(), zone),
              policy,
              JobDefinition.DEFAULT_RETENTION_MS,
              triggers);
      int first = random.nextInt(90);
      List<String> users =
          IntStream.range(first, first + any(List.of(1, 1, 2, 3, 4)))
              .mapToObj(i -> "u" + i)
              .toList();
      Map<String, Slots> profiles = new HashMap<>();
      for (String user : users) {
        if (chance(0.75)) {
          profiles.put(user, profile());
        }
      }
      List<Event> events = stream(users);
      long newest = events.stream().mapToLong(Event::timeMs).max().orElse(start);
      long until = newest + any(List.of(0L, grid, 8 * grid, 3 * DAY, 20 * DAY, 20 * DAY));
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

    private <T> Optional<T> maybe(double p, List<T> from) {
      return chance(p) ? Optional.of(any(from)) : Optional.empty();
    }

    private long duration() {
      long duration = grid * any(List.of(1L, 1L, 2L, 3L, 4L, 8L, 12L));
      return chance(0.06) ? duration + 1 : duration;
    }

    // The policy.

    private PolicyDefinition policy() {
      return new PolicyDefinition(
          chance(narrow ? 0.1 : 0.5) ? Optional.of(consent()) : Optional.empty(),
          chance(narrow ? 0.1 : 0.55) ? Optional.of(quiet()) : Optional.empty(),
          caps(),
          chance(narrow ? 0.1 : 0.5) ? Optional.of(arbitration()) : Optional.empty(),
          exempt(0.25),
          exempt(0.06),
          mutes(),
          new Holdout(any(List.of(share(0), share(0), share(10), share(30))), "salt"),
          budgets.stream().map(this::budget).toList(),
          rates(),
          any(List.of(1, 2, 3, 32, 32, 32)));
    }

    private static BigDecimal share(int percent) {
      return BigDecimal.valueOf(percent, 2);
    }

    private Consent consent() {
      RecordType profile = catalogue.profile();
      return new Consent(
          chance(0.7) ? OptionalInt.of(profile.indexOf("offers")) : OptionalInt.empty(),
          chance(0.3) ? OptionalInt.of(profile.indexOf("notices")) : OptionalInt.empty(),
          chance(0.6) ? OptionalInt.of(profile.indexOf("channels")) : OptionalInt.empty(),
          chance(0.65));
    }

    private Quiet quiet() {
      List<Window> windows =
          any(
              List.of(
                  List.of(new Window(22 * 60, 8 * 60)),
                  List.of(new Window(20 * 60 + 15, 24 * 60), new Window(0, 6 * 60 + 35)),
                  List.of(new Window(12 * 60, 14 * 60), new Window(23 * 60, 60)),
                  List.of(new Window(60, 4 * 60)),
                  List.of(new Window(8 * 60, 24 * 60)),
                  List.of()));
      List<Holiday> holidays = new ArrayList<>();
      if (windows.isEmpty() || chance(0.3)) {
        LocalDate from =
            LocalDate.ofInstant(Instant.ofEpochMilli(start), zone).plusDays(random.nextInt(3));
        holidays.add(new Holiday(from, from.plusDays(random.nextInt(3))));
      }
      return new Quiet(
          windows,
          holidays,
          chance(0.25),
          chance(0.4),
          any(List.of(0L, 0L, 20 * MINUTE, 90 * MINUTE, 6 * HOUR)));
    }

    private List<Cap> caps() {
      List<Cap> caps = new ArrayList<>();
      int count = narrow ? 0 : any(List.of(0, 1, 1, 2, 3));
      for (int i = 0; i < count; i++) {
        caps.add(
            new Cap(
                "cap" + i,
                selection(0.35),
                1 + random.nextInt(3),
                chance(0.5)
                    ? new CapWindow.Rolling(duration() * any(List.of(1L, 2L)))
                    : new CapWindow.Calendar(any(List.of(Period.values())))));
      }
      return caps;
    }

    private Selection selection(double each) {
      return new Selection(
          maybe(each, List.of(Lane.values())),
          maybe(each, CHANNELS),
          maybe(each / 2, List.of(Kind.MESSAGE, Kind.COUPON, Kind.TUTORIAL)),
          maybe(each / 2, List.of("a", "b", "b1", "c", "d")));
    }

    private Arbitration arbitration() {
      long gather = any(List.of(0L, 5_000L, grid, grid, 2 * grid, 3 * grid));
      return new Arbitration(Math.min(gather, HOUR), any(List.of(1, 1, 2, 3)));
    }

    private Set<Exemption> exempt(double each) {
      Set<Exemption> of = EnumSet.noneOf(Exemption.class);
      for (Exemption exemption : Exemption.values()) {
        if (chance(each)) {
          of.add(exemption);
        }
      }
      return of;
    }

    private List<Mute> mutes() {
      List<Mute> mutes = new ArrayList<>();
      int count = narrow ? 0 : any(List.of(0, 1, 1, 2));
      for (int i = 0; i < count; i++) {
        mutes.add(
            new Mute(
                i == 0 ? Lane.MARKETING : Lane.SERVICE,
                muting("complain"),
                chance(0.7) ? Optional.of(muting("settle")) : Optional.empty(),
                2 * duration()));
      }
      return mutes;
    }

    private Selector muting(String type) {
      EventType of = catalogue.type(type).orElseThrow();
      Scope scope = Scope.where(of.record(), catalogue.profile());
      Condition condition =
          order == Order.SETTLED && !live && chance(0.4)
              ? new Compare("user", "tier", "==", "gold")
              : new Flag("event", "ok");
      return new Selector(
          of,
          chance(0.3) ? Optional.of(expressions.condition(scope, condition)) : Optional.empty());
    }

    private Budget budget(String id) {
      List<Optional<BigDecimal>> limits = new ArrayList<>();
      int limited = random.nextInt(5);
      for (int i = 0; i < 5; i++) {
        limits.add(
            i == limited || chance(0.25)
                ? Optional.of(
                    new BigDecimal(
                        any(
                            i == 4
                                ? List.of("1.5", "4.00", "7")
                                : List.of("3", "5.5", "9.75", "20"))))
                : Optional.empty());
      }
      return new Budget(
          id,
          limits.get(0),
          limits.get(1),
          limits.get(2),
          limits.get(3),
          limits.get(4),
          "",
          ZoneId.of(any(ZONES)),
          chance(0.55)
              ? Optional.of(
                  new Intervention(
                      any(List.of(Kind.TUTORIAL, Kind.MESSAGE)),
                      maybe(0.8, CHANNELS),
                      Optional.of("guide"),
                      List.of(),
                      List.of()))
              : Optional.empty());
    }

    private List<Rate> rates() {
      List<Rate> rates = new ArrayList<>();
      if (narrow) {
        rates.add(
            new Rate(
                "rate",
                selection(0),
                1,
                grid * any(List.of(2L, 5L, 9L)),
                true,
                any(List.of(3, 10_000))));
        return rates;
      }
      int count = any(List.of(0, 0, 1, 1, 2));
      for (int i = 0; i < count; i++) {
        rates.add(
            new Rate(
                "rate" + i,
                selection(0.3),
                any(List.of(1, 1, 2, 3)),
                duration(),
                chance(0.7),
                any(List.of(1, 2, 10_000))));
      }
      return rates;
    }

    // Triggers.

    private TriggerDefinition trigger(String id) {
      When when = when();
      List<Ender> cancelOn = new ArrayList<>();
      if (chance(narrow ? 0.95 : 0.45)) {
        cancelOn.add(ender(when.match(), any(List.of("buy", "settle", "complain"))));
      }
      List<Step> steps = new ArrayList<>();
      int count = any(List.of(1, 1, 1, 2, 2, 3, 4));
      for (int i = 0; i < count; i++) {
        steps.add(
            new Step(
                intervention(when),
                chance(i == 0 ? 0.1 : 0.25) ? Optional.of(condition(when)) : Optional.empty(),
                i == 0 ? 0 : any(List.of(0L, duration(), duration(), 2 * duration()))));
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
                  Mode.LIVE,
                  Mode.SHADOW,
                  Mode.SHADOW,
                  Mode.PAUSED)),
          chance(0.1) ? Optional.of(active()) : Optional.empty(),
          any(List.of(Lane.MARKETING, Lane.MARKETING, Lane.SERVICE)),
          any(List.of(10, 40, 40, 90)),
          when,
          order == Order.SETTLED && when instanceof When.OnEvent && chance(0.12),
          chance(0.5) ? 64 : 1 + random.nextInt(3),
          chance(0.15) ? Optional.of(condition(when)) : Optional.empty(),
          cancelOn,
          chance(0.3) ? Optional.of(new Cooldown(duration(), chance(0.5))) : Optional.empty(),
          chance(narrow ? 0.2 : 0.45)
              ? OptionalLong.of(duration() * any(List.of(1L, 3L)))
              : OptionalLong.empty(),
          chance(0.55) ? Optional.of(goal(when)) : Optional.empty(),
          any(List.of(share(0), share(0), share(20), share(50))),
          steps);
    }

    private When when() {
      List<String> match = any(List.of(List.of(), List.of("item"), List.of("item")));
      return switch (random.nextInt(20)) {
        case 0, 1 -> new When.Count(selector(any(List.of("view", "cart"))), 2, 4 * grid, match);
        case 2, 3, 4 ->
            new When.Absence(
                new When.OnEvent(selector("cart"), match),
                ender(match, "buy"),
                duration(),
                any(List.of(When.OnRepeat.values())));
        case 5 -> new When.Inactive(List.of(selector("view")), new When.Wait.Fixed(duration()));
        case 6 -> new When.Due(selector("buy"), new When.Wait.Fixed(duration()), match);
        case 7, 8 ->
            new When.Changes(
                "tier",
                catalogue.profile().indexOf("tier"),
                AttributeType.STRING,
                Optional.empty(),
                Optional.empty());
        case 9 ->
            new When.Sequence(
                List.of(selector("view"), selector("cart")), 6 * grid, match, Optional.empty());
        default -> new When.OnEvent(selector(any(List.of("view", "view", "cart", "ping"))), match);
      };
    }

    private Selector selector(String type) {
      EventType of = catalogue.type(type).orElseThrow();
      if (!chance(0.15)) {
        return new Selector(of, Optional.empty());
      }
      return new Selector(
          of,
          Optional.of(
              expressions.condition(Scope.where(of.record(), catalogue.profile()), where())));
    }

    private Condition where() {
      return switch (random.nextInt(3)) {
        case 0 -> new Flag("event", "ok");
        case 1 -> new Compare("event", "qty", ">=", 1L);
        default -> new Compare("user", "tier", "==", "gold");
      };
    }

    private Ender ender(List<String> match, String type) {
      List<String> named = new ArrayList<>(match);
      named.removeIf(name -> chance(0.4));
      return new Ender(selector(type), named);
    }

    private Goal goal(When when) {
      Ender ender = ender(when.match(), any(List.of("buy", "buy", "settle", "cart")));
      Scope scope = Scope.where(ender.selector().type().record(), catalogue.profile());
      return new Goal(
          ender,
          duration() * any(List.of(1L, 2L)),
          chance(0.6)
              ? Optional.of(expressions.value(scope, chance(0.7) ? "event.price" : "event.qty"))
              : Optional.empty());
    }

    private ActiveDates active() {
      LocalDate day = LocalDate.ofInstant(Instant.ofEpochMilli(start), zone);
      return new ActiveDates(
          chance(0.7) ? Optional.of(day.plusDays(random.nextInt(2))) : Optional.empty(),
          chance(0.7) ? Optional.of(day.plusDays(random.nextInt(3))) : Optional.empty());
    }

    private Scope scope(When when) {
      boolean known =
          when.hasEvent() && (!(when instanceof When.Sequence) || order == Order.SETTLED);
      List<Selector> selectors = when.selectors();
      RecordType event = known ? selectors.get(selectors.size() - 1).type().record() : NO_EVENT;
      return Scope.moment(event, catalogue.profile(), expressions.momentType(when), signals.type());
    }

    private boolean hasKnownEvent(When when) {
      return scope(when).variables().get(Scope.EVENT).type() != NO_EVENT;
    }

    private Expression condition(When when) {
      Condition condition =
          switch (random.nextInt(hasKnownEvent(when) ? 6 : 4)) {
            case 0 -> new Flag("user", "vip");
            case 1 -> new Compare("user", "tier", any(List.of("==", "!=")), "gold");
            // Which events a signal knows at send time is not for here.
            case 2 ->
                live
                    ? new Has("user", "tier")
                    : new Compare("signal", "recent", any(List.of(">=", "<")), 2L);
            case 3 -> new Has("user", "channels");
            case 4 -> new Flag("event", "ok");
            default -> new Compare("event", "qty", ">=", 2L);
          };
      return expressions.condition(scope(when), condition);
    }

    private Intervention intervention(When when) {
      Intervention plain = alternative(when, sendAt());
      if (!chance(0.25)) {
        return plain;
      }
      List<Variant> variants = new ArrayList<>();
      int count = 2 + random.nextInt(2);
      for (int i = 0; i < count; i++) {
        variants.add(
            new Variant(
                "v" + i,
                i == 0 ? 1 : any(List.of(0, 1, 3)),
                merged(plain, alternative(when, plain.sendAt()))));
      }
      return new Intervention(
          plain.kind(),
          plain.channel(),
          plain.template(),
          plain.fields(),
          plain.params(),
          plain.budget(),
          plain.cost(),
          plain.sendAt(),
          variants);
    }

    /** A variant may change channel, params and cost. */
    private static Intervention merged(Intervention plain, Intervention other) {
      return new Intervention(
          plain.kind(),
          other.channel(),
          other.template(),
          plain.fields(),
          other.params(),
          plain.budget(),
          plain.cost().map(cost -> other.cost().orElse(cost)),
          plain.sendAt(),
          List.of());
    }

    private SendAt sendAt() {
      return any(
          live
              ? List.of(SendAt.NOW, SendAt.NOW, SendAt.NEXT_OPEN)
              : List.of(SendAt.NOW, SendAt.NOW, SendAt.NOW, SendAt.USUAL_HOUR, SendAt.NEXT_OPEN));
    }

    private Intervention alternative(When when, SendAt sendAt) {
      Optional<String> budget = budgets.isEmpty() ? Optional.empty() : maybe(0.6, budgets);
      List<Intervention.Param> params = new ArrayList<>();
      for (String text : List.of("user.tier", "signal.recent", "event.qty")) {
        boolean known =
            text.startsWith("event") ? hasKnownEvent(when) : !live || !text.startsWith("signal");
        if (known && chance(0.3)) {
          params.add(
              new Intervention.Param(
                  text.replace('.', '_'),
                  List.of(new Intervention.Part.Computed(expressions.value(scope(when), text)))));
        }
      }
      return new Intervention(
          any(List.of(Kind.MESSAGE, Kind.COUPON, Kind.COUPON, Kind.TUTORIAL, Kind.OUTREACH)),
          maybe(0.85, CHANNELS),
          Optional.of("template"),
          List.of(),
          params,
          budget,
          budget.map(b -> new BigDecimal(any(List.of("0.75", "1.5", "2", "3.25")))),
          sendAt,
          List.of());
    }

    // Streams.

    private Slots profile() {
      Slots slots = new Slots(catalogue.profile());
      if (chance(0.85)) {
        slots.setString(0, any(List.of("gold", "tin")));
      }
      if (chance(0.8)) {
        slots.setBool(1, chance(0.6));
      }
      if (chance(0.8)) {
        slots.setString(2, chance(0.05) ? "Mars/Base" : any(ZONES));
      }
      if (chance(0.8)) {
        slots.setBool(3, chance(0.8));
      }
      if (chance(0.6)) {
        slots.setBool(4, chance(0.8));
      }
      if (chance(0.8)) {
        slots.setStrings(5, CHANNELS.stream().filter(channel -> chance(0.75)).toList());
      }
      return slots;
    }

    private List<Input> updated(
        List<Event> events, List<String> users, Map<String, Slots> profiles) {
      List<Input> inputs = new ArrayList<>();
      events.forEach(event -> inputs.add(new Input.Happens(event)));
      int updates = events.isEmpty() ? 0 : any(List.of(0, 1, 2, 6, 10));
      Map<String, Slots> known = new HashMap<>(profiles);
      for (int i = 0; i < updates; i++) {
        String user = any(users);
        // What a second profile before any event means is nowhere promised.
        int at = 1 + random.nextInt(inputs.size());
        Slots profile = profile();
        Slots before = known.get(user);
        if (before != null) {
          // Most attributes stay as they were.
          for (int slot = 0; slot < profile.type().size(); slot++) {
            if (chance(0.7)) {
              copy(before, profile, slot);
            }
          }
        }
        known.put(user, profile);
        long near = events.get(Math.max(0, Math.min(at, events.size()) - 1)).timeMs();
        OptionalLong time =
            chance(0.3)
                ? OptionalLong.empty()
                : OptionalLong.of(near + grid * (random.nextInt(12) - 2));
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
        default -> to.setStrings(slot, from.stringsAt(slot));
      }
    }

    private List<Event> stream(List<String> users) {
      int count = 5 + random.nextInt(many ? 60 : 30);
      int cells = Math.max(4, (int) (count * any(List.of(0.3, 0.6, 1.2))));
      List<Integer> numbers = new ArrayList<>(IntStream.range(0, count).boxed().toList());
      Collections.shuffle(numbers, random);
      List<Event> events = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        EventType type =
            catalogue
                .type(
                    any(
                        List.of(
                            "view",
                            "view",
                            "view",
                            "cart",
                            "cart",
                            "buy",
                            "complain",
                            "settle",
                            "ping")))
                .orElseThrow();
        long time = start + grid * random.nextInt(cells);
        if (chance(0.08)) {
          time += any(List.of(-1L, 1L, grid / 2));
        }
        events.add(new Event("e" + numbers.get(i), type, any(users), time, attributes(type)));
      }
      return copied(disordered(events));
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

    private List<Event> copied(List<Event> events) {
      int copies = any(List.of(0, 0, 2, 4));
      for (int i = 0; i < copies && !events.isEmpty(); i++) {
        int at = random.nextInt(events.size());
        int distance = any(List.of(0, 1, 5, events.size()));
        events.add(Math.min(events.size(), at + 1 + distance), events.get(at));
      }
      return events;
    }

    private Slots attributes(EventType type) {
      Slots slots = new Slots(type.record());
      if (chance(0.93)) {
        slots.setString(0, any(ITEMS));
      }
      if (chance(0.93)) {
        slots.setBool(1, chance(0.6));
      }
      if (chance(0.9)) {
        slots.setDecimal(2, BigDecimal.valueOf(25L * random.nextInt(20), 2));
      }
      if (chance(0.93)) {
        slots.setLong(3, random.nextInt(4));
      }
      return slots;
    }
  }
}
