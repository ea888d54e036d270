// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.calendar.Durations;
import io.beckon.event.AttributeType;
import io.beckon.language.JobDefinition.GateSettings;
import io.beckon.language.JobDefinition.RedisSettings;
import io.beckon.language.JobDefinition.ScoreRedis;
import io.beckon.language.JobDefinition.ScoreSettings;
import io.beckon.language.diagnostics.Located;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.diagnostics.Suggestions;
import io.beckon.language.yaml.YamlNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads what {@code job.yaml} says of Redis, of published scores and of the gate. */
final class RedisReader {
  private static final Pattern ADDRESS =
      Pattern.compile("(\\[[0-9A-Fa-f:.]+]|[A-Za-z0-9._-]+):([0-9]{1,5})");
  private static final Pattern PLACEHOLDER = Pattern.compile("\\{([^{}]*)}|[{}]");
  private static final List<String> SECRETS = List.of("user", "password", "truststore_password");
  private static final List<String> OF_SCORES = List.of("job", "user");
  private static final List<String> OF_COMMANDS =
      List.of("job", "user", "trigger", "lane", "channel", "kind");

  private final Vocabulary vocabulary;
  private final Problems problems;

  RedisReader(Vocabulary vocabulary, Problems problems) {
    this.vocabulary = vocabulary;
    this.problems = problems;
  }

  /** What it says; each empty if it is not there, or has problems, reported. */
  record Read(
      Optional<RedisSettings> redis, Optional<ScoreSettings> scores, Optional<GateSettings> gate) {
    static Read nothing() {
      return new Read(Optional.empty(), Optional.empty(), Optional.empty());
    }
  }

  /**
   * Reads them.
   *
   * @param taken the topics that the job has already; empty: it reads files
   */
  Read read(Section job, String id, Optional<Set<String>> taken) {
    boolean live = taken.isPresent();
    Optional<Section> redis = job.section("redis");
    Optional<Section> scores = job.section("scores");
    Optional<Section> gate = job.section("gate");
    Optional<RedisSettings> settings = redis.flatMap(this::redis);
    Optional<ScoreSettings> published = scores.flatMap(of -> scores(of, id, taken));
    Optional<GateSettings> asked = gate.flatMap(this::gate);
    if (live && !job.has("redis")) {
      if (job.has("gate")) {
        without(job, "gate", "gate");
      }
      scores.filter(of -> of.has("redis")).ifPresent(of -> without(of, "redis", "scores.redis"));
    }
    boolean written = scores.isPresent() && scores.get().has("redis");
    if (live && job.has("redis") && !job.has("gate") && !written) {
      problems.warning(
          "BKN-715",
          job.keySpan("redis"),
          "nothing goes to Redis, and nothing is asked of it",
          "add `scores: {redis: …}` or `gate: …`, or remove it");
    }
    return new Read(settings, published, asked);
  }

  private void without(Section section, String name, String path) {
    problems.error(
        "BKN-250",
        section.keySpan(name),
        "`" + path + "` needs Redis, and the job does not say where it is",
        "add `redis: {address: \"localhost:6379\"}` to job.yaml");
  }

  private Optional<RedisSettings> redis(Section section) {
    Optional<Located<String>> address = section.text("address");
    Optional<Matcher> parts =
        address.map(text -> ADDRESS.matcher(text.value())).filter(Matcher::matches);
    int port = parts.map(of -> Integer.parseInt(of.group(2))).orElse(0);
    if (address.isPresent() && (port < 1 || port > 65_535)) {
      problems.error(
          "BKN-251",
          address.get().span(),
          "`" + address.get().value() + "` is not a host and a port",
          "write both, as in `address: \"localhost:6379\"`");
    }
    boolean tls = section.flag("tls", false);
    Optional<String> truststore = section.text("truststore").map(Located::value);
    if (truststore.isPresent() && !tls) {
      problems.error(
          "BKN-136",
          section.keySpan("truststore"),
          "`truststore` needs `tls: true`",
          "without it nothing is encrypted, and nobody's certificate is looked at");
    }
    Map<String, String> secrets = secrets(section);
    long timeLimitMs = section.duration("time_limit").orElse(1_000);
    if (port < 1 || port > 65_535) {
      return Optional.empty();
    }
    String host = parts.orElseThrow().group(1);
    return Optional.of(
        new RedisSettings(
            host.startsWith("[") ? host.substring(1, host.length() - 1) : host,
            port,
            tls,
            truststore,
            secrets,
            timeLimitMs));
  }

  private Map<String, String> secrets(Section redis) {
    Map<String, String> secrets = new LinkedHashMap<>();
    Set<String> written = new HashSet<>();
    for (YamlNode.Entry entry : redis.table("secrets")) {
      String name = entry.key().text();
      written.add(Suggestions.closest(name, SECRETS).orElse(name));
      if (!SECRETS.contains(name)) {
        // What stands beside it may be a secret in clear: its line is not shown.
        problems.error(
            "BKN-120",
            redis.keySpan("secrets"),
            "unknown field `" + name + "` of `secrets`",
            Section.suggest(name, SECRETS, "the fields are "));
      } else {
        LiveReader.variable(entry, redis, "REDIS_SECRET", problems)
            .ifPresent(variable -> secrets.put(name, variable));
      }
    }
    needs(redis, written, "user", written.contains("password"), "password");
    needs(redis, written, "truststore_password", redis.has("truststore"), "truststore");
    return secrets;
  }

  private void needs(
      Section redis, Set<String> written, String name, boolean there, String needed) {
    if (written.contains(name) && !there) {
      problems.error(
          "BKN-136",
          redis.keySpan("secrets"),
          "`" + name + "` needs `" + needed + "`",
          "add it, or remove `" + name + "`");
    }
  }

  private Optional<ScoreSettings> scores(Section section, String id, Optional<Set<String>> taken) {
    List<String> signals = signals(section);
    if (taken.isEmpty()) {
      for (String name : List.of("topic", "redis")) {
        if (section.has(name)) {
          LiveReader.forTopics(section, name, problems);
        }
      }
    }
    Optional<Located<String>> topic =
        LiveReader.topicOfItsOwn(section, taken.orElseGet(HashSet::new), problems);
    long activeForMs = section.duration("active_for").orElse(90 * Durations.DAY_MS);
    Optional<ScoreRedis> redis =
        section
            .section("redis")
            .map(
                of ->
                    new ScoreRedis(
                        of.text("key")
                            .flatMap(key -> key(key, OF_SCORES, true))
                            .orElse("beckon:{job}:{user}"),
                        of.duration("ttl").orElse(30 * Durations.DAY_MS)));
    return signals.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new ScoreSettings(
                signals,
                topic.map(Located::value).orElseGet(() -> id + ".scores"),
                activeForMs,
                redis));
  }

  private List<String> signals(Section section) {
    List<String> signals = new ArrayList<>();
    for (Located<String> name : section.texts("signals", "[churn]")) {
      Optional<Integer> slot = vocabulary.signal(name, problems);
      if (name.value().equals("time") && section.has("redis")) {
        problems.error(
            "BKN-254",
            name.span(),
            "`time` is the field of the hash in Redis that says when",
            "call the signal something else");
      }
      if (slot.isPresent()) {
        AttributeType type = vocabulary.signals().type().attribute(slot.get()).type();
        if (type == AttributeType.STRING_LIST || type == AttributeType.INT_LIST) {
          problems.error(
              "BKN-253",
              name.span(),
              "`" + name.value() + "` is " + type.text() + ", and no list is published",
              "name a signal that is one number, duration, time, text or truth value");
        }
        signals.add(name.value());
      }
    }
    return signals;
  }

  private Optional<GateSettings> gate(Section section) {
    List<String> keys = new ArrayList<>();
    for (Located<String> key : section.texts("stop_if_exists", "[\"beckon:optout:{user}\"]")) {
      key(key, OF_COMMANDS, false).ifPresent(keys::add);
    }
    Optional<Located<String>> whenAway = section.text("when_away");
    long timeLimitMs = section.duration("time_limit").orElse(100);
    int batch = section.whole("batch").orElse(100);
    Optional<Section> breaker = section.section("breaker");
    int after = breaker.flatMap(of -> of.whole("after")).orElse(5);
    long forMs =
        breaker
            .map(of -> of.duration("for"))
            .filter(of -> of.isPresent())
            .map(of -> of.getAsLong())
            .orElse(10_000L);
    return keys.isEmpty() || whenAway.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new GateSettings(
                keys, whenAway.get().value().equals("send"), timeLimitMs, batch, after, forMs));
  }

  /** A key whose placeholders are known; empty, with a problem reported, if it is none. */
  private Optional<String> key(Located<String> text, List<String> allowed, boolean ofOneUser) {
    boolean sound = true;
    Set<String> names = new HashSet<>();
    Matcher matcher = PLACEHOLDER.matcher(text.value());
    while (matcher.find()) {
      String name = matcher.group(1);
      if (name == null) {
        problems.error(
            "BKN-252",
            text.span(),
            "a brace of `" + text.value() + "` is not closed, or not opened",
            "write placeholders as in `{user}`");
        return Optional.empty();
      }
      names.add(name);
      if (!allowed.contains(name)) {
        sound = false;
        problems.error(
            "BKN-252",
            text.span(),
            "unknown placeholder `{" + name + "}`",
            Section.suggest(name, allowed, "here may stand "));
      }
    }
    if (sound && ofOneUser && !names.contains("user")) {
      problems.error(
          "BKN-252",
          text.span(),
          "all users would have the key `" + text.value() + "`",
          "put `{user}` into it");
      return Optional.empty();
    }
    return sound ? Optional.of(text.value()) : Optional.empty();
  }
}
