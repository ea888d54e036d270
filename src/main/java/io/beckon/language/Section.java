// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.calendar.Durations;
import io.beckon.language.diagnostics.Located;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.diagnostics.Span;
import io.beckon.language.diagnostics.Suggestions;
import io.beckon.language.yaml.YamlNode;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A mapping read by its {@link Shape}. Making one reports fields that are unknown, missing or
 * empty; each getter reports a value that does not fit its field, and gives nothing then, so that
 * reading goes on. A getter is asked once a field, or the problem is told twice.
 */
final class Section {
  private static final Pattern ID = Pattern.compile("[a-z0-9][a-z0-9-]{0,63}");
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]{0,63}");
  private static final Pattern DATE = Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}");
  private static final Pattern TIME = Pattern.compile("([01][0-9]|2[0-3]):[0-5][0-9]");
  private static final Pattern BEFORE_TEXT = Pattern.compile("(?i)yes|no|on|off|y|n");

  private final Shape shape;
  private final Span span;
  private final Problems problems;
  private final Map<String, YamlNode.Entry> entries;
  private final List<YamlNode.Entry> others;
  private final boolean sound;

  private Section(
      Shape shape,
      Span span,
      Problems problems,
      Map<String, YamlNode.Entry> entries,
      List<YamlNode.Entry> others,
      boolean sound) {
    this.shape = shape;
    this.span = span;
    this.problems = problems;
    this.entries = entries;
    this.others = others;
    this.sound = sound;
  }

  /**
   * Reads {@code node} as {@code shape}.
   *
   * @param span where to say that a field is missing
   * @return empty, with a problem reported, if it is no mapping
   */
  static Optional<Section> of(YamlNode node, Shape shape, Span span, Problems problems) {
    if (!(node instanceof YamlNode.Mapping mapping)) {
      problems.error(
          "BKN-122",
          node.span(),
          "fields are expected here, not " + describe(node),
          "the fields are " + list(shape.names()));
      return Optional.empty();
    }
    Map<String, YamlNode.Entry> entries = new LinkedHashMap<>();
    List<YamlNode.Entry> others = new ArrayList<>();
    Set<String> meant = new HashSet<>();
    boolean sound = true;
    for (YamlNode.Entry entry : mapping.entries()) {
      String name = entry.key().text();
      Optional<Field> field = shape.field(name);
      if (field.isEmpty()) {
        if (shape.open()) {
          others.add(entry);
        } else {
          sound = false;
          problems.error(
              "BKN-120",
              entry.key().span(),
              "unknown field `" + name + "`",
              suggest(name, shape.names(), "the fields are "));
          // Misspelt, it is not missing too.
          Suggestions.closest(name, shape.names()).ifPresent(meant::add);
        }
      } else if (isNothing(entry.value())) {
        sound = false;
        problems.error("BKN-125", entry.key().span(), "`" + name + "` has no value");
      } else {
        entries.put(name, entry);
      }
    }
    mapping.entries().forEach(entry -> meant.add(entry.key().text()));
    for (Field field : shape.fields()) {
      if (field.presence() == Field.Presence.REQUIRED && !meant.contains(field.name())) {
        sound = false;
        problems.error(
            "BKN-121",
            span,
            "`" + field.name() + "` is missing",
            "add `" + field.name() + ": …`: " + field.doc());
      }
    }
    return Optional.of(new Section(shape, span, problems, entries, others, sound));
  }

  /** Did you mean one of {@code allowed}, or all of them. */
  static String suggest(String wrong, Collection<String> allowed, String all) {
    return Suggestions.closest(wrong, allowed)
        .map(name -> "did you mean `" + name + "`?")
        .orElseGet(() -> allowed.isEmpty() ? "there are none" : all + list(allowed));
  }

  /** The names, quoted, the first dozen of them. */
  static String list(Collection<String> names) {
    StringBuilder list = new StringBuilder();
    int count = 0;
    for (String name : names) {
      if (count == 12) {
        return list.append(", …").toString();
      }
      list.append(count++ == 0 ? "`" : ", `").append(name).append('`');
    }
    return list.toString();
  }

  static boolean isNothing(YamlNode node) {
    return node instanceof YamlNode.Scalar scalar && scalar.kind() == YamlNode.Kind.NULL;
  }

  static String describe(YamlNode node) {
    if (node instanceof YamlNode.Mapping) {
      return "a mapping";
    }
    if (node instanceof YamlNode.Scalar scalar) {
      return switch (scalar.kind()) {
        case TEXT -> "text";
        case NULL -> "nothing";
        case BOOL -> "`" + scalar.text() + "`";
        case INT, FLOAT -> "a number";
      };
    }
    return "a list";
  }

  /** Where to say what concerns all of it. */
  Span span() {
    return span;
  }

  Problems problems() {
    return problems;
  }

  /** Whether its own fields are all known, written where required, and not empty. */
  boolean isSound() {
    return sound;
  }

  /** The names of its fields that are written, in the author's order. */
  List<String> written() {
    return List.copyOf(entries.keySet());
  }

  /** The entries beside the fields of an open shape. */
  List<YamlNode.Entry> others() {
    return others;
  }

  boolean has(String name) {
    return entries.containsKey(known(name).name());
  }

  /** The value of a field, unread. */
  Optional<YamlNode> node(String name) {
    return Optional.ofNullable(entries.get(known(name).name())).map(YamlNode.Entry::value);
  }

  /** Where the name of a field is written; where the section is if it is not. */
  Span keySpan(String name) {
    return Optional.ofNullable(entries.get(known(name).name()))
        .map(entry -> entry.key().span())
        .orElse(span);
  }

  /** A field of nested fields. */
  Optional<Section> section(String name) {
    FieldType type = known(name).type();
    if (!(type instanceof FieldType.Nested nested)) {
      throw wrong(name, type);
    }
    return node(name)
        .flatMap(node -> of(node, Shapes.named(nested.shape()), keySpan(name), problems));
  }

  /** A field that holds several mappings; items that are none are left out, reported. */
  List<Section> sections(String name) {
    FieldType type = known(name).type();
    if (!(type instanceof FieldType.Several several)) {
      throw wrong(name, type);
    }
    Optional<YamlNode> node = node(name);
    if (node.isEmpty()) {
      return List.of();
    }
    Shape of = Shapes.named(several.shape());
    if (several.single() && node.get() instanceof YamlNode.Mapping) {
      return of(node.get(), of, keySpan(name), problems).stream().toList();
    }
    if (!(node.get() instanceof YamlNode.Sequence sequence)) {
      problems.error(
          "BKN-122",
          node.get().span(),
          "`" + name + "` must be a list, not " + describe(node.get()));
      return List.of();
    }
    size(name, sequence, several.min(), several.max());
    List<Section> sections = new ArrayList<>();
    for (YamlNode item : sequence.items()) {
      of(item, of, item.span(), problems).ifPresent(sections::add);
    }
    return sections;
  }

  /**
   * The one field written of a shape that must have exactly one; empty with a problem if not.
   *
   * @param beside fields that do not count
   */
  Optional<String> exactlyOne(String what, String... beside) {
    List<String> written = new ArrayList<>(written());
    written.removeAll(List.of(beside));
    if (written.size() == 1) {
      return Optional.of(written.get(0));
    }
    if (written.size() > 1) {
      String second = written.get(1);
      problems.error(
          "BKN-131",
          keySpan(second),
          what + " already is `" + written.get(0) + "`, so it cannot be `" + second + "` too",
          "keep one of them");
    } else if (sound) {
      problems.error(
          "BKN-131",
          span,
          what + " is not stated",
          "write one of "
              + list(shape.names().stream().filter(n -> !List.of(beside).contains(n)).toList()));
    }
    return Optional.empty();
  }

  /** Text, a word, one of several words, the name of an event type, or an expression. */
  Optional<Located<String>> text(String name) {
    Field field = known(name);
    return scalar(name).flatMap(scalar -> text(field, scalar));
  }

  private Optional<Located<String>> text(Field field, YamlNode.Scalar scalar) {
    String text = scalar.text();
    FieldType type = field.type();
    if (type instanceof FieldType.Choice choice) {
      return choice(field.name(), choice, scalar);
    }
    if (text.isBlank()) {
      problems.error("BKN-125", scalar.span(), "`" + field.name() + "` is empty");
      return Optional.empty();
    }
    if (type instanceof FieldType.Word word) {
      return word(text, word.form(), scalar.span(), problems)
          ? Optional.of(new Located<>(text, scalar.span()))
          : Optional.empty();
    }
    return Optional.of(new Located<>(text, scalar.span()));
  }

  private Optional<Located<String>> choice(
      String name, FieldType.Choice choice, YamlNode.Scalar scalar) {
    String text = scalar.text();
    if (choice.allowed().contains(text)) {
      return Optional.of(new Located<>(text, scalar.span()));
    }
    problems.error(
        "BKN-123",
        scalar.span(),
        "`" + name + "` cannot be `" + text + "`",
        suggest(text, choice.allowed(), "write one of "));
    return Optional.empty();
  }

  /** Whether {@code text} is a name or id of this form; reports it if not. */
  static boolean word(String text, FieldType.Form form, Span span, Problems problems) {
    boolean id = form == FieldType.Form.ID;
    if ((id ? ID : NAME).matcher(text).matches()) {
      return true;
    }
    problems.error(
        "BKN-132",
        span,
        "`" + text + "` is not " + (id ? "an id" : "a name"),
        (id
                ? "an id is made of lower-case letters, digits and `-`, beginning with a letter or digit"
                : "a name is made of lower-case letters, digits and `_`, beginning with a letter")
            + ", 64 at most");
    return false;
  }

  /** A whole number. */
  Optional<Integer> whole(String name) {
    FieldType type = known(name).type();
    if (!(type instanceof FieldType.Whole whole)) {
      throw wrong(name, type);
    }
    return scalar(name).flatMap(scalar -> whole(name, whole, scalar));
  }

  private Optional<Integer> whole(String name, FieldType.Whole whole, YamlNode.Scalar scalar) {
    Optional<Long> value = Scalars.whole(scalar);
    if (scalar.kind() != YamlNode.Kind.INT) {
      problems.error(
          "BKN-122",
          scalar.span(),
          "`" + name + "` must be a whole number, not " + describe(scalar));
      return Optional.empty();
    }
    if (value.isEmpty() || value.get() < whole.min() || value.get() > whole.max()) {
      problems.error(
          "BKN-124",
          scalar.span(),
          "`" + name + "` must be " + whole.describe().replace("whole number, ", ""));
      return Optional.empty();
    }
    return value.map(Math::toIntExact);
  }

  /** A decimal number. */
  Optional<BigDecimal> decimal(String name) {
    FieldType type = known(name).type();
    if (!(type instanceof FieldType.Decimal decimal)) {
      throw wrong(name, type);
    }
    Optional<YamlNode.Scalar> scalar = scalar(name);
    if (scalar.isEmpty()) {
      return Optional.empty();
    }
    Optional<BigDecimal> value = Scalars.decimal(scalar.get());
    if (value.isEmpty()) {
      problems.error("BKN-122", scalar.get().span(), "`" + name + "` must be a number");
    } else if (!decimal.allows(value.get())) {
      String range = decimal.describe().replaceFirst("^number,? ", "");
      problems.error("BKN-124", scalar.get().span(), "`" + name + "` must be " + range);
      return Optional.empty();
    }
    return value;
  }

  /** A part of 1, exact; a percentage is divided by 100. */
  Optional<BigDecimal> share(String name) {
    Optional<YamlNode.Scalar> scalar = scalar(name);
    if (scalar.isEmpty()) {
      return Optional.empty();
    }
    Optional<BigDecimal> share = Scalars.share(scalar.get());
    if (share.isEmpty()) {
      problems.error(
          "BKN-138",
          scalar.get().span(),
          "`" + scalar.get().text() + "` is not a share",
          "write a percentage or a part of 1, as in `10%` or `0.1`");
    } else if (share.get().signum() < 0 || share.get().compareTo(BigDecimal.ONE) > 0) {
      problems.error(
          "BKN-124", scalar.get().span(), "`" + name + "` must be `0%` to `100%`, `0` to `1`");
      return Optional.empty();
    }
    return share;
  }

  /** Several of some words; those written twice are left out, reported. */
  List<String> choices(String name) {
    FieldType type = known(name).type();
    if (!(type instanceof FieldType.Choices choices)) {
      throw wrong(name, type);
    }
    Optional<YamlNode> node = node(name);
    if (node.isEmpty()) {
      return List.of();
    }
    if (!(node.get() instanceof YamlNode.Sequence sequence)) {
      notAList(name, node.get(), "[" + choices.allowed().get(0) + "]");
      return List.of();
    }
    List<String> words = new ArrayList<>();
    for (YamlNode item : sequence.items()) {
      if (!(item instanceof YamlNode.Scalar scalar) || isNothing(item)) {
        problems.error("BKN-122", item.span(), "a word is expected, not " + describe(item));
      } else if (words.contains(scalar.text())) {
        problems.error("BKN-213", scalar.span(), "`" + scalar.text() + "` is listed twice");
      } else {
        choice(name, new FieldType.Choice(choices.allowed()), scalar)
            .ifPresent(word -> words.add(word.value()));
      }
    }
    return words;
  }

  /** A list of texts that are in quotes or not; those written twice are left out, reported. */
  List<Located<String>> texts(String name, String example) {
    FieldType type = known(name).type();
    Optional<YamlNode> node = node(name);
    if (node.isEmpty()) {
      return List.of();
    }
    if (!(node.get() instanceof YamlNode.Sequence sequence)) {
      notAList(name, node.get(), example);
      return List.of();
    }
    if (type instanceof FieldType.Texts texts) {
      size(name, sequence, texts.min(), texts.max());
    }
    List<Located<String>> texts = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (YamlNode item : sequence.items()) {
      if (!(item instanceof YamlNode.Scalar scalar) || isNothing(item)) {
        problems.error("BKN-122", item.span(), "text is expected, not " + describe(item));
      } else if (type instanceof FieldType.Texts && !seen.add(scalar.text())) {
        problems.error("BKN-213", scalar.span(), "`" + scalar.text() + "` is listed twice");
      } else {
        texts.add(new Located<>(scalar.text(), scalar.span()));
      }
    }
    return texts;
  }

  private void size(String name, YamlNode.Sequence sequence, int min, int max) {
    int size = sequence.items().size();
    if (size < min || size > max) {
      problems.error(
          "BKN-133",
          keySpan(name),
          "`" + name + "` has " + size + (size == 1 ? " entry" : " entries"),
          size < min ? "write at least " + min : "write at most " + max);
    }
  }

  private void notAList(String name, YamlNode node, String example) {
    problems.error(
        "BKN-122",
        node.span(),
        "`" + name + "` must be a list, not " + describe(node),
        node instanceof YamlNode.Scalar scalar && !scalar.text().isBlank()
            ? "write `[" + scalar.text() + "]`"
            : "write `" + example + "`");
  }

  /** A decimal number as the nearest double; {@code otherwise} without one. */
  double real(String name, double otherwise) {
    return decimal(name).map(BigDecimal::doubleValue).orElse(otherwise);
  }

  /** A number of local days. */
  OptionalInt days(String name) {
    FieldType type = known(name).type();
    if (!(type instanceof FieldType.Days days)) {
      throw wrong(name, type);
    }
    return days(name, days);
  }

  /** Reads a field as a number of local days, whatever else it may hold. */
  OptionalInt days(String name, FieldType.Days days) {
    Optional<YamlNode.Scalar> scalar = scalar(name);
    if (scalar.isEmpty()) {
      return OptionalInt.empty();
    }
    String text = scalar.get().text();
    OptionalLong ms =
        scalar.get().kind() == YamlNode.Kind.TEXT ? Durations.parse(text) : OptionalLong.empty();
    if (ms.isEmpty() || !(text.endsWith("d") || text.endsWith("w"))) {
      problems.error(
          "BKN-411",
          scalar.get().span(),
          "`" + text + "` is not a number of whole days",
          "`" + name + "` counts local days: write days or weeks, as in `7d`");
      return OptionalInt.empty();
    }
    long count = ms.getAsLong() / Durations.DAY_MS;
    if (count < days.min() || count > days.max()) {
      problems.error(
          "BKN-402",
          scalar.get().span(),
          "`" + name + "` must be " + days.describe().replace("whole days, ", ""));
      return OptionalInt.empty();
    }
    return OptionalInt.of((int) count);
  }

  /** A local time of day. */
  Optional<LocalTime> timeOfDay(String name) {
    Optional<YamlNode.Scalar> scalar = scalar(name);
    if (scalar.isEmpty()) {
      return Optional.empty();
    }
    String text = scalar.get().text();
    if (TIME.matcher(text).matches()) {
      return Optional.of(LocalTime.parse(text));
    }
    problems.error(
        "BKN-412",
        scalar.get().span(),
        "`" + text + "` is not a time of day",
        "write hours and minutes, `00:00` to `23:59`, as in `\"09:00\"`");
    return Optional.empty();
  }

  /**
   * The one that is written of fields that exclude each other; empty, with a problem reported, if
   * it is not exactly one.
   */
  Optional<String> oneOf(String... names) {
    List<String> written = Stream.of(names).filter(this::has).toList();
    if (written.size() == 1) {
      return Optional.of(written.get(0));
    }
    if (written.isEmpty()) {
      if (sound) {
        problems.error(
            "BKN-135", span, "one of " + list(List.of(names)) + " is missing", "write one of them");
      }
    } else {
      atMostOneOf(names);
    }
    return Optional.empty();
  }

  /** The one that is written, if any, of fields that exclude each other; reports if several are. */
  Optional<String> atMostOneOf(String... names) {
    List<String> written = written().stream().filter(List.of(names)::contains).toList();
    if (written.size() > 1) {
      String second = written.get(1);
      problems.error(
          "BKN-135",
          keySpan(second),
          "`" + written.get(0) + "` is here, so `" + second + "` cannot be here too",
          "keep one of them");
      return Optional.empty();
    }
    return written.stream().findFirst();
  }

  /** Reports {@code names} that are written, because they mean nothing here. */
  void without(String reason, String help, String... names) {
    for (String name : names) {
      if (has(name)) {
        problems.error("BKN-136", keySpan(name), "`" + name + "` " + reason, help);
      }
    }
  }

  /** Reports {@code name} if it is missing although {@code because} needs it. */
  void needs(String because, String name) {
    if (!has(name) && sound) {
      Field field = known(name);
      problems.error(
          "BKN-136",
          keySpan(because),
          "`" + because + "` needs `" + name + "`",
          "add `" + name + ": …`: " + field.doc());
    }
  }

  /** True or false; what it is otherwise. */
  boolean flag(String name, boolean otherwise) {
    Optional<YamlNode.Scalar> scalar = scalar(name);
    if (scalar.isEmpty()) {
      return otherwise;
    }
    if (scalar.get().kind() != YamlNode.Kind.BOOL) {
      String text = scalar.get().text();
      problems.error(
          "BKN-122",
          scalar.get().span(),
          "`" + name + "` must be `true` or `false`",
          BEFORE_TEXT.matcher(text).matches()
              ? "in YAML 1.2 `" + text + "` is text"
              : "write `true` or `false`");
      return otherwise;
    }
    return Boolean.parseBoolean(scalar.get().text());
  }

  /** A duration in milliseconds. */
  OptionalLong duration(String name) {
    FieldType type = known(name).type();
    if (!(type instanceof FieldType.Duration duration)) {
      throw wrong(name, type);
    }
    Optional<YamlNode.Scalar> scalar = scalar(name);
    return scalar.isEmpty() ? OptionalLong.empty() : duration(name, duration, scalar.get());
  }

  /** Reads a scalar as a duration. */
  OptionalLong duration(String name, FieldType.Duration type, YamlNode.Scalar scalar) {
    OptionalLong parsed =
        scalar.kind() == YamlNode.Kind.TEXT ? Durations.parse(scalar.text()) : OptionalLong.empty();
    if (parsed.isEmpty()) {
      problems.error(
          "BKN-401",
          scalar.span(),
          "`" + scalar.text() + "` is not a duration",
          scalar.kind() == YamlNode.Kind.INT
              ? "add a unit, as in `" + scalar.text() + "s`"
              : "write one number and one unit out of `ms`, `s`, `m`, `h`, `d`, `w`, as in `30m`");
      return OptionalLong.empty();
    }
    long ms = parsed.getAsLong();
    if (ms < type.minMs() || ms > type.maxMs()) {
      problems.error(
          "BKN-402",
          scalar.span(),
          "`"
              + name
              + "` must be "
              + type.describe().replace("duration above", "above").replace("duration, ", ""));
      return OptionalLong.empty();
    }
    return parsed;
  }

  /** A local date. */
  Optional<LocalDate> date(String name) {
    Optional<YamlNode.Scalar> scalar = scalar(name);
    if (scalar.isEmpty()) {
      return Optional.empty();
    }
    String text = scalar.get().text();
    if (DATE.matcher(text).matches()) {
      try {
        return Optional.of(LocalDate.parse(text));
      } catch (DateTimeParseException e) {
        // Such as 30 February: reported below.
      }
    }
    problems.error(
        "BKN-403",
        scalar.get().span(),
        "`" + text + "` is not a date",
        "write year, month and day, as in `2026-11-01`");
    return Optional.empty();
  }

  /** A list of names; those written twice are left out, reported. */
  List<Located<String>> names(String name) {
    Optional<YamlNode> node = node(name);
    if (node.isEmpty()) {
      return List.of();
    }
    if (!(node.get() instanceof YamlNode.Sequence sequence)) {
      notAList(name, node.get(), "[item_id]");
      return List.of();
    }
    List<Located<String>> names = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (YamlNode item : sequence.items()) {
      if (!(item instanceof YamlNode.Scalar scalar) || scalar.kind() != YamlNode.Kind.TEXT) {
        problems.error(
            "BKN-122", item.span(), "an attribute's name is expected, not " + describe(item));
      } else if (!seen.add(scalar.text())) {
        problems.error("BKN-213", scalar.span(), "`" + scalar.text() + "` is listed twice");
      } else {
        names.add(new Located<>(scalar.text(), scalar.span()));
      }
    }
    return names;
  }

  /** A mapping of any names; those that are empty are kept. */
  List<YamlNode.Entry> table(String name) {
    Optional<YamlNode> node = node(name);
    if (node.isEmpty()) {
      return List.of();
    }
    if (node.get() instanceof YamlNode.Mapping mapping) {
      return mapping.entries();
    }
    problems.error(
        "BKN-122",
        node.get().span(),
        "`" + name + "` must hold names and values, not " + describe(node.get()));
    return List.of();
  }

  /** The scalar a field holds; empty, with a problem reported, if it holds something else. */
  Optional<YamlNode.Scalar> scalar(String name) {
    Optional<YamlNode> node = node(name);
    if (node.isEmpty()) {
      return Optional.empty();
    }
    if (node.get() instanceof YamlNode.Scalar scalar) {
      return Optional.of(scalar);
    }
    problems.error(
        "BKN-122",
        node.get().span(),
        "`" + name + "` must be a single value, not " + describe(node.get()));
    return Optional.empty();
  }

  private Field known(String name) {
    return shape
        .field(name)
        .orElseThrow(() -> new IllegalStateException(shape.name() + " has no field " + name));
  }

  private IllegalStateException wrong(String name, FieldType type) {
    return new IllegalStateException(shape.name() + "." + name + " is " + type);
  }
}
