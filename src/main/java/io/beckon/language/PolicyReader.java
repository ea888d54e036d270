// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.event.AttributeType;
import io.beckon.event.EventType;
import io.beckon.language.FieldType.Form;
import io.beckon.language.Intervention.Kind;
import io.beckon.language.InterventionReader.Names;
import io.beckon.language.JobDefinition.Timezone;
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
import io.beckon.language.TriggerDefinition.Lane;
import io.beckon.language.diagnostics.Located;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.diagnostics.Span;
import io.beckon.language.diagnostics.Suggestions;
import io.beckon.language.expression.Expression;
import io.beckon.language.yaml.YamlNode;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Reads {@code policy.yaml}. */
final class PolicyReader {
  private static final int MINUTES = 24 * 60;
  private static final String USER = "user.";
  private static final Pattern WINDOW =
      Pattern.compile("([01][0-9]|2[0-3]):([0-5][0-9])-(([01][0-9]|2[0-3]):([0-5][0-9])|24:00)");
  private static final List<String> KINDS =
      Stream.of(Kind.values()).map(kind -> kind.name().toLowerCase(Locale.ROOT)).toList();
  private static final String[] SELECTORS = {"lane", "channel", "kind", "trigger"};
  private static final String[] AMOUNTS = {"total", "per_day", "per_week", "per_month", "per_user"};

  private final Vocabulary vocabulary;
  private final Names triggers;
  private final Problems problems;
  private final Map<String, Span> places = new HashMap<>();

  private PolicyReader(Vocabulary vocabulary, Names triggers, Problems problems) {
    this.vocabulary = vocabulary;
    this.triggers = triggers;
    this.problems = problems;
  }

  /**
   * What {@code policy.yaml} says.
   *
   * @param budgets the ids of its budgets
   * @param places where caps, budgets, rates and the global holdout are written, by {@link #place}
   */
  record Policy(
      Timezone timezone, PolicyDefinition definition, Names budgets, Map<String, Span> places) {
    Policy {
      places = Map.copyOf(places);
    }

    /** Of a job without the file. */
    static Policy none(String jobId) {
      return new Policy(
          Timezone.of(ZoneOffset.UTC),
          PolicyDefinition.none(jobId),
          new Names(Set.of(), true),
          Map.of());
    }

    /** In place of a file that cannot be read. */
    static Policy unknown(String jobId) {
      return new Policy(
          Timezone.of(ZoneOffset.UTC),
          PolicyDefinition.none(jobId),
          new Names(Set.of(), false),
          Map.of());
    }

    /** Where something is written. */
    Optional<Span> at(String what, String id) {
      return Optional.ofNullable(places.get(place(what, id)));
    }
  }

  private static String place(String what, String id) {
    return what + " " + id;
  }

  /**
   * Reads the file.
   *
   * @param jobId the salt where none is written
   * @param triggers that caps and rates may name
   */
  static Policy read(
      Section policy, String jobId, Vocabulary vocabulary, Names triggers, Problems problems) {
    return new PolicyReader(vocabulary, triggers, problems).policy(policy, jobId);
  }

  private Policy policy(Section policy, String jobId) {
    Timezone timezone =
        policy.section("timezone").map(this::timezone).orElse(Timezone.of(ZoneOffset.UTC));
    Optional<Consent> consent = policy.section("consent").map(this::consent);
    Optional<Quiet> quiet = policy.section("quiet_hours").map(this::quiet);
    List<Cap> caps = caps(policy);
    Optional<Arbitration> arbitration =
        policy
            .section("arbitration")
            .map(
                section ->
                    new Arbitration(
                        section.duration("gather").orElse(0), section.whole("keep").orElse(1)));
    Optional<Section> lanes = policy.section("lanes");
    Set<Exemption> service = lanes.map(l -> exempt(l, "service")).orElse(Set.of());
    Set<Exemption> marketing = lanes.map(l -> exempt(l, "marketing")).orElse(Set.of());
    List<Mute> mutes = mutes(policy);
    Holdout holdout =
        policy
            .section("holdout")
            .map(section -> holdout(section, jobId))
            .orElse(new Holdout(BigDecimal.ZERO, jobId));
    int mostJourneys =
        policy
            .section("journeys")
            .flatMap(section -> section.whole("at_most"))
            .orElse(PolicyDefinition.DEFAULT_JOURNEYS);
    List<Budget> budgets = new ArrayList<>();
    Set<String> ids = new LinkedHashSet<>();
    for (YamlNode.Entry entry : policy.table("budgets")) {
      ids.add(entry.key().text());
      named(entry, Shapes.BUDGET)
          .map(section -> budget(entry.key(), section, timezone.fallback()))
          .ifPresent(budgets::add);
    }
    List<Rate> rates = new ArrayList<>();
    for (YamlNode.Entry entry : policy.table("rates")) {
      named(entry, Shapes.RATE)
          .flatMap(section -> rate(entry.key(), section))
          .ifPresent(rates::add);
    }
    PolicyDefinition definition =
        new PolicyDefinition(
            consent,
            quiet,
            caps,
            arbitration,
            service,
            marketing,
            mutes,
            holdout,
            budgets,
            rates,
            mostJourneys);
    boolean whole =
        !policy.has("budgets") || policy.node("budgets").orElse(null) instanceof YamlNode.Mapping;
    return new Policy(timezone, definition, new Names(ids, whole), places);
  }

  private Optional<Section> named(YamlNode.Entry entry, Shape shape) {
    boolean named = Section.word(entry.key().text(), Form.ID, entry.key().span(), problems);
    return Section.of(entry.value(), shape, entry.key().span(), problems).filter(section -> named);
  }

  private Consent consent(Section section) {
    OptionalInt marketing = bool(section, "marketing");
    OptionalInt service = bool(section, "service");
    OptionalInt channels =
        attribute(section, "per_channel", AttributeType.STRING_LIST, "the channels agreed to are");
    boolean allows = section.text("default").map(Located::value).equals(Optional.of("allow"));
    return new Consent(marketing, service, channels, allows);
  }

  private OptionalInt bool(Section section, String lane) {
    return attribute(section, lane, AttributeType.BOOL, "the consent of a lane is");
  }

  /** The slot of the attribute of the profile that a field names. */
  private OptionalInt attribute(Section section, String field, AttributeType wanted, String what) {
    Optional<Located<String>> text = section.text(field);
    if (text.isEmpty()) {
      return OptionalInt.empty();
    }
    Located<String> written = text.get();
    String help = "write `user.` and a " + wanted.text() + " attribute";
    if (!written.value().startsWith(USER)) {
      problems.error(
          "BKN-243",
          written.span(),
          "`" + written.value() + "` is not an attribute of the profile",
          help);
      return OptionalInt.empty();
    }
    Located<String> name = SelectorReader.bare(written, USER);
    Optional<AttributeType> type = vocabulary.profileAttribute(name, problems);
    if (type.isPresent() && type.get() != wanted) {
      problems.error(
          "BKN-243",
          written.span(),
          what
              + " "
              + (wanted == AttributeType.BOOL ? "a bool" : "a " + wanted.text())
              + ", and `"
              + written.value()
              + "` is "
              + type.get().text(),
          help);
      return OptionalInt.empty();
    }
    return type.isPresent()
        ? OptionalInt.of(vocabulary.catalogue().profile().indexOf(name.value()))
        : OptionalInt.empty();
  }

  private Quiet quiet(Section section) {
    List<Window> windows = new ArrayList<>();
    for (Located<String> text : section.texts("windows", "[\"22:00-08:00\"]")) {
      window(text).ifPresent(windows::add);
    }
    if (isAlwaysQuiet(windows)) {
      problems.error(
          "BKN-414",
          section.keySpan("windows"),
          "these windows leave no minute of the day open",
          "nothing could ever be sent: shorten one of them");
    }
    List<Holiday> holidays = new ArrayList<>();
    section.sections("holidays").forEach(item -> holiday(item).ifPresent(holidays::add));
    if (section.isSound() && isEmpty(section, "windows") && isEmpty(section, "holidays")) {
      problems.error(
          "BKN-121",
          section.span(),
          "neither `windows` nor `holidays` says when it is quiet",
          "add `windows: [\"22:00-08:00\"]`");
    }
    boolean drops = section.text("then").map(Located::value).equals(Optional.of("drop"));
    Optional<Section> release = section.section("release");
    boolean keepsHighest =
        release
            .flatMap(it -> it.text("keep"))
            .map(Located::value)
            .equals(Optional.of("highest_priority"));
    long spreadMs = release.map(it -> it.duration("spread").orElse(0)).orElse(0L);
    return new Quiet(windows, holidays, drops, keepsHighest, spreadMs);
  }

  private static boolean isEmpty(Section section, String list) {
    return section
        .node(list)
        .map(node -> node instanceof YamlNode.Sequence sequence && sequence.items().isEmpty())
        .orElse(true);
  }

  private Optional<Window> window(Located<String> text) {
    Matcher matcher = WINDOW.matcher(text.value());
    if (!matcher.matches()) {
      problems.error(
          "BKN-413",
          text.span(),
          "`" + text.value() + "` is not a window",
          "write two local times, `00:00` to `24:00`, as in `\"22:00-08:00\"`");
      return Optional.empty();
    }
    int from = minute(matcher.group(1), matcher.group(2));
    int to = matcher.group(4) == null ? MINUTES : minute(matcher.group(4), matcher.group(5));
    if (from == to) {
      problems.error(
          "BKN-413",
          text.span(),
          "the window ends where it begins",
          "days that are quiet from end to end stand in `holidays`");
      return Optional.empty();
    }
    return Optional.of(new Window(from, to));
  }

  private static int minute(String hours, String minutes) {
    return 60 * Integer.parseInt(hours) + Integer.parseInt(minutes);
  }

  private static boolean isAlwaysQuiet(List<Window> windows) {
    BitSet quiet = new BitSet(MINUTES);
    for (Window window : windows) {
      if (window.fromMinute() < window.toMinute()) {
        quiet.set(window.fromMinute(), window.toMinute());
      } else {
        quiet.set(window.fromMinute(), MINUTES);
        quiet.set(0, window.toMinute());
      }
    }
    return quiet.cardinality() == MINUTES;
  }

  private Optional<Holiday> holiday(Section section) {
    Optional<LocalDate> from = section.date("from");
    Optional<LocalDate> to = section.date("to");
    if (from.isEmpty() || to.isEmpty()) {
      return Optional.empty();
    }
    if (to.get().isBefore(from.get())) {
      problems.error(
          "BKN-404",
          section.keySpan("to"),
          "`to` is before `from`",
          "swap " + from.get() + " and " + to.get());
      return Optional.empty();
    }
    return Optional.of(new Holiday(from.get(), to.get()));
  }

  private List<Cap> caps(Section policy) {
    List<Cap> caps = new ArrayList<>();
    Map<String, Span> ids = new HashMap<>();
    for (Section section : policy.sections("caps")) {
      Optional<Located<String>> id = section.text("id");
      if (id.isPresent()) {
        Span first = ids.putIfAbsent(id.get().value(), id.get().span());
        if (first != null) {
          problems.error(
              "BKN-213",
              id.get().span(),
              "two caps are called `" + id.get().value() + "`",
              "the other is in line " + first.line() + "; give each an id of its own");
        }
        places.putIfAbsent(place("cap", id.get().value()), id.get().span());
      }
      Selection of = selection(section);
      Optional<Integer> atMost = section.whole("at_most");
      Optional<CapWindow> window = capWindow(section);
      if (id.isPresent() && atMost.isPresent() && window.isPresent()) {
        caps.add(new Cap(id.get().value(), of, atMost.get(), window.get()));
      }
    }
    return caps;
  }

  private static Optional<CapWindow> capWindow(Section section) {
    Optional<String> window = section.oneOf("rolling", "calendar");
    if (window.equals(Optional.of("rolling"))) {
      return section.duration("rolling").stream()
          .mapToObj(ms -> (CapWindow) new CapWindow.Rolling(ms))
          .findFirst();
    }
    return window
        .flatMap(section::text)
        .map(text -> Period.valueOf(text.value().toUpperCase(Locale.ROOT)))
        .map(CapWindow.Calendar::new);
  }

  private Selection selection(Section section) {
    Optional<Located<String>> trigger = section.text("trigger");
    if (trigger.isPresent()
        && triggers.complete()
        && !triggers.known().contains(trigger.get().value())) {
      problems.error(
          "BKN-241",
          trigger.get().span(),
          "unknown trigger `" + trigger.get().value() + "`",
          Section.suggest(trigger.get().value(), triggers.known(), "the job has "));
    }
    return new Selection(
        section.text("lane").map(text -> lane(text.value())),
        section.text("channel").map(Located::value),
        section.text("kind").map(text -> Kind.valueOf(text.value().toUpperCase(Locale.ROOT))),
        trigger.map(Located::value));
  }

  private static Lane lane(String text) {
    return Lane.valueOf(text.toUpperCase(Locale.ROOT));
  }

  private static Set<Exemption> exempt(Section lanes, String lane) {
    Set<Exemption> exempt = EnumSet.noneOf(Exemption.class);
    lanes
        .section(lane)
        .map(section -> section.choices("exempt"))
        .orElse(List.of())
        .forEach(word -> exempt.add(Exemption.valueOf(word.toUpperCase(Locale.ROOT))));
    return exempt;
  }

  private List<Mute> mutes(Section policy) {
    List<Mute> mutes = new ArrayList<>();
    Map<String, Span> seen = new HashMap<>();
    for (Section section : policy.sections("mute")) {
      Optional<Mute> read = mute(section);
      if (read.isEmpty()) {
        continue;
      }
      Mute mute = read.get();
      mutes.add(mute);
      Span span = section.keySpan("from");
      String events =
          mute.lane() + " " + text(mute.from()) + mute.until().map(PolicyReader::text).orElse("");
      Span first = seen.putIfAbsent(events, span);
      if (first != null) {
        problems.error(
            "BKN-246",
            span,
            "another mute of this lane goes by the same events",
            "the other is in line " + first.line() + "; the longer `at_most` of the two is enough");
      }
    }
    return mutes;
  }

  private static String text(Selector selector) {
    return selector.type().name() + "{" + selector.where().map(Expression::key).orElse("") + "}";
  }

  private Optional<Mute> mute(Section section) {
    Optional<Lane> lane = section.text("lane").map(text -> lane(text.value()));
    Optional<Selector> from = selector(section, "from");
    Optional<Selector> until = selector(section, "until");
    long atMostMs = section.duration("at_most").orElse(1);
    return from.isEmpty() || lane.isEmpty()
        ? Optional.empty()
        : Optional.of(new Mute(lane.get(), from.get(), until, atMostMs));
  }

  private Optional<Selector> selector(Section section, String field) {
    Optional<YamlNode> node = section.node(field);
    if (node.isEmpty()) {
      return Optional.empty();
    }
    if (node.get() instanceof YamlNode.Scalar) {
      return section
          .text(field)
          .flatMap(name -> vocabulary.type(name, problems))
          .map(type -> new Selector(type, Optional.empty()));
    }
    return Section.of(node.get(), Shapes.MUTE_EVENT, section.keySpan(field), problems)
        .flatMap(
            event -> {
              Optional<EventType> type =
                  event.text("event").flatMap(name -> vocabulary.type(name, problems));
              Optional<Located<String>> where = event.text("where");
              return type.map(t -> new Selector(t, vocabulary.where(t, where, problems)));
            });
  }

  private Holdout holdout(Section section, String jobId) {
    if (section.has("global")) {
      places.put(place("holdout", ""), section.node("global").orElseThrow().span());
    }
    return new Holdout(
        section.share("global").orElse(BigDecimal.ZERO),
        section.text("salt").map(Located::value).orElse(jobId));
  }

  private Budget budget(YamlNode.Scalar id, Section section, ZoneId fallback) {
    places.put(place("budget", id.text()), id.span());
    if (section.isSound() && Stream.of(AMOUNTS).noneMatch(section::has)) {
      problems.error(
          "BKN-121",
          section.span(),
          "the budget has no amount",
          "add one of " + Section.list(List.of(AMOUNTS)));
    }
    return new Budget(
        id.text(),
        section.decimal("total"),
        section.decimal("per_day"),
        section.decimal("per_week"),
        section.decimal("per_month"),
        section.decimal("per_user"),
        section.text("unit").map(Located::value).orElse(""),
        section.text("timezone").map(this::zone).orElse(fallback),
        section
            .section("when_empty")
            .flatMap(it -> InterventionReader.fallback(it, vocabulary, problems)));
  }

  private Optional<Rate> rate(YamlNode.Scalar id, Section section) {
    places.put(place("rate", id.text()), id.span());
    Selection of = selection(section);
    if (section.isSound() && Stream.of(SELECTORS).noneMatch(section::has)) {
      Optional<Kind> kind = kind(id.text());
      if (kind.isEmpty()) {
        problems.error(
            "BKN-242",
            id.span(),
            "`" + id.text() + "` is no kind, and the rate does not say what it is about",
            Suggestions.closest(id.text(), KINDS)
                .map(name -> "did you mean `" + name + "`?")
                .orElse("add one of " + Section.list(List.of(SELECTORS))));
      }
      of = new Selection(Optional.empty(), Optional.empty(), kind, Optional.empty());
    }
    Optional<Integer> atMost = section.whole("at_most");
    long perMs = section.duration("per").orElse(0);
    boolean queues = !section.text("when_full").map(Located::value).equals(Optional.of("drop"));
    if (!queues) {
      section.without(
          "means nothing beside `when_full: drop`", "nothing waits: remove it", "max_queue");
    }
    int mostQueued = section.whole("max_queue").orElse(10_000);
    return atMost.isEmpty() || perMs == 0
        ? Optional.empty()
        : Optional.of(new Rate(id.text(), of, atMost.get(), perMs, queues, mostQueued));
  }

  private static Optional<Kind> kind(String text) {
    return KINDS.contains(text)
        ? Optional.of(Kind.valueOf(text.toUpperCase(Locale.ROOT)))
        : Optional.empty();
  }

  /** Whose midnight counts. */
  private Timezone timezone(Section timezone) {
    Optional<String> from = timezone.text("from").flatMap(this::from);
    return new Timezone(from, timezone.text("fallback").map(this::zone).orElse(ZoneOffset.UTC));
  }

  private ZoneId zone(Located<String> text) {
    String name = text.value();
    if (ZoneId.getAvailableZoneIds().contains(name)) {
      return ZoneId.of(name);
    }
    problems.error(
        "BKN-405",
        text.span(),
        "unknown time zone `" + name + "`",
        Section.suggest(
                name,
                ZoneId.getAvailableZoneIds().stream()
                    .filter(id -> near(id, name))
                    .sorted()
                    .toList(),
                "did you mean one of ")
            .replace("there are none", "write a region and a city, as in `Asia/Shanghai`"));
    return ZoneOffset.UTC;
  }

  /** Whether a zone is worth suggesting: same region, or the same city in another. */
  private static boolean near(String id, String wrong) {
    String city = wrong.substring(wrong.lastIndexOf('/') + 1);
    return id.endsWith("/" + city)
        || id.substring(0, id.indexOf('/') + 1).equals(wrong.substring(0, wrong.indexOf('/') + 1));
  }

  /** The attribute that {@code user.x} names, if it is a string. */
  private Optional<String> from(Located<String> from) {
    if (!from.value().startsWith(USER)) {
      problems.error(
          "BKN-212",
          from.span(),
          "`" + from.value() + "` is not an attribute of the profile",
          "write `user.` and a string attribute");
      return Optional.empty();
    }
    Located<String> name = new Located<>(from.value().substring(USER.length()), from.span());
    Optional<AttributeType> type = vocabulary.profileAttribute(name, problems);
    if (type.isPresent() && type.get() != AttributeType.STRING) {
      problems.error(
          "BKN-212",
          from.span(),
          "a time zone is a string, and `" + from.value() + "` is " + type.get().text(),
          "write `user.` and a string attribute");
      return Optional.empty();
    }
    return type.map(string -> name.value());
  }
}
