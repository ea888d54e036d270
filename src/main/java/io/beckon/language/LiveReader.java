// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.language.JobDefinition.Backend;
import io.beckon.language.JobDefinition.Delivery;
import io.beckon.language.JobDefinition.LiveSettings;
import io.beckon.language.JobDefinition.OutputFormat;
import io.beckon.language.JobDefinition.Outputs;
import io.beckon.language.diagnostics.Located;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.yaml.YamlNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads what {@code job.yaml} says of Kafka: outputs, connection, delivery and state. */
final class LiveReader {
  private static final Pattern TOPIC = Pattern.compile("[a-zA-Z0-9._-]{1,249}");
  private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

  /** What must not stand in a file that everybody may read. */
  private static final Pattern SECRET =
      Pattern.compile(".*(password|jaas\\.config|secret|user\\.info|\\.key)");

  /** What exactly-once delivery, checkpoints and restarts rest on. */
  private static final Set<String> OURS =
      Set.of(
          "acks",
          "auto.offset.reset",
          "bootstrap.servers",
          "client.id",
          "enable.auto.commit",
          "enable.idempotence",
          "group.id",
          "isolation.level",
          "key.deserializer",
          "key.serializer",
          "transactional.id",
          "value.deserializer",
          "value.serializer");

  private final Problems problems;

  LiveReader(Problems problems) {
    this.problems = problems;
  }

  /** Reports what means nothing without topics. */
  static void withoutTopics(Section job, Optional<Section> state, Problems problems) {
    for (String name : List.of("profiles", "outputs", "kafka", "delivery", "redis", "gate")) {
      if (job.has(name)) {
        forTopics(job, name, problems);
      }
    }
    if (state.isPresent() && state.get().has("backend")) {
      forTopics(state.get(), "backend", problems);
    }
  }

  /** Reports a field that means nothing without topics. */
  static void forTopics(Section section, String name, Problems problems) {
    problems.error(
        "BKN-218",
        section.keySpan(name),
        "`" + name + "` is for jobs that read topics, and this one reads files",
        "remove it, or name the topics under `sources`");
  }

  /** The topic of a section that has one. */
  static Optional<Located<String>> topic(Section section, Problems problems) {
    Optional<Located<String>> topic = section.text("topic");
    if (topic.isPresent() && !isTopic(topic.get().value())) {
      problems.error(
          "BKN-219",
          topic.get().span(),
          "`" + topic.get().value() + "` is not a topic's name",
          "a topic's name is made of letters, digits, `.`, `_` and `-`, 249 at most");
      return Optional.empty();
    }
    return topic;
  }

  private static boolean isTopic(String name) {
    return TOPIC.matcher(name).matches() && !name.equals(".") && !name.equals("..");
  }

  /**
   * Reads the settings of a job that reads topics.
   *
   * @param state {@code state}, if it is written
   * @param taken the topics it reads, to which those that are named here are added
   */
  Optional<LiveSettings> read(Section job, Optional<Section> state, String id, Set<String> taken) {
    if (!job.has("kafka") && job.isSound()) {
      problems.error(
          "BKN-218",
          job.keySpan("sources"),
          "`sources` names topics, but `kafka` is missing",
          "add `kafka: {bootstrap_servers: \"localhost:9092\"}`");
    }
    Optional<String> profiles = profiles(job, taken);
    Outputs outputs = outputs(job, id, taken);
    Delivery delivery =
        job.text("delivery").map(Located::value).equals(Optional.of("at_least_once"))
            ? Delivery.AT_LEAST_ONCE
            : Delivery.EXACTLY_ONCE;
    Backend backend =
        state.flatMap(s -> s.text("backend")).map(Located::value).equals(Optional.of("heap"))
            ? Backend.HEAP
            : Backend.ROCKSDB;
    Optional<Section> kafka = job.section("kafka");
    if (kafka.isEmpty()) {
      return Optional.empty();
    }
    Map<String, String> properties = properties(kafka.get());
    Map<String, String> secrets = secrets(kafka.get());
    String group = kafka.get().text("group").map(Located::value).orElse(id);
    boolean create = kafka.get().flag("create_topics", false);
    return kafka
        .get()
        .text("bootstrap_servers")
        .map(
            servers ->
                new LiveSettings(
                    servers.value(),
                    group,
                    create,
                    properties,
                    secrets,
                    outputs,
                    delivery,
                    backend,
                    profiles));
  }

  private Outputs outputs(Section job, String id, Set<String> taken) {
    Optional<Section> outputs = job.section("outputs");
    boolean avro =
        outputs
            .flatMap(section -> section.text("format"))
            .map(Located::value)
            .equals(Optional.of("avro"));
    return new Outputs(
        avro ? OutputFormat.AVRO : OutputFormat.JSON,
        output(outputs, "commands", id, taken),
        output(outputs, "decisions", id, taken),
        output(outputs, "outcomes", id, taken),
        output(outputs, "late", id, taken),
        output(outputs, "dead_letters", id, taken));
  }

  private String output(Optional<Section> outputs, String name, String id, Set<String> taken) {
    return named(outputs.flatMap(section -> section.section(name)), taken)
        .map(Located::value)
        .orElseGet(() -> id + "." + name.replace('_', '-'));
  }

  private Optional<String> profiles(Section job, Set<String> taken) {
    Optional<Section> section = job.section("profiles");
    // There is one so far; any other is reported.
    section.ifPresent(profiles -> profiles.text("format"));
    return named(section, taken).map(Located::value);
  }

  private Optional<Located<String>> named(Optional<Section> of, Set<String> taken) {
    return of.flatMap(section -> topicOfItsOwn(section, taken, problems));
  }

  /**
   * The topic of a section, one that this job has for nothing else.
   *
   * @param taken those it has, to which this is added
   */
  static Optional<Located<String>> topicOfItsOwn(
      Section section, Set<String> taken, Problems problems) {
    Optional<Located<String>> topic = topic(section, problems);
    if (topic.isPresent() && !taken.add(topic.get().value())) {
      problems.error(
          "BKN-219",
          topic.get().span(),
          "`" + topic.get().value() + "` is a topic of this job already",
          "give every source and output a topic of its own");
    }
    return topic;
  }

  private Map<String, String> properties(Section kafka) {
    Map<String, String> properties = new LinkedHashMap<>();
    for (YamlNode.Entry entry : kafka.table("properties")) {
      String name = entry.key().text();
      if (isSecret(name)) {
        // The line of the entry would be shown, and the secret with it.
        problems.error(
            "BKN-220",
            kafka.keySpan("properties"),
            "`" + name + "` is a secret, and definitions are read by many",
            "move it to `secrets`, with the name of the environment variable that holds it");
      } else if (isAllowed(entry)) {
        value(entry, problems).ifPresent(value -> properties.put(name, value.text()));
      }
    }
    return properties;
  }

  private Map<String, String> secrets(Section kafka) {
    Map<String, String> secrets = new LinkedHashMap<>();
    for (YamlNode.Entry entry : kafka.table("secrets")) {
      if (isAllowed(entry)) {
        variable(entry, kafka, "KAFKA_SECRET", problems)
            .ifPresent(variable -> secrets.put(entry.key().text(), variable));
      }
    }
    return secrets;
  }

  /**
   * The environment variable that a secret of {@code secrets} names; empty, with a problem
   * reported, if it is none. What is written may be the secret itself: it is neither repeated nor
   * is its line shown.
   */
  static Optional<String> variable(
      YamlNode.Entry entry, Section section, String example, Problems problems) {
    Optional<YamlNode.Scalar> value = value(entry, problems);
    if (value.isPresent() && !VARIABLE.matcher(value.get().text()).matches()) {
      problems.error(
          "BKN-220",
          section.keySpan("secrets"),
          "`" + entry.key().text() + "` must name an environment variable",
          "write the variable's name, as in `" + entry.key().text() + ": " + example + "`");
      return Optional.empty();
    }
    return value.map(YamlNode.Scalar::text);
  }

  private static boolean isSecret(String name) {
    return SECRET.matcher(name.toLowerCase(Locale.ROOT)).matches();
  }

  private boolean isAllowed(YamlNode.Entry entry) {
    String name = entry.key().text();
    if (!OURS.contains(name)) {
      return true;
    }
    problems.error(
        "BKN-220",
        entry.key().span(),
        "`" + name + "` is set by Beckon",
        name.equals("bootstrap.servers")
            ? "write `bootstrap_servers` beside `properties`"
            : name.equals("group.id") ? "write `group` beside `properties`" : "remove it");
    return false;
  }

  private static Optional<YamlNode.Scalar> value(YamlNode.Entry entry, Problems problems) {
    if (entry.value() instanceof YamlNode.Scalar scalar && !Section.isNothing(scalar)) {
      return Optional.of(scalar);
    }
    problems.error(
        "BKN-122",
        entry.key().span(),
        "a value is expected for `"
            + entry.key().text()
            + "`, not "
            + Section.describe(entry.value()));
    return Optional.empty();
  }
}
