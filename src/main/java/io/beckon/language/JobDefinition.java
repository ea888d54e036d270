// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.calendar.Durations;
import io.beckon.event.Catalogue;
import java.time.ZoneId;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A whole job, checked: what its folder says.
 *
 * @param id names the job in command ids
 * @param signals what triggers share
 * @param sources where events come from, in the author's order; one, or several topics
 * @param live how it runs on Kafka; empty if its source is not topics
 * @param timezone whose midnight counts
 * @param policy what may be sent at all
 * @param retentionMs how long after a user's last event what has no window of its own is known
 * @param models the files of the folder {@code models}, in the order of their names
 * @param redis how to reach Redis, if the job has anything to do with it
 * @param scores which signals are published, if any
 * @param gate what is asked before a command goes out, if anything
 * @param publishes whether it is the job that publishes scores, and decides nothing
 */
public record JobDefinition(
    String id,
    Catalogue catalogue,
    Signals signals,
    TimeSettings time,
    List<SourceDefinition> sources,
    Optional<LiveSettings> live,
    Timezone timezone,
    PolicyDefinition policy,
    long retentionMs,
    List<TriggerDefinition> triggers,
    List<ModelDefinition> models,
    Optional<RedisSettings> redis,
    Optional<ScoreSettings> scores,
    Optional<GateSettings> gate,
    boolean publishes) {

  /** {@code state.retention} where it is not written: 400 days. */
  public static final long DEFAULT_RETENTION_MS = 400 * Durations.DAY_MS;

  public JobDefinition {
    Objects.requireNonNull(id);
    Objects.requireNonNull(signals);
    Objects.requireNonNull(live);
    Objects.requireNonNull(timezone);
    Objects.requireNonNull(policy);
    sources = List.copyOf(sources);
    triggers = List.copyOf(triggers);
    models = List.copyOf(models);
    Objects.requireNonNull(redis);
    Objects.requireNonNull(scores);
    Objects.requireNonNull(gate);
    if (sources.isEmpty()) {
      throw new IllegalArgumentException("a job without a source");
    }
    if (publishes && (scores.isEmpty() || !triggers.isEmpty())) {
      throw new IllegalArgumentException("a job that publishes scores has some, and no triggers");
    }
  }

  /** A job without models, and without Redis. */
  public JobDefinition(
      String id,
      Catalogue catalogue,
      Signals signals,
      TimeSettings time,
      List<SourceDefinition> sources,
      Optional<LiveSettings> live,
      Timezone timezone,
      PolicyDefinition policy,
      long retentionMs,
      List<TriggerDefinition> triggers) {
    this(
        id,
        catalogue,
        signals,
        time,
        sources,
        live,
        timezone,
        policy,
        retentionMs,
        triggers,
        List.of(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        false);
  }

  /** A job whose policy forbids nothing. */
  public JobDefinition(
      String id,
      Catalogue catalogue,
      Signals signals,
      TimeSettings time,
      List<SourceDefinition> sources,
      Optional<LiveSettings> live,
      Timezone timezone,
      long retentionMs,
      List<TriggerDefinition> triggers) {
    this(
        id,
        catalogue,
        signals,
        time,
        sources,
        live,
        timezone,
        PolicyDefinition.none(id),
        retentionMs,
        triggers);
  }

  /** A job of one zone, without signals and policy. */
  public JobDefinition(
      String id,
      Catalogue catalogue,
      TimeSettings time,
      List<SourceDefinition> sources,
      Optional<LiveSettings> live,
      ZoneId zone,
      List<TriggerDefinition> triggers) {
    this(
        id,
        catalogue,
        Signals.none(),
        time,
        sources,
        live,
        Timezone.of(zone),
        DEFAULT_RETENTION_MS,
        triggers);
  }

  /** A job over files, of one zone, without signals. */
  public JobDefinition(
      String id,
      Catalogue catalogue,
      TimeSettings time,
      SourceDefinition source,
      ZoneId zone,
      List<TriggerDefinition> triggers) {
    this(id, catalogue, time, List.of(source), Optional.empty(), zone, triggers);
  }

  /**
   * The zone of the job, {@code policy.timezone.fallback}: {@code active} is in its local dates.
   */
  public ZoneId zone() {
    return timezone.fallback();
  }

  /**
   * The source of a job that has one.
   *
   * @throws IllegalStateException if it has several
   */
  public SourceDefinition source() {
    if (sources.size() > 1) {
      throw new IllegalStateException(id + " has " + sources.size() + " sources");
    }
    return sources.get(0);
  }

  /** Whether a trigger has a goal, so that outcomes are written. */
  public boolean followsGoals() {
    return triggers.stream().anyMatch(trigger -> trigger.goal().isPresent());
  }

  /** The topics that the job writes to; none if it reads files. */
  public List<String> outputTopics() {
    if (live.isEmpty()) {
      return List.of();
    }
    if (publishes) {
      return scores.map(ScoreSettings::topic).stream().toList();
    }
    Outputs outputs = live.get().outputs();
    return outputs.topics().stream()
        .filter(topic -> followsGoals() || !topic.equals(outputs.outcomes()))
        .toList();
  }

  /**
   * The job that publishes the scores: it reads the same, in a group of its own, keeps the signals
   * that are scores, and decides nothing.
   *
   * @throws IllegalArgumentException if there are no scores
   */
  public JobDefinition publishing() {
    return new JobDefinition(
        id,
        catalogue,
        signals,
        time,
        sources,
        live.map(settings -> settings.inGroup(settings.group() + "-scores")),
        timezone,
        PolicyDefinition.none(id),
        retentionMs,
        List.of(),
        models,
        redis,
        scores,
        Optional.empty(),
        true);
  }

  /** The job as a bounded run sees it: its send clock is the moment's time, whatever it says. */
  public JobDefinition replayed() {
    TimeSettings replayed =
        new TimeSettings(
            time.latenessMs,
            time.dedupeMs,
            time.maxAheadMs,
            time.quietAfterMs,
            time.order,
            Clock.REPLAY,
            time.observeFrom,
            time.sendFrom);
    return with(replayed, policy, triggers);
  }

  /** The job under another policy. */
  public JobDefinition withPolicy(PolicyDefinition other) {
    return with(time, other, triggers);
  }

  /** The job with other triggers. */
  public JobDefinition withTriggers(List<TriggerDefinition> others) {
    return with(time, policy, others);
  }

  private JobDefinition with(
      TimeSettings otherTime, PolicyDefinition otherPolicy, List<TriggerDefinition> otherTriggers) {
    return new JobDefinition(
        id,
        catalogue,
        signals,
        otherTime,
        sources,
        live,
        timezone,
        otherPolicy,
        retentionMs,
        otherTriggers,
        models,
        redis,
        scores,
        gate,
        publishes);
  }

  /**
   * Whose midnight counts.
   *
   * @param from the string attribute of the profile that names a user's zone
   * @param fallback the zone of the job, and of users whose own is missing or unknown
   */
  public record Timezone(Optional<String> from, ZoneId fallback) {
    public Timezone {
      Objects.requireNonNull(from);
      Objects.requireNonNull(fallback);
    }

    /** One zone for all. */
    public static Timezone of(ZoneId zone) {
      return new Timezone(Optional.empty(), zone);
    }
  }

  /**
   * How time is kept. All durations in milliseconds.
   *
   * @param latenessMs how far out of order events may come
   * @param dedupeMs how long an event's id is remembered
   * @param maxAheadMs how far ahead of the processing clock an event may be, in live jobs
   * @param quietAfterMs when all sources are taken for quiet, in live jobs
   * @param observeFrom where reading begins, if stated
   * @param sendFrom moments before it are decided {@code WARMING_UP}, if stated
   */
  public record TimeSettings(
      long latenessMs,
      long dedupeMs,
      long maxAheadMs,
      long quietAfterMs,
      Order order,
      Clock clock,
      Optional<ObserveFrom> observeFrom,
      Optional<SendFrom> sendFrom) {
    public TimeSettings {
      Objects.requireNonNull(observeFrom);
      Objects.requireNonNull(sendFrom);
    }

    /** Without warm-up. */
    public TimeSettings(
        long latenessMs,
        long dedupeMs,
        long maxAheadMs,
        long quietAfterMs,
        Order order,
        Clock clock) {
      this(
          latenessMs,
          dedupeMs,
          maxAheadMs,
          quietAfterMs,
          order,
          clock,
          Optional.empty(),
          Optional.empty());
    }
  }

  /** Where a job begins to read. */
  public sealed interface ObserveFrom {
    /** At the first event there is. */
    record Earliest() implements ObserveFrom {}

    /** At the first event at or after a time. */
    record At(long timeMs) implements ObserveFrom {}
  }

  /** From when on a job sends. */
  public sealed interface SendFrom {
    /** From the instant of the processing clock at which the job first starts. */
    record Now() implements SendFrom {}

    /** From a time. */
    record At(long timeMs) implements SendFrom {}
  }

  /** The order in which a user's events are taken. */
  public enum Order {
    /** By (time, id), once the watermark has passed them. */
    SETTLED,
    /** As they come. */
    ARRIVAL
  }

  /** The send clock. */
  public enum Clock {
    /** The processing clock. */
    LIVE,
    /** The moment's time. */
    REPLAY
  }

  /** The formats of records. */
  public enum Format {
    /** One JSON object a line of a file, or a record of a topic. */
    JSONL,
    /** Comma-separated, with a header. */
    CSV,
    /** A record of a topic in Avro's binary encoding. */
    AVRO
  }

  /**
   * A source of events and how its records are read.
   *
   * @param name what the author calls it; empty for files
   * @param topic where its records are; empty for files
   * @param mapping empty: records are canonical, {@code {"id", "type", "user", "time",
   *     "attributes"}}
   * @param avro there if and only if the format is Avro
   */
  public record SourceDefinition(
      String name,
      Optional<String> topic,
      Format format,
      IdRule id,
      Optional<Mapping> mapping,
      Optional<AvroSource> avro) {
    public SourceDefinition {
      Objects.requireNonNull(name);
      Objects.requireNonNull(topic);
      Objects.requireNonNull(format);
      Objects.requireNonNull(id);
      Objects.requireNonNull(mapping);
      if (avro.isPresent() != (format == Format.AVRO)) {
        throw new IllegalArgumentException("the format is " + format + ", the schemas " + avro);
      }
    }

    /** A source whose records need no schema. */
    public SourceDefinition(
        String name, Optional<String> topic, Format format, IdRule id, Optional<Mapping> mapping) {
      this(name, topic, format, id, mapping, Optional.empty());
    }

    /** A source in files. */
    public SourceDefinition(Format format, IdRule id, Optional<Mapping> mapping) {
      this("", Optional.empty(), format, id, mapping);
    }
  }

  /**
   * How a record in Avro is framed, and what it may be written with.
   *
   * @param schemas at least one; of {@link Framing#PLAIN} exactly one
   */
  public record AvroSource(Framing framing, List<WriterSchema> schemas) {
    public AvroSource {
      Objects.requireNonNull(framing);
      schemas = List.copyOf(schemas);
      if (schemas.isEmpty() || (framing == Framing.PLAIN && schemas.size() > 1)) {
        throw new IllegalArgumentException(framing + " with " + schemas.size() + " schemas");
      }
    }
  }

  /** What stands before the body of a record in Avro. */
  public enum Framing {
    /** Nothing: all records are of one schema. */
    PLAIN,
    /** Avro's single-object encoding: two bytes and the CRC-64-AVRO fingerprint of the schema. */
    SINGLE_OBJECT,
    /** A zero and the schema's id in four bytes, as the clients of Confluent's registry write. */
    CONFLUENT
  }

  /**
   * A schema that records are written with.
   *
   * @param id its id in the registry; of {@link Framing#CONFLUENT} only
   * @param path its file, as shown to the author
   * @param text its JSON
   */
  public record WriterSchema(OptionalInt id, String path, String text) {
    public WriterSchema {
      Objects.requireNonNull(id);
      Objects.requireNonNull(path);
      Objects.requireNonNull(text);
    }
  }

  /** Where an event's id comes from. */
  public sealed interface IdRule {
    /** A hash of what the event says. */
    record Content() implements IdRule {}

    /** The file's name and the record's number in it. */
    record Row() implements IdRule {}

    /** The record's topic, partition and offset. */
    record Offset() implements IdRule {}

    /** A field of the raw record, by path. */
    record Field(String name) implements IdRule {}
  }

  /**
   * How a job runs on Kafka.
   *
   * @param bootstrapServers brokers to begin with, separated by commas
   * @param group the consumer group's id
   * @param createTopics whether topics that are missing are created
   * @param properties of every client, beside those that the job sets itself
   * @param secrets properties of every client, and the environment variables that hold their values
   * @param profiles the topic of users' profiles
   */
  public record LiveSettings(
      String bootstrapServers,
      String group,
      boolean createTopics,
      Map<String, String> properties,
      Map<String, String> secrets,
      Outputs outputs,
      Delivery delivery,
      Backend backend,
      Optional<String> profiles) {
    public LiveSettings {
      Objects.requireNonNull(bootstrapServers);
      Objects.requireNonNull(group);
      Objects.requireNonNull(outputs);
      Objects.requireNonNull(delivery);
      Objects.requireNonNull(backend);
      Objects.requireNonNull(profiles);
      properties = Map.copyOf(properties);
      // In the author's order, in which they are asked for.
      secrets = Collections.unmodifiableMap(new LinkedHashMap<>(secrets));
    }

    LiveSettings inGroup(String other) {
      return new LiveSettings(
          bootstrapServers,
          other,
          createTopics,
          properties,
          secrets,
          outputs,
          delivery,
          backend,
          profiles);
    }
  }

  /** The topics that results go to, and how they are written there. */
  public record Outputs(
      OutputFormat format,
      String commands,
      String decisions,
      String outcomes,
      String late,
      String deadLetters) {
    public Outputs {
      Objects.requireNonNull(format);
      Objects.requireNonNull(commands);
      Objects.requireNonNull(decisions);
      Objects.requireNonNull(outcomes);
      Objects.requireNonNull(late);
      Objects.requireNonNull(deadLetters);
    }

    /** Topics of JSON. */
    public Outputs(
        String commands, String decisions, String outcomes, String late, String deadLetters) {
      this(OutputFormat.JSON, commands, decisions, outcomes, late, deadLetters);
    }

    /** All of them; outcomes come only of a job that {@link #followsGoals follows goals}. */
    public List<String> topics() {
      return List.of(commands, decisions, outcomes, late, deadLetters);
    }
  }

  /** The formats of results in topics. */
  public enum OutputFormat {
    /** A line of JSON each. */
    JSON,
    /** Avro's single-object encoding, by the schemas that Beckon publishes. */
    AVRO
  }

  /** What readers of the outputs may see after a failure. */
  public enum Delivery {
    /** Every record once, with the checkpoint it belongs to. */
    EXACTLY_ONCE,
    /** Every record at once; after a failure some again. */
    AT_LEAST_ONCE
  }

  /** Where the state of a live job is kept. */
  public enum Backend {
    /** In memory. */
    HEAP,
    /** On local disk. */
    ROCKSDB
  }

  /**
   * How to reach Redis.
   *
   * @param tls whether the connection is encrypted
   * @param truststore the path of a PKCS12 file with the certificates to trust; without it those of
   *     the Java runtime
   * @param secrets of {@code user}, {@code password} and {@code truststore_password} those that are
   *     there, and the environment variables that hold their values
   * @param timeLimitMs to connect, and to answer
   */
  public record RedisSettings(
      String host,
      int port,
      boolean tls,
      Optional<String> truststore,
      Map<String, String> secrets,
      long timeLimitMs) {
    public RedisSettings {
      Objects.requireNonNull(host);
      Objects.requireNonNull(truststore);
      // In the author's order, in which they are asked for.
      secrets = Collections.unmodifiableMap(new LinkedHashMap<>(secrets));
    }
  }

  /**
   * Which signals are published.
   *
   * @param signals their names, at least one, in the author's order
   * @param topic where to, in live jobs
   * @param activeForMs how long after a user's last event a day's close is worth a record
   * @param redis where in Redis, if there
   */
  public record ScoreSettings(
      List<String> signals, String topic, long activeForMs, Optional<ScoreRedis> redis) {
    public ScoreSettings {
      Objects.requireNonNull(topic);
      Objects.requireNonNull(redis);
      signals = List.copyOf(signals);
      if (signals.isEmpty()) {
        throw new IllegalArgumentException("scores of no signal");
      }
    }
  }

  /**
   * Where a user's scores are in Redis.
   *
   * @param key with {@code {user}}, perhaps {@code {job}}
   * @param ttlMs how long they are there after they were written
   */
  public record ScoreRedis(String key, long ttlMs) {
    public ScoreRedis {
      Objects.requireNonNull(key);
    }
  }

  /**
   * What is asked before a command goes out.
   *
   * @param keys those of Redis that stop it if they exist, with {@code {job}}, {@code {user}},
   *     {@code {trigger}}, {@code {lane}}, {@code {channel}} and {@code {kind}} in them; one with
   *     {@code {user}} is an opt-out, one without a pause
   * @param sendWhenAway whether what cannot be asked is sent
   * @param timeLimitMs for the answer to one batch
   * @param batch how many commands are asked about at once, at most
   * @param breakerAfter after so many failed batches in a row nothing is asked
   * @param breakerForMs for so long
   */
  public record GateSettings(
      List<String> keys,
      boolean sendWhenAway,
      long timeLimitMs,
      int batch,
      int breakerAfter,
      long breakerForMs) {
    public GateSettings {
      keys = List.copyOf(keys);
      if (keys.isEmpty()) {
        throw new IllegalArgumentException("a gate without keys");
      }
    }
  }
}
