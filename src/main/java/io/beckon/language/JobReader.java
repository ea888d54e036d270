// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.event.Attribute;
import io.beckon.event.AttributeType;
import io.beckon.event.EventType;
import io.beckon.event.RecordType;
import io.beckon.language.FieldType.Form;
import io.beckon.language.JobDefinition.AvroSource;
import io.beckon.language.JobDefinition.Clock;
import io.beckon.language.JobDefinition.Format;
import io.beckon.language.JobDefinition.IdRule;
import io.beckon.language.JobDefinition.LiveSettings;
import io.beckon.language.JobDefinition.ObserveFrom;
import io.beckon.language.JobDefinition.Order;
import io.beckon.language.JobDefinition.SendFrom;
import io.beckon.language.JobDefinition.SourceDefinition;
import io.beckon.language.JobDefinition.TimeSettings;
import io.beckon.language.Mapping.AttributeMapping;
import io.beckon.language.diagnostics.Located;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.expression.Expression;
import io.beckon.language.expression.ExpressionCompiler;
import io.beckon.language.expression.Scope;
import io.beckon.language.yaml.YamlNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** Reads {@code job.yaml}. */
final class JobReader {
  private static final long SECOND_MS = 1_000;
  private static final long MINUTE_MS = 60 * SECOND_MS;
  private static final long HOUR_MS = 60 * MINUTE_MS;
  private static final TimeSettings DEFAULT_TIME = time(10 * SECOND_MS, OptionalLong.empty());

  private final Vocabulary vocabulary;
  private final SchemaFiles schemas;
  private final Problems problems;

  private JobReader(Vocabulary vocabulary, SchemaFiles schemas, Problems problems) {
    this.vocabulary = vocabulary;
    this.schemas = schemas;
    this.problems = problems;
  }

  /** What {@code job.yaml} says; without an id or sources if there are problems with them. */
  record Job(
      Optional<String> id,
      TimeSettings time,
      List<SourceDefinition> sources,
      Optional<LiveSettings> live,
      long retentionMs,
      RedisReader.Read redis) {
    Job {
      sources = List.copyOf(sources);
    }

    /** In place of a job that could not be read. */
    static Job unknown() {
      return new Job(
          Optional.empty(),
          DEFAULT_TIME,
          List.of(),
          Optional.empty(),
          JobDefinition.DEFAULT_RETENTION_MS,
          RedisReader.Read.nothing());
    }
  }

  static Job read(Section job, Vocabulary vocabulary, SchemaFiles schemas, Problems problems) {
    JobReader reader = new JobReader(vocabulary, schemas, problems);
    Optional<String> id = job.text("id").map(Located::value);
    TimeSettings time = job.section("time").map(reader::time).orElse(DEFAULT_TIME);
    Optional<Section> state = job.section("state");
    long retentionMs =
        state
            .map(s -> s.duration("retention"))
            .orElseGet(OptionalLong::empty)
            .orElse(JobDefinition.DEFAULT_RETENTION_MS);
    if (job.has("sources")) {
      if (job.has("source")) {
        problems.error(
            "BKN-217",
            job.keySpan("source"),
            "events come from `source` or from `sources`, not from both",
            "keep `source` for files, or `sources` for topics");
      }
      List<SourceDefinition> sources = reader.topics(job);
      Set<String> taken = topics(sources);
      Optional<LiveSettings> live = new LiveReader(problems).read(job, state, id.orElse(""), taken);
      RedisReader.Read redis = reader.redis(job, id.orElse(""), Optional.of(taken));
      return new Job(id, time, sources, live, retentionMs, redis);
    }
    LiveReader.withoutTopics(job, state, problems);
    if (!job.has("source") && job.isSound()) {
      problems.error(
          "BKN-217",
          job.span(),
          "where events come from is missing",
          "add `source: …` for files, or `sources: …` for topics");
    }
    List<SourceDefinition> source =
        job.section("source").flatMap(s -> reader.source(s, false)).stream().toList();
    RedisReader.Read redis = reader.redis(job, id.orElse(""), Optional.empty());
    return new Job(id, time, source, Optional.empty(), retentionMs, redis);
  }

  private RedisReader.Read redis(Section job, String id, Optional<Set<String>> taken) {
    return new RedisReader(vocabulary, problems).read(job, id, taken);
  }

  private static Set<String> topics(List<SourceDefinition> sources) {
    Set<String> topics = new HashSet<>();
    sources.forEach(source -> source.topic().ifPresent(topics::add));
    return topics;
  }

  /** The named sources; those with problems are left out. */
  private List<SourceDefinition> topics(Section job) {
    List<SourceDefinition> sources = new ArrayList<>();
    Set<String> topics = new HashSet<>();
    List<YamlNode.Entry> entries = job.table("sources");
    if (entries.isEmpty()) {
      problems.error(
          "BKN-217", job.keySpan("sources"), "`sources` names no source", "name one, as `events`");
    }
    for (YamlNode.Entry entry : entries) {
      String name = entry.key().text();
      boolean named = Section.word(name, Form.ID, entry.key().span(), problems);
      Optional<Section> section =
          Section.of(entry.value(), Shapes.TOPIC_SOURCE, entry.key().span(), problems);
      if (section.isEmpty()) {
        continue;
      }
      Optional<Located<String>> topic = LiveReader.topic(section.get(), problems);
      if (topic.isPresent() && !topics.add(topic.get().value())) {
        problems.error(
            "BKN-219",
            topic.get().span(),
            "another source reads `" + topic.get().value() + "` already",
            "read a topic once; `map.types` tells its event types apart");
      }
      Optional<SourceDefinition> source = source(section.get(), true);
      if (named && topic.isPresent() && source.isPresent()) {
        sources.add(
            new SourceDefinition(
                name,
                topic.map(Located::value),
                source.get().format(),
                source.get().id(),
                source.get().mapping(),
                source.get().avro()));
      }
    }
    return sources;
  }

  private static TimeSettings time(long latenessMs, OptionalLong dedupeMs) {
    return new TimeSettings(
        latenessMs,
        dedupeMs.orElse(latenessMs + HOUR_MS),
        10 * MINUTE_MS,
        30 * SECOND_MS,
        Order.SETTLED,
        Clock.LIVE);
  }

  private TimeSettings time(Section section) {
    TimeSettings base =
        time(
            section.duration("lateness").orElse(DEFAULT_TIME.latenessMs()),
            section.duration("dedupe"));
    if (base.dedupeMs() < base.latenessMs()) {
      problems.warning(
          "BKN-408",
          section.keySpan("dedupe"),
          "`dedupe` is shorter than `lateness`: a copy within the lateness may count twice",
          "leave `dedupe` out, or make it longer than `lateness`");
    }
    Optional<ObserveFrom> observeFrom = observeFrom(section);
    Optional<SendFrom> sendFrom = sendFrom(section);
    if (observeFrom.orElse(null) instanceof ObserveFrom.At observe
        && sendFrom.orElse(null) instanceof SendFrom.At send
        && send.timeMs() < observe.timeMs()) {
      problems.error(
          "BKN-410",
          section.keySpan("send_from"),
          "`send_from` is before `observe_from`",
          "what is sent rests on what was observed before: swap them, or leave `send_from` out");
    }
    Optional<String> order = section.text("order").map(Located::value);
    Optional<String> clock = section.text("clock").map(Located::value);
    return new TimeSettings(
        base.latenessMs(),
        base.dedupeMs(),
        section.duration("max_ahead").orElse(base.maxAheadMs()),
        section.duration("quiet_after").orElse(base.quietAfterMs()),
        order.equals(Optional.of("arrival")) ? Order.ARRIVAL : Order.SETTLED,
        clock.equals(Optional.of("replay")) ? Clock.REPLAY : Clock.LIVE,
        observeFrom,
        sendFrom);
  }

  /**
   * The time a field names; empty, with a problem reported, if it is neither that nor {@code word}.
   */
  private OptionalLong instant(Located<String> text, String word) {
    OptionalLong instant = Scalars.instant(text.value());
    if (instant.isEmpty()) {
      problems.error(
          "BKN-410",
          text.span(),
          "`" + text.value() + "` is neither `" + word + "` nor a time",
          "write `" + word + "`, or a time with its offset, as in `2026-03-29T08:00:00+02:00`");
    }
    return instant;
  }

  private Optional<ObserveFrom> observeFrom(Section section) {
    Optional<Located<String>> text = section.text("observe_from");
    if (text.isPresent() && !text.get().value().equals("earliest")) {
      OptionalLong from = instant(text.get(), "earliest");
      return from.isEmpty() ? Optional.empty() : Optional.of(new ObserveFrom.At(from.getAsLong()));
    }
    return text.map(earliest -> new ObserveFrom.Earliest());
  }

  private Optional<SendFrom> sendFrom(Section section) {
    Optional<Located<String>> text = section.text("send_from");
    if (text.isPresent() && !text.get().value().equals("now")) {
      OptionalLong from = instant(text.get(), "now");
      return from.isEmpty() ? Optional.empty() : Optional.of(new SendFrom.At(from.getAsLong()));
    }
    return text.map(now -> new SendFrom.Now());
  }

  private Optional<SourceDefinition> source(Section section, boolean topic) {
    Format read = format(section, topic);
    Optional<AvroSource> avro =
        topic ? AvroSourceReader.read(section, read, schemas) : Optional.empty();
    Raw raw = raw(section, read);
    Optional<Located<String>> id = section.text("id");
    if (section.has("record") != section.has("map")) {
      boolean record = section.has("record");
      problems.error(
          "BKN-214",
          section.keySpan(record ? "record" : "map"),
          record ? "`record` is here, but `map` is not" : "`map` is here, but `record` is not",
          "write both, or neither if records are events as they are");
      return Optional.empty();
    }
    if (!section.has("map") && read == Format.CSV) {
      problems.error(
          "BKN-214",
          section.keySpan("format"),
          "CSV needs `record` and `map`",
          "say what the columns are and how they become an event");
    }
    Optional<IdRule> rule = idRule(id, section.has("map"), raw, topic);
    Optional<Mapping> mapping = section.section("map").flatMap(map -> mapping(map, raw));
    boolean complete =
        mapping.isPresent() == section.has("map")
            && avro.isPresent() == (read == Format.AVRO)
            && rule.isPresent();
    return complete
        ? Optional.of(new SourceDefinition("", Optional.empty(), read, rule.get(), mapping, avro))
        : Optional.empty();
  }

  private Format format(Section source, boolean topic) {
    if (!topic
        && source.node("format").orElse(null) instanceof YamlNode.Scalar scalar
        && scalar.text().equals("avro")) {
      problems.error(
          "BKN-230",
          scalar.span(),
          "`format: avro` is for topics, and this job reads files",
          "write `jsonl` or `csv`, or name the topic under `sources`");
      return Format.JSONL;
    }
    return switch (source.text("format").map(Located::value).orElse("")) {
      case "csv" -> Format.CSV;
      case "avro" -> Format.AVRO;
      default -> Format.JSONL;
    };
  }

  /** The declared fields of a raw record; {@code sound} if all could be read. */
  private record Raw(RecordType type, List<List<String>> paths, boolean sound) {}

  private Raw raw(Section source, Format format) {
    List<Attribute> fields = new ArrayList<>();
    List<List<String>> paths = new ArrayList<>();
    boolean sound = source.node("record").orElse(null) instanceof YamlNode.Mapping;
    for (YamlNode.Entry entry : source.table("record")) {
      String name = entry.key().text();
      boolean named = Section.word(name, Form.NAME, entry.key().span(), problems);
      String path = name;
      Optional<AttributeType> type;
      if (entry.value() instanceof YamlNode.Mapping) {
        Optional<Section> field =
            Section.of(entry.value(), Shapes.RAW_FIELD, entry.key().span(), problems);
        path = field.flatMap(f -> f.text("path")).map(Located::value).orElse(name);
        type = field.flatMap(f -> f.scalar("type")).flatMap(t -> EventsReader.type(t, problems));
      } else {
        type = EventsReader.type(entry.value(), problems);
      }
      if (named && type.isPresent()) {
        fields.add(Attribute.optional(name, type.get()));
        // A column may have a dot in its name.
        paths.add(format == Format.CSV ? List.of(path) : List.of(path.split("\\.", -1)));
      } else {
        sound = false;
      }
    }
    return new Raw(RecordType.of("raw", fields), paths, sound);
  }

  private Optional<IdRule> idRule(
      Optional<Located<String>> id, boolean mapped, Raw raw, boolean topic) {
    String place = topic ? "offset" : "row";
    String name = id.map(Located::value).orElse("content");
    if (id.isEmpty() || name.equals("content")) {
      return Optional.of(new IdRule.Content());
    }
    if (name.equals(place)) {
      return Optional.of(topic ? new IdRule.Offset() : new IdRule.Row());
    }
    List<String> fields = mapped ? Vocabulary.names(raw.type()) : List.of("id");
    if (fields.contains(name)) {
      return Optional.of(new IdRule.Field(name));
    }
    if (!mapped || raw.sound()) {
      List<String> allowed = new ArrayList<>(List.of("content", place));
      allowed.addAll(fields);
      problems.error(
          "BKN-211",
          id.get().span(),
          "`record` has no field `" + name + "`",
          Section.suggest(name, allowed, "write one of "));
    }
    return Optional.empty();
  }

  private Optional<Mapping> mapping(Section map, Raw raw) {
    Map<String, String> types = types(map);
    Optional<Located<String>> type = map.text("type");
    Optional<Located<String>> user = map.text("user");
    Optional<Located<String>> time = map.text("time");
    if (!raw.sound()) {
      return Optional.empty();
    }
    ExpressionCompiler compiler = new ExpressionCompiler(Scope.raw(raw.type()));
    Optional<Expression> typeValue =
        type.flatMap(text -> compiler.value(text, AttributeType.STRING, problems));
    Optional<Expression> userValue =
        user.flatMap(text -> compiler.value(text, AttributeType.STRING, problems));
    Optional<Expression> timeValue =
        time.flatMap(text -> compiler.value(text, AttributeType.TIMESTAMP, problems));
    List<AttributeMapping> attributes = new ArrayList<>();
    for (YamlNode.Entry entry : map.table("attributes")) {
      attributes.addAll(attribute(entry, compiler));
    }
    if (typeValue.isEmpty() || userValue.isEmpty() || timeValue.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Mapping(
            raw.type(),
            raw.paths(),
            typeValue.get(),
            types,
            userValue.get(),
            timeValue.get(),
            attributes));
  }

  private Map<String, String> types(Section map) {
    Map<String, String> types = new LinkedHashMap<>();
    for (YamlNode.Entry entry : map.table("types")) {
      if (entry.value() instanceof YamlNode.Scalar to && !Section.isNothing(to)) {
        Located<String> name = new Located<>(to.text(), to.span());
        vocabulary
            .type(name, problems)
            .ifPresent(type -> types.put(entry.key().text(), type.name()));
      } else {
        problems.error(
            "BKN-122",
            entry.key().span(),
            "an event type is expected for `" + entry.key().text() + "`");
      }
    }
    return types;
  }

  private List<AttributeMapping> attribute(YamlNode.Entry entry, ExpressionCompiler compiler) {
    String name = entry.key().text();
    if (!(entry.value() instanceof YamlNode.Scalar scalar) || Section.isNothing(scalar)) {
      problems.error(
          "BKN-122",
          entry.key().span(),
          "an expression is expected for `" + name + "`, not " + Section.describe(entry.value()));
      return List.of();
    }
    List<EventType> having =
        vocabulary.catalogue().types().stream()
            .filter(type -> type.record().indexOf(name) >= 0)
            .toList();
    if (having.isEmpty() && vocabulary.isComplete()) {
      List<String> all =
          vocabulary.catalogue().types().stream()
              .flatMap(type -> Vocabulary.names(type.record()).stream())
              .distinct()
              .toList();
      problems.error(
          "BKN-202",
          entry.key().span(),
          "no event type has an attribute `" + name + "`",
          Section.suggest(name, all, "there are "));
    }
    return fill(new Located<>(scalar.text(), scalar.span()), name, having, compiler);
  }

  /** Compiles one expression for the attribute of every event type that has it. */
  private List<AttributeMapping> fill(
      Located<String> text, String name, List<EventType> having, ExpressionCompiler compiler) {
    List<AttributeMapping> mappings = new ArrayList<>();
    Map<AttributeType, Problems> failed = new LinkedHashMap<>();
    for (EventType type : having) {
      int slot = type.record().indexOf(name);
      AttributeType target = type.record().attribute(slot).type();
      Problems own = new Problems();
      compiler
          .value(text, target, own)
          .ifPresentOrElse(
              value -> mappings.add(new AttributeMapping(type, slot, value)),
              () -> failed.put(target, own));
    }
    if (mappings.isEmpty()) {
      failed.values().stream().findFirst().ifPresent(problems::addAll);
    } else if (!failed.isEmpty()) {
      AttributeMapping fits = mappings.get(0);
      problems.error(
          "BKN-204",
          text.span(),
          "`"
              + name
              + "` is "
              + fits.type().record().attribute(fits.slot()).type().text()
              + " in `"
              + fits.type().name()
              + "`, but "
              + failed.keySet().iterator().next().text()
              + " in another event type",
          "give it one type in events.yaml, or two names");
    }
    return mappings;
  }
}
