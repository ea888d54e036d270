// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.calendar.Durations;
import io.beckon.event.Attribute;
import io.beckon.event.AttributeType;
import io.beckon.event.Event;
import io.beckon.event.EventType;
import io.beckon.event.RecordType;
import io.beckon.event.Slots;
import io.beckon.language.TestDefinition.Expectation;
import io.beckon.language.TestDefinition.Expected;
import io.beckon.language.TestDefinition.ExpectedField;
import io.beckon.language.TestDefinition.Happens;
import io.beckon.language.TestDefinition.Input;
import io.beckon.language.TestDefinition.Updates;
import io.beckon.language.diagnostics.Located;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.diagnostics.Span;
import io.beckon.language.yaml.YamlNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** Reads the tests beside a trigger. */
final class TestReader {
  private static final int MOST_EVENTS = 10_000;

  /** 2026-01-05T12:00:00Z, a Monday. */
  private static final long START_MS = 1_767_614_400_000L;

  private final String trigger;
  private final Optional<Set<String>> variants;
  private final Vocabulary vocabulary;
  private final Problems problems;

  private TestReader(
      String trigger,
      Optional<TriggerDefinition> definition,
      Vocabulary vocabulary,
      Problems problems) {
    this.trigger = trigger;
    this.variants = definition.map(TestReader::variants);
    this.vocabulary = vocabulary;
    this.problems = problems;
  }

  /**
   * Reads the tests of a trigger's file.
   *
   * @param definition the trigger, if it is sound
   */
  static List<TestDefinition> read(
      Section file,
      String trigger,
      Optional<TriggerDefinition> definition,
      Vocabulary vocabulary,
      Problems problems) {
    TestReader reader = new TestReader(trigger, definition, vocabulary, problems);
    Map<String, Span> names = new HashMap<>();
    List<TestDefinition> tests = new ArrayList<>();
    for (Section section : file.sections("tests")) {
      Optional<Located<String>> name = section.text("name");
      if (name.isPresent()) {
        Span first = names.putIfAbsent(name.get().value(), name.get().span());
        if (first != null) {
          problems.error(
              "BKN-601",
              name.get().span(),
              "two tests are called `" + name.get().value() + "`",
              "the other is in line " + first.line() + "; give each a name of its own");
        }
      }
      reader.test(section, name).ifPresent(tests::add);
    }
    return tests;
  }

  private Optional<TestDefinition> test(Section section, Optional<Located<String>> name) {
    long startMs = start(section);
    Slots profile = new Slots(vocabulary.catalogue().profile());
    for (YamlNode.Entry entry : section.table("user")) {
      value(entry, profile, vocabulary.isProfileBroken());
    }
    Slots signals = new Slots(vocabulary.signals().type());
    for (YamlNode.Entry entry : section.table("signals")) {
      Located<String> signal = new Located<>(entry.key().text(), entry.key().span());
      if (vocabulary.signal(signal, problems).isPresent()) {
        value(entry, signals, vocabulary.isSignalsBroken());
      }
    }
    List<Planned> planned = new ArrayList<>();
    for (String list : List.of("history", "events")) {
      for (Section event : section.sections(list)) {
        plan(event, startMs, planned);
      }
    }
    if (planned.size() >= MOST_EVENTS) {
      problems.error(
          "BKN-607",
          section.span(),
          "the test has more than " + MOST_EVENTS + " events",
          "repeat less often");
    }
    OptionalLong untilMs = time(section, "until", startMs);
    boolean forcesHoldout =
        section.text("holdout").map(Located::value).equals(Optional.of("force"));
    Optional<String> variant = section.text("variant").flatMap(this::variant);
    Optional<Expectation> expect = section.section("expect").map(e -> expect(section, e, startMs));
    if (name.isEmpty() || expect.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new TestDefinition(
            trigger,
            name.get().value(),
            name.get().span(),
            startMs,
            profile,
            signals,
            inputs(planned, profile),
            untilMs,
            forcesHoldout,
            variant,
            expect.get()));
  }

  /** The names of the variants of all steps. */
  private static Set<String> variants(TriggerDefinition trigger) {
    Set<String> names = new LinkedHashSet<>();
    for (TriggerDefinition.Step step : trigger.steps()) {
      step.intervention().variants().forEach(variant -> names.add(variant.name()));
    }
    return names;
  }

  private Optional<String> variant(Located<String> name) {
    if (variants.isPresent() && !variants.get().contains(name.value())) {
      problems.error(
          "BKN-608",
          name.span(),
          "no step has a variant `" + name.value() + "`",
          variants.get().isEmpty()
              ? "the trigger has no variants: remove it"
              : Section.suggest(name.value(), variants.get(), "the variants are "));
    }
    return Optional.of(name.value());
  }

  private long start(Section section) {
    Optional<YamlNode.Scalar> start = section.scalar("start");
    if (start.isEmpty()) {
      return START_MS;
    }
    OptionalLong ms = Scalars.instantOrUtc(start.get().text());
    if (ms.isEmpty()) {
      problems.error(
          "BKN-407",
          start.get().span(),
          "`" + start.get().text() + "` is not a time",
          "write date, time and offset, as in `2026-03-29T00:30:00+01:00`");
    }
    return ms.orElse(START_MS);
  }

  /** Something read in a test, before events have ids and updates are whole profiles. */
  private sealed interface Planned {
    long arrivesMs();
  }

  private record PlannedEvent(
      EventType type, long timeMs, long arrivesMs, Optional<String> id, Slots attributes)
      implements Planned {}

  private record PlannedUpdate(long timeMs, long arrivesMs, List<YamlNode.Entry> changes)
      implements Planned {}

  private void plan(Section event, long startMs, List<Planned> planned) {
    OptionalLong at = time(event, "at", startMs);
    OptionalLong arrives = time(event, "arrives", startMs);
    int times = event.whole("times").orElse(1);
    OptionalLong every = event.duration("every");
    Optional<Located<String>> id = event.text("id");
    boolean repeated = !event.has("user");
    if (repeated && times > 1 && event.isSound() && !event.has("every")) {
      problems.error(
          "BKN-605",
          event.keySpan("times"),
          "`times` is here, but `every` is not",
          "say how long it is from one to the next, as in `every: 5m`");
    }
    if (repeated && event.has("every") && !event.has("times")) {
      problems.error(
          "BKN-605",
          event.keySpan("every"),
          "`every` is here, but `times` is not",
          "say how often it happens, as in `times: 3`");
    }
    if (repeated && times > 1 && id.isPresent()) {
      problems.error(
          "BKN-605",
          event.keySpan("id"),
          "`id` names one event, and there are " + times,
          "leave it out, or write the events one by one");
    }
    if (at.isPresent() && arrives.isPresent() && arrives.getAsLong() < at.getAsLong()) {
      problems.error("BKN-606", event.keySpan("arrives"), "the event arrives before it happens");
    }
    Optional<String> which = event.oneOf("event", "user");
    if (which.equals(Optional.of("user"))) {
      update(event, at, arrives, planned);
      return;
    }
    Optional<EventType> type = event.text("event").flatMap(n -> vocabulary.type(n, problems));
    if (type.isEmpty()) {
      return;
    }
    Slots attributes = new Slots(type.get().record());
    List<YamlNode.Entry> entries = new ArrayList<>(event.others());
    entries.addAll(event.table("attributes"));
    boolean broken = vocabulary.isBroken(type.get());
    for (YamlNode.Entry entry : entries) {
      value(entry, attributes, broken);
    }
    if (!broken) {
      required(event, type.get(), entries);
    }
    if (at.isEmpty()) {
      return;
    }
    long delayMs = arrives.orElse(at.getAsLong()) - at.getAsLong();
    for (int i = 0; i < times && planned.size() < MOST_EVENTS; i++) {
      long timeMs = at.getAsLong() + i * every.orElse(0);
      planned.add(
          new PlannedEvent(
              type.get(), timeMs, timeMs + delayMs, id.map(Located::value), attributes));
    }
  }

  private void update(
      Section update, OptionalLong at, OptionalLong arrives, List<Planned> planned) {
    update.without(
        "means nothing beside `user`",
        "an update of the profile has `at`, `arrives` and `user`",
        "id",
        "times",
        "every",
        "attributes");
    for (YamlNode.Entry other : update.others()) {
      problems.error(
          "BKN-120",
          other.key().span(),
          "unknown field `" + other.key().text() + "`",
          "attributes of the profile stand in `user: {…}`");
    }
    List<YamlNode.Entry> changes = update.table("user");
    Slots checked = new Slots(vocabulary.catalogue().profile());
    changes.forEach(entry -> value(entry, checked, vocabulary.isProfileBroken()));
    if (at.isPresent() && planned.size() < MOST_EVENTS) {
      planned.add(new PlannedUpdate(at.getAsLong(), arrives.orElse(at.getAsLong()), changes));
    }
  }

  private void required(Section event, EventType type, List<YamlNode.Entry> entries) {
    for (Attribute attribute : type.record().attributes()) {
      boolean written =
          entries.stream()
              .anyMatch(
                  e -> e.key().text().equals(attribute.name()) && !Section.isNothing(e.value()));
      if (attribute.required() && !written) {
        problems.error(
            "BKN-604",
            event.keySpan("event"),
            "`" + type.name() + "` needs `" + attribute.name() + "`",
            "without it the event would go to the dead letters");
      }
    }
  }

  /**
   * The events and updates in the order in which they arrive; ids padded so that their order is as
   * written.
   */
  private static List<Input> inputs(List<Planned> planned, Slots profile) {
    long count = planned.stream().filter(PlannedEvent.class::isInstance).count();
    int width = Long.toString(count).length();
    IdentityHashMap<PlannedUpdate, Slots> profiles = profiles(planned, profile);
    List<Map.Entry<Long, Input>> arriving = new ArrayList<>();
    int number = 0;
    for (Planned each : planned) {
      Input input;
      if (each instanceof PlannedEvent event) {
        number++;
        String digits = Integer.toString(number);
        String id = event.id().orElse("e" + "0".repeat(width - digits.length()) + digits);
        input =
            new Happens(
                new Event(
                    id, event.type(), TestDefinition.USER, event.timeMs(), event.attributes()));
      } else if (each instanceof PlannedUpdate update) {
        input = new Updates(update.timeMs(), profiles.getOrDefault(update, profile));
      } else {
        throw new IllegalStateException("neither event nor update: " + each);
      }
      arriving.add(Map.entry(each.arrivesMs(), input));
    }
    arriving.sort(Comparator.comparingLong(Map.Entry::getKey));
    return arriving.stream().map(Map.Entry::getValue).toList();
  }

  /** The whole profile that each update, by its time, makes of the one before. */
  private static IdentityHashMap<PlannedUpdate, Slots> profiles(
      List<Planned> planned, Slots first) {
    List<PlannedUpdate> updates = new ArrayList<>();
    for (Planned each : planned) {
      if (each instanceof PlannedUpdate update) {
        updates.add(update);
      }
    }
    updates.sort(Comparator.comparingLong(PlannedUpdate::timeMs));
    IdentityHashMap<PlannedUpdate, Slots> profiles = new IdentityHashMap<>();
    Slots before = first;
    for (PlannedUpdate update : updates) {
      Slots after = before.copy();
      for (YamlNode.Entry entry : update.changes()) {
        int slot = after.type().indexOf(entry.key().text());
        if (slot >= 0) {
          if (Section.isNothing(entry.value())) {
            after.clear(slot);
          } else {
            Scalars.set(entry.value(), after.type().attribute(slot).type(), after, slot);
          }
        }
      }
      profiles.put(update, after);
      before = after;
    }
    return profiles;
  }

  /** A time of the test, absolute. */
  private OptionalLong time(Section section, String name, long startMs) {
    Optional<YamlNode.Scalar> scalar = section.scalar(name);
    if (scalar.isEmpty()) {
      return OptionalLong.empty();
    }
    String text = scalar.get().text();
    OptionalLong offset = Scalars.offset(text);
    if (offset.isPresent()) {
      return OptionalLong.of(startMs + offset.getAsLong());
    }
    OptionalLong instant = Scalars.instant(text);
    if (instant.isEmpty()) {
      problems.error(
          "BKN-407",
          scalar.get().span(),
          "`" + text + "` is not a time",
          "write a duration from the start, as in `2h10m`, or a time with its offset, as in"
              + " `2026-03-29T08:00:00+02:00`");
    }
    return instant;
  }

  private Expectation expect(Section test, Section expect, long startMs) {
    Span key = test.keySpan("expect");
    YamlNode value = test.node("expect").orElseThrow();
    int length = value.endLine() == key.line() ? value.endColumn() - key.column() : key.length();
    return new Expectation(
        new Span(key.file(), key.line(), key.column(), Math.max(key.length(), length)),
        value.endLine(),
        expected(expect, "decisions", Shapes.EXPECTED_DECISION, startMs),
        expected(expect, "commands", Shapes.EXPECTED_COMMAND, startMs),
        expected(expect, "outcomes", Shapes.EXPECTED_OUTCOME, startMs));
  }

  private Optional<List<Expected>> expected(
      Section expect, String name, Shape shape, long startMs) {
    if (!expect.has(name)) {
      return Optional.empty();
    }
    List<Expected> all = new ArrayList<>();
    for (Section item : expect.sections(name)) {
      List<ExpectedField> fields = new ArrayList<>();
      OptionalLong atMs = OptionalLong.empty();
      for (String field : item.written()) {
        FieldType type = shape.field(field).orElseThrow().type();
        if (type instanceof FieldType.Moment) {
          atMs = time(item, field, startMs);
        } else if (type instanceof FieldType.Whole) {
          item.whole(field).ifPresent(n -> fields.add(new ExpectedField(field, n.toString())));
        } else if (type instanceof FieldType.Flag) {
          boolean flag = item.flag(field, false);
          fields.add(new ExpectedField(field, Boolean.toString(flag)));
        } else if (type instanceof FieldType.Decimal) {
          item.decimal(field)
              .ifPresent(n -> fields.add(new ExpectedField(field, n.toPlainString())));
        } else if (type instanceof FieldType.Duration) {
          item.duration(field)
              .ifPresent(ms -> fields.add(new ExpectedField(field, Durations.format(ms))));
        } else if (type instanceof FieldType.Table) {
          nested(item, field, fields);
        } else {
          item.text(field).ifPresent(t -> fields.add(new ExpectedField(field, t.value())));
        }
      }
      all.add(new Expected(item.span(), atMs, fields));
    }
    return Optional.of(all);
  }

  /** Entries of a mapping as {@code params.item}. */
  private void nested(Section item, String field, List<ExpectedField> fields) {
    for (YamlNode.Entry entry : item.table(field)) {
      if (entry.value() instanceof YamlNode.Scalar scalar && !Section.isNothing(scalar)) {
        fields.add(new ExpectedField(field + "." + entry.key().text(), scalar.text()));
      } else {
        problems.error(
            "BKN-122",
            entry.key().span(),
            "a single value is expected for `" + entry.key().text() + "`");
      }
    }
  }

  /** Sets the attribute that {@code entry} names. */
  private void value(YamlNode.Entry entry, Slots target, boolean incomplete) {
    RecordType record = target.type();
    String name = entry.key().text();
    int slot = record.indexOf(name);
    if (slot < 0) {
      if (!incomplete) {
        problems.error(
            "BKN-202",
            entry.key().span(),
            "`" + record.name() + "` has no attribute `" + name + "`",
            Section.suggest(name, Vocabulary.names(record), "it has "));
      }
      return;
    }
    AttributeType type = record.attribute(slot).type();
    if (!Section.isNothing(entry.value()) && !Scalars.set(entry.value(), type, target, slot)) {
      String quoted =
          type == AttributeType.STRING && entry.value() instanceof YamlNode.Scalar scalar
              ? "write `\"" + scalar.text() + "\"`"
              : type == AttributeType.DURATION
                  ? "write a duration, as in `30d`"
                  : type == AttributeType.TIMESTAMP
                      ? "write a time with its offset, as in `2026-03-29T08:00:00+02:00`"
                      : record == vocabulary.signals().type()
                          ? "change the value"
                          : "change the value, or the type in events.yaml";
      problems.error(
          "BKN-603",
          entry.value().span(),
          "`" + name + "` is " + type.text() + ", and this is " + Section.describe(entry.value()),
          quoted);
    }
  }
}
