// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import static io.beckon.language.Field.optional;
import static io.beckon.language.Field.required;

import io.beckon.calendar.Durations;
import io.beckon.language.FieldType.Anything;
import io.beckon.language.FieldType.Cel;
import io.beckon.language.FieldType.Choice;
import io.beckon.language.FieldType.Date;
import io.beckon.language.FieldType.Days;
import io.beckon.language.FieldType.Decimal;
import io.beckon.language.FieldType.Duration;
import io.beckon.language.FieldType.EventName;
import io.beckon.language.FieldType.EventNames;
import io.beckon.language.FieldType.Flag;
import io.beckon.language.FieldType.Form;
import io.beckon.language.FieldType.Interval;
import io.beckon.language.FieldType.Moment;
import io.beckon.language.FieldType.Names;
import io.beckon.language.FieldType.Nested;
import io.beckon.language.FieldType.Several;
import io.beckon.language.FieldType.Special;
import io.beckon.language.FieldType.Table;
import io.beckon.language.FieldType.Text;
import io.beckon.language.FieldType.Texts;
import io.beckon.language.FieldType.TimeOfDay;
import io.beckon.language.FieldType.Whole;
import io.beckon.language.FieldType.Word;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The field catalogue: every field of every kind of file, in the order of the reference. */
final class Shapes {
  private static final long SECOND_MS = 1_000;
  private static final long MINUTE_MS = 60 * SECOND_MS;
  private static final long HOUR_MS = 60 * MINUTE_MS;
  private static final long MOST_MS = 400 * Durations.DAY_MS;
  private static final long MOST_RETENTION_MS = 3650 * Durations.DAY_MS;
  private static final FieldType WINDOW = new Duration(1, MOST_MS);
  private static final FieldType SPAN = new Duration(0, MOST_MS);
  private static final FieldType CONDITION = new Cel("true or false");
  private static final FieldType EVENT_NAME = new EventName();
  private static final FieldType NAMES = new Names();
  private static final FieldType TEXT = new Text();
  private static final FieldType TYPE =
      Choice.of(
          "string", "int", "double", "decimal", "bool", "timestamp", "list(string)", "list(int)");

  private static final FieldType ATTRIBUTES =
      new Table(
          "attribute names and their types, or [Attribute](#attribute)",
          TYPE,
          new Nested("Attribute"));

  private static final Field API_VERSION =
      required("apiVersion", Choice.of("beckon/v1"), "The version of the language.");

  private static Field kind(String kind) {
    return required("kind", Choice.of(kind), "What the file holds.");
  }

  static final Shape JOB =
      Shape.of(
              "Job",
              "The file `job.yaml`.",
              API_VERSION,
              kind("Job"),
              required("id", new Word(Form.ID), "Names the job; part of every command's id."),
              optional("time", new Nested("Time"), "How time is kept."),
              optional("source", new Nested("Source"), "Where events come from: files."),
              optional(
                  "sources",
                  new Table(
                      "names, each with a [Topic source](#topic-source)",
                      new Nested("Topic source")),
                  "Where events come from: topics. Either `source` or `sources` is written."),
              optional(
                  "profiles",
                  new Nested("Profile topic"),
                  "Where users' profiles come from; with `sources`."),
              optional("outputs", new Nested("Outputs"), "The topics that results go to."),
              optional("kafka", new Nested("Kafka"), "How to reach Kafka; with `sources`."),
              optional(
                  "delivery",
                  Choice.of("exactly_once", "at_least_once"),
                  "`exactly_once`",
                  "Whether results appear once, with the next checkpoint, or at once and, after a"
                      + " failure, some of them again."),
              optional("state", new Nested("State"), "How state is kept."),
              optional("redis", new Nested("Redis"), "How to reach Redis; with `sources`."),
              optional(
                  "scores", new Nested("Scores"), "Which signals `beckon run --scores` publishes."),
              optional(
                  "gate",
                  new Nested("Gate"),
                  "What is asked of `redis` before a command goes out; with `sources`."))
          .oneOf("source", "sources");

  static final Shape TIME =
      Shape.of(
          "Time",
          "How time is kept.",
          optional("lateness", SPAN, "`10s`", "How far out of order events may come."),
          optional(
              "dedupe", SPAN, "lateness + `1h`", "How long after its time an event's id is known."),
          optional(
              "order",
              Choice.of("settled", "arrival"),
              "`settled`",
              "Whether a user's events are taken in (time, id) order once the watermark has passed"
                  + " them, or as they come."),
          optional(
              "clock",
              Choice.of("live", "replay"),
              "`live`",
              "Whether send time is the processing clock or the moment's time."),
          optional(
              "observe_from",
              new Special("`earliest` \\| RFC 3339 time"),
              "where the consumer group has come; at first `earliest`",
              "Where a live job without a savepoint begins to read its topics: at the first record,"
                  + " or at the first whose own time in Kafka is not before."),
          optional(
              "send_from",
              new Special("`now` \\| RFC 3339 time"),
              "from the first moment on",
              "Moments before it are decided `WARMING_UP`; `now` is when a live job is first"
                  + " started, and before everything in a run over files."),
          optional(
              "max_ahead",
              SPAN,
              "`10m`",
              "How far ahead of the processing clock an event may be, in live jobs."),
          optional(
              "quiet_after",
              WINDOW,
              "`30s`",
              "When event time goes on although every source is quiet, in live jobs."));

  private static final Field RECORD =
      optional(
          "record",
          new Table(
              "raw field names and their types, or [Raw field](#raw-field)",
              TYPE,
              new Nested("Raw field")),
          "The fields of a raw record; with `map`.");

  private static final Field MAPPED =
      optional("map", new Nested("Map"), "How a raw record becomes an event; with `record`.");

  static final Shape SOURCE =
      Shape.of(
          "Source",
          "Files of events and how their records are read.",
          optional("format", Choice.of("jsonl", "csv"), "`jsonl`", "The format of the records."),
          optional(
              "id",
              new Special("`content` \\| `row` \\| a field of `record`"),
              "`content`",
              "Where an event's id comes from."),
          RECORD,
          MAPPED);

  static final Shape TOPIC_SOURCE =
      Shape.of(
          "Topic source",
          "A topic of events and how its records are read.",
          required("topic", TEXT, "The topic's name."),
          optional(
              "format", Choice.of("json", "avro"), "`json`", "The format of the records' values."),
          optional("avro", new Nested("Avro"), "What `format: avro` needs."),
          optional(
              "id",
              new Special("`content` \\| `offset` \\| a field of `record`"),
              "`content`",
              "Where an event's id comes from."),
          RECORD,
          MAPPED);

  static final Shape AVRO =
      Shape.of(
          "Avro",
          "How records in Avro are framed, and the schemas they are written with.",
          required(
              "framing",
              Choice.of("plain", "single_object", "confluent"),
              "What stands before a record's body: nothing; the two bytes and the fingerprint of"
                  + " Avro's single-object encoding; or a zero byte and the schema's id in four."),
          required(
              "schemas",
              new Special(
                  "list of files; of `confluent`, ids and files", NAMES, new Table("ids", TEXT)),
              "The schemas, `.avsc` files in the job's folder `schemas`; of `plain`, one."));

  static final Shape PROFILE_TOPIC =
      Shape.of(
          "Profile topic",
          "A topic of users' profiles; the key of a record is the user.",
          required("topic", TEXT, "The topic's name."),
          optional("format", Choice.of("json"), "`json`", "The format of the records' values."));

  private static Field output(String name, String doc) {
    return optional(name, new Nested("Output"), "`<job>." + name.replace('_', '-') + "`", doc);
  }

  static final Shape OUTPUTS =
      Shape.of(
          "Outputs",
          "The topics that results go to.",
          optional(
              "format",
              Choice.of("json", "avro"),
              "`json`",
              "How results are written; Avro in its single-object encoding."),
          output("commands", "What is to be done."),
          output("decisions", "What became of each moment."),
          output("outcomes", "What came of what was sent, or held out; of triggers with a goal."),
          output("late", "Events that came too late."),
          output("dead_letters", "Records that are no events."));

  static final Shape OUTPUT =
      Shape.of("Output", "A topic of results.", required("topic", TEXT, "The topic's name."));

  static final Shape KAFKA =
      Shape.of(
          "Kafka",
          "How to reach Kafka.",
          required(
              "bootstrap_servers",
              TEXT,
              "Brokers to begin with: `host:port`, by commas if several."),
          optional("group", TEXT, "the job's id", "The consumer group, for its lag to be watched."),
          optional(
              "create_topics",
              new Flag(),
              "`false`",
              "Whether topics that are missing are created."),
          optional(
              "properties",
              new Table("client properties and their values", TEXT),
              "Of every Kafka client, beside those that Beckon sets."),
          optional(
              "secrets",
              new Table(
                  "client properties and the environment variables that hold their values", TEXT),
              "Properties whose values are in no file and no message."));

  static final Shape STATE =
      Shape.of(
          "State",
          "How state is kept.",
          optional(
              "retention",
              new Duration(Durations.DAY_MS, MOST_RETENTION_MS),
              "`400d`",
              "How long after a user's last such event signals, own gaps and drops know of it;"
                  + " windows have their own length."),
          optional(
              "backend",
              Choice.of("heap", "rocksdb"),
              "`rocksdb`",
              "Of jobs that read topics: in memory, or on local disk for as many users as fit"
                  + " there."));

  static final Shape REDIS =
      Shape.of(
          "Redis",
          "How to reach Redis.",
          required("address", TEXT, "`host:port`."),
          optional("tls", new Flag(), "`false`", "Whether the connection is encrypted."),
          optional(
              "truststore",
              TEXT,
              "what the Java runtime trusts",
              "The path of a PKCS12 file with the certificates to trust; with `tls`."),
          optional(
              "secrets",
              new Table(
                  "`user`, `password`, `truststore_password`, and the environment variables that"
                      + " hold their values",
                  TEXT),
              "What is in no file and no message."),
          optional(
              "time_limit",
              new Duration(1, MINUTE_MS),
              "`1s`",
              "How long connecting, and an answer, may take."));

  static final Shape SCORES =
      Shape.of(
          "Scores",
          "Which signals are published, user by user, as they change and at each local day's close.",
          required(
              "signals",
              new Texts("signals", 1, Integer.MAX_VALUE),
              "Any signals of the job but lists, whether a trigger reads them or not."),
          optional(
              "topic", TEXT, "`<job>.scores`", "The topic they go to; of jobs that read topics."),
          optional(
              "active_for",
              new Duration(Durations.DAY_MS, MOST_MS),
              "`90d`",
              "How long after the last event of any of these signals a user's days still close with"
                  + " a record."),
          optional(
              "redis",
              new Nested("Scores in Redis"),
              "Writes the newest scores of each user into Redis, too; with `redis`."));

  static final Shape SCORES_IN_REDIS =
      Shape.of(
          "Scores in Redis",
          "Where a user's newest scores are in Redis: a hash.",
          optional(
              "key",
              TEXT,
              "`beckon:{job}:{user}`",
              "The key; `{user}` must be in it, `{job}` may."),
          optional(
              "ttl",
              new Duration(SECOND_MS, MOST_MS),
              "`30d`",
              "How long they stay after they were last written."));

  static final Shape GATE =
      Shape.of(
          "Gate",
          "The last check before a command goes out: keys in Redis that stop it.",
          required(
              "stop_if_exists",
              new Texts("keys", 1, 8),
              "Keys with `{job}`, `{user}`, `{trigger}`, `{lane}`, `{channel}` and `{kind}` in them. One"
                  + " with `{user}` opts out, one without pauses; one with `{channel}` is asked only"
                  + " of what has a channel."),
          required(
              "when_away",
              Choice.of("send", "drop"),
              "What becomes of commands while Redis does not answer."),
          optional(
              "time_limit",
              new Duration(1, 10 * SECOND_MS),
              "`100ms`",
              "How long the answer to one batch may take."),
          optional("batch", new Whole(1, 1000), "`100`", "How many commands are asked of at once."),
          optional(
              "breaker",
              new Nested("Breaker"),
              "`{after: 5, for: 10s}`",
              "When Redis is left alone for a while."));

  static final Shape BREAKER =
      Shape.of(
          "Breaker",
          "When Redis is left alone for a while.",
          optional("after", new Whole(1, 1000), "`5`", "After so many failed batches in a row."),
          optional("for", new Duration(1, HOUR_MS), "`10s`", "For so long."));

  static final Shape RAW_FIELD =
      Shape.of(
          "Raw field",
          "A field of a raw record; the type alone is short for it.",
          required("type", TYPE, "The type of its values."),
          optional("path", TEXT, "the name", "The CSV column, or the path of names in JSON."));

  static final Shape MAP =
      Shape.of(
          "Map",
          "How a raw record becomes an event: expressions over `raw`.",
          required("type", new Cel("text"), "The event type's name, before `types`."),
          optional(
              "types",
              new Table("values of `type` and the event types they mean", EVENT_NAME),
              "Renames."),
          required("user", new Cel("text"), "Who did it."),
          required("time", new Cel("timestamp, or whole epoch milliseconds"), "When it happened."),
          optional(
              "attributes",
              new Table("attribute names and expressions", new Cel("value")),
              "Fills the attribute of that name in every event type that has it."));

  static final Shape EVENTS =
      Shape.of(
          "Events",
          "The file `events.yaml`.",
          API_VERSION,
          kind("Events"),
          required(
              "events",
              new Table("event type names, each with attribute names and their types", ATTRIBUTES),
              "The event types and their attributes; each type or [Attribute](#attribute)."),
          optional("user", ATTRIBUTES, "The attributes of a user's profile."));

  static final Shape ATTRIBUTE =
      Shape.of(
          "Attribute",
          "An attribute; the type alone is short for it.",
          required("type", TYPE, "The type of its values."),
          optional("required", new Flag(), "`false`", "Whether an event without it is refused."));

  private static final FieldType SELECTED =
      new Special("event type, or [Selector](#selector)", EVENT_NAME, new Nested("Selector"));

  /** Parameters of distributions: no fit comes near either end. */
  private static final FieldType PARAMETER =
      new Decimal(
          Optional.of(new BigDecimal("0.000001")),
          false,
          Optional.of(BigDecimal.valueOf(1_000_000_000)));

  private static final FieldType COEFFICIENT =
      new Decimal(
          Optional.of(BigDecimal.valueOf(-1_000_000)),
          false,
          Optional.of(BigDecimal.valueOf(1_000_000)));

  private static final FieldType PART =
      new Decimal(Optional.of(BigDecimal.ZERO), false, Optional.of(BigDecimal.ONE));

  private static final FieldType COUNTED = new Whole(0, Integer.MAX_VALUE);

  static final Shape MODEL =
      Shape.of(
          "Model",
          "A file of the folder `models`: a model of churn, with its parameters and where they come"
              + " from. `beckon fit` writes it.",
          API_VERSION,
          kind("Model"),
          required("id", new Word(Form.ID), "What signals call it; the file is called after it."),
          required(
              "version",
              new Whole(1, Integer.MAX_VALUE),
              "Counts up with each one that replaces another; every published score names it."),
          required(
              "model",
              Choice.of(
                  Stream.of(ModelDefinition.Family.values())
                      .map(ModelDefinition.Family::text)
                      .toArray(String[]::new)),
              "The family."),
          required("event", SELECTED, "The events that count, once a local day."),
          optional(
              "horizon",
              new Duration(Durations.DAY_MS, MOST_MS),
              "Over which it says something; required with `mbg-nbd`, `bg-nbd`, `nbd`, `scorecard` and"
                  + " `renewal-risk`, which only tells it."),
          optional(
              "prior_gap",
              new Duration(1, MOST_RETENTION_MS),
              "The gap of everybody, m0; required with `cadence`, `scorecard` and `renewal-risk`."),
          optional(
              "prior_weight",
              Decimal.positive(1000),
              "`2`",
              "How many of the user's own gaps `prior_gap` weighs, k0; with `prior_gap`."),
          required(
              "parameters",
              new Special(
                  "by `model`: [Return parameters](#return-parameters), [Rate"
                      + " parameters](#rate-parameters), [Cadence parameters](#cadence-parameters),"
                      + " [Level parameters](#level-parameters), [Drop parameters](#drop-parameters)"
                      + " or [Scorecard parameters](#scorecard-parameters)",
                  new Nested("Return parameters"),
                  new Nested("Rate parameters"),
                  new Nested("Cadence parameters"),
                  new Nested("Level parameters"),
                  new Nested("Drop parameters"),
                  new Nested("Scorecard parameters")),
              "What the model has learnt."),
          optional(
              "features",
              new Several("Feature", 1, 32, false),
              "What is weighted; required with `scorecard` and `renewal-risk`."),
          optional(
              "subscription",
              new Nested("Subscription"),
              "Without a running one the model says nothing; required with `renewal-risk`, may stand"
                  + " beside `scorecard`."),
          optional(
              "lead",
              new Duration(Durations.DAY_MS, MOST_MS),
              "How long before a renewal the model was taught to be asked; with `renewal-risk`."),
          optional(
              "provenance",
              new Nested("Provenance"),
              "Where the parameters come from, and what they were worth."));

  static final Shape RETURN_PARAMETERS =
      Shape.of(
          "Return parameters",
          "Of `mbg-nbd` and `bg-nbd`, in days.",
          required("r", PARAMETER, "The shape of the users' rates."),
          required("alpha", PARAMETER, "The scale of the users' rates, in days."),
          required("a", PARAMETER, "The first parameter of the chance to be lost."),
          required("b", PARAMETER, "The second parameter of the chance to be lost."));

  static final Shape RATE_PARAMETERS =
      Shape.of(
          "Rate parameters",
          "Of `nbd`, in days: nobody is ever lost.",
          required("r", PARAMETER, "The shape of the users' rates."),
          required("alpha", PARAMETER, "The scale of the users' rates, in days."));

  static final Shape CADENCE_PARAMETERS =
      Shape.of(
          "Cadence parameters",
          "Of `cadence`: the wait is so many of the user's own gaps, held within two bounds.",
          required("k", Decimal.positive(1000), "How many gaps."),
          required("floor", SPAN, "The least wait."),
          required("ceiling", WINDOW, "The longest wait."));

  static final Shape LEVEL_PARAMETERS =
      Shape.of(
          "Level parameters",
          "Of `activity-level`.",
          required("tau", new Duration(HOUR_MS, MOST_MS), "How fast activity fades."),
          optional(
              "min_history",
              new Duration(1, MOST_RETENTION_MS),
              "How old the first event must be."));

  static final Shape DROP_PARAMETERS =
      Shape.of(
          "Drop parameters",
          "Of `usage-drop`.",
          required("short", new Duration(HOUR_MS, MOST_MS), "Shorter than `long`."),
          required("long", new Duration(HOUR_MS, MOST_MS), "What `short` is compared with."),
          optional(
              "min_level",
              Decimal.notNegative(),
              "`0`",
              "Missing where the level by `long` is below this."));

  static final Shape SCORECARD_PARAMETERS =
      Shape.of(
          "Scorecard parameters",
          "Of `scorecard` and `renewal-risk`: 1 / (1 + exp(−(slope · z + offset))), z being the"
              + " intercept and all weighted features.",
          required("intercept", COEFFICIENT, "What there is without any feature."),
          optional("slope", Decimal.positive(1_000_000), "`1`", "Calibration: what z is times."),
          optional("offset", COEFFICIENT, "`0`", "Calibration: what is added to it."));

  private static final FieldType FEATURE_NAME = new Choice(ModelReader.FEATURES);

  static final Shape FEATURE =
      Shape.of(
              "Feature",
              "Something of a user that is weighted; `{of: …}` with `from` or `below` is 1 inside of"
                  + " them and 0 outside.",
              optional("ln", FEATURE_NAME, "Its natural logarithm counts, `plus` added before."),
              optional("of", FEATURE_NAME, "It counts as it is, or whether it lies in a range."),
              optional(
                  "plus",
                  new Decimal(
                      Optional.of(BigDecimal.ZERO),
                      false,
                      Optional.of(BigDecimal.valueOf(1_000_000))),
                  "`0`",
                  "What is added before the logarithm; with `ln`, above 0 of what may be 0."),
              optional("from", COEFFICIENT, "none", "Where the range begins, included; with `of`."),
              optional("below", COEFFICIENT, "none", "Where the range ends; with `of`."),
              required("weight", COEFFICIENT, "What it is times."))
          .oneOf("ln", "of");

  static final Shape SUBSCRIPTION =
      Shape.of(
          "Subscription",
          "Which events begin and end a subscription, and when it is renewed.",
          required("starts", SELECTED, "What begins one."),
          required("ends", SELECTED, "What ends it."),
          required("first", new Days(1, 3650), "From its start to the first renewal."),
          required("every", new Days(1, 3650), "From one renewal to the next."));

  static final Shape PROVENANCE =
      Shape.of(
          "Provenance",
          "Where the parameters come from, and what they were worth.",
          optional("asked", TEXT, "The family that was asked for."),
          optional(
              "degenerate",
              new Flag(),
              "`false`",
              "Whether the fit found that nobody is ever lost, so that P(alive) is 1."),
          optional("data", new Texts("texts", 0, Integer.MAX_VALUE), "What was read."),
          optional("span", new Nested("Span"), "The dates of its events."),
          optional("date", new Date(), "Of the last event."),
          optional("cut_off", new Date(), "The last date that was fitted to."),
          optional(
              "label", TEXT, "What a scorecard was taught to see: `silence`, or an event type."),
          optional("split", new Date(), "Rows before it taught, those from it on judged."),
          optional("folds", COUNTED, "Into how many parts the users were dealt to judge."),
          optional("every", new Duration(1, MOST_MS), "How often each user made a row."),
          optional("active", new Duration(1, MOST_MS), "Of whom: those active within it before."),
          optional("penalty", Decimal.notNegative(), "On the squares of the weights."),
          optional("dropped", new Texts("texts", 0, Integer.MAX_VALUE), "Features without a say."),
          optional("users", COUNTED, "How many."),
          optional("repeaters", COUNTED, "How many with a second date."),
          optional("rows", COUNTED, "How many."),
          optional("positives", COUNTED, "How many rows with the label."),
          optional("log_likelihood", Decimal.any(), "Of the fit."),
          optional("holdout", new Nested("Judged"), "What it was worth on what it had not seen."));

  static final Shape SPAN_OF_DATES =
      Shape.of(
          "Span",
          "From a date to another.",
          required("from", new Date(), "The first."),
          required("to", new Date(), "The last."));

  static final Shape JUDGED =
      Shape.of(
          "Judged",
          "What a model was worth on what it had not seen.",
          optional("users", COUNTED, "How many."),
          optional("silent", COUNTED, "How many of them fell silent."),
          optional("rows", COUNTED, "How many."),
          optional("positives", COUNTED, "How many rows with the label."),
          optional("base_rate", PART, "Which share of the rows that is."),
          optional("auc", PART, "How often it ranks one of these above another."),
          optional("auc_interval", new Interval(), "Where that lies with 95 % confidence."),
          optional("log_loss", Decimal.notNegative(), "How surprised it was; less is better."),
          optional(
              "recall_at_10_percent_false_positives",
              PART,
              "The share of these that is found if a tenth of the others is flagged too."));

  static final Shape SIGNALS =
      Shape.of(
          "Signals",
          "The file `signals.yaml`, which may be missing: measures of one user that triggers"
              + " share.",
          API_VERSION,
          kind("Signals"),
          required(
              "signals",
              new Table("names, each with a [Signal](#signal)", new Nested("Signal")),
              "What is measured."));

  private static final FieldType NUMERIC =
      new Special("numeric attribute, `event.total`; with `of` and `over`");

  static final Shape SIGNAL =
      Shape.of(
              "Signal",
              "A measure: exactly one of the first fifteen fields, and what belongs to it.",
              optional("count", SELECTED, "int: events in the window; with `over`."),
              optional("sum", NUMERIC, "decimal: exact; `0` of none."),
              optional("avg", NUMERIC, "double."),
              optional("min", NUMERIC, "Of the attribute's type."),
              optional("max", NUMERIC, "Of the attribute's type."),
              optional(
                  "distinct",
                  new Special("string, int or bool attribute; with `of` and `over`"),
                  "int: different values, 256 at most."),
              optional(
                  "first",
                  new Special(
                      "event type, or [Selector](#selector); with `of` an attribute",
                      EVENT_NAME,
                      new Nested("Selector")),
                  "timestamp of the first event; with `of`, the attribute of the first that has it."),
              optional(
                  "last",
                  new Special(
                      "event type, or [Selector](#selector); with `of` an attribute",
                      EVENT_NAME,
                      new Nested("Selector")),
                  "timestamp of the last event; with `of`, the attribute of the last that has it."),
              optional("since", SELECTED, "duration: since the last event."),
              optional(
                  "own_gap",
                  SELECTED,
                  "double, days: the user's own gap between active local days."),
              optional(
                  "active_days", SELECTED, "int: local days with an event; `over` `1d` to `64d`."),
              optional(
                  "activity_level", SELECTED, "double: active days per day, fading with `tau`."),
              optional(
                  "drop_ratio",
                  SELECTED,
                  "double: the activity level by `short` over that by `long`."),
              optional(
                  "busiest_hour_of",
                  SELECTED,
                  "int, 0 to 167: the hour of the local week with most events; 0 is Monday 00:00."),
              optional(
                  "model",
                  new Word(Form.ID),
                  "double: what the model of that id says, see [Model](#model)."),
              optional("of", SELECTED, "The events whose attribute is measured."),
              optional(
                  "over", new Duration(1, MOST_RETENTION_MS), "The window, both ends included."),
              optional(
                  "tau",
                  new Duration(HOUR_MS, MOST_MS),
                  "How fast activity fades; required with `activity_level`."),
              optional(
                  "min_history",
                  new Duration(1, MOST_RETENTION_MS),
                  "How old the first event must be; with `activity_level`."),
              optional(
                  "short",
                  new Duration(HOUR_MS, MOST_MS),
                  "Shorter than `long`; required with `drop_ratio`."),
              optional("long", new Duration(HOUR_MS, MOST_MS), "Required with `drop_ratio`."),
              optional(
                  "min_level",
                  Decimal.notNegative(),
                  "`0`",
                  "Missing where the level by `long` is below this; with `drop_ratio`."),
              optional(
                  "prior_gap",
                  WINDOW,
                  "The gap to begin with, m0; with `own_gap`. Without it the gap is missing until there"
                      + " are two active days."),
              optional(
                  "prior_weight",
                  Decimal.positive(1000),
                  "`2`",
                  "How many of the user's own gaps `prior_gap` weighs, k0; with `prior_gap`."),
              optional(
                  "horizon",
                  new Duration(Durations.DAY_MS, MOST_MS),
                  "that of the model",
                  "Within which a return is asked for; with a `model` that is `mbg-nbd`, `bg-nbd` or"
                      + " `nbd`."))
          .oneOf(
              "count",
              "sum",
              "avg",
              "min",
              "max",
              "distinct",
              "first",
              "last",
              "since",
              "own_gap",
              "active_days",
              "activity_level",
              "drop_ratio",
              "busiest_hour_of",
              "model");

  static final Shape SELECTOR =
      Shape.of(
              "Selector",
              "Which events.",
              optional("event", EVENT_NAME, "The event type; or `events`."),
              optional("events", new EventNames(), "Several event types, of which any counts."),
              optional(
                  "where", CONDITION, "Which of them; it must hold for every event type named."))
          .oneOf("event", "events");

  static final Shape POLICY =
      Shape.of(
          "Policy",
          "The file `policy.yaml`, which may be missing.",
          API_VERSION,
          kind("Policy"),
          optional("timezone", new Nested("Time zone"), "Whose midnight counts."),
          optional("consent", new Nested("Consent"), "Who agreed to be reached."),
          optional("quiet_hours", new Nested("Quiet hours"), "When nothing is sent."),
          optional("caps", new Several("Cap", 0, 100, false), "How much of something a user gets."),
          optional("arbitration", new Nested("Arbitration"), "Which of several things is sent."),
          optional("lanes", new Nested("Lanes"), "What a lane is exempt of."),
          optional(
              "mute", new Several("Mute", 0, 32, true), "Events after which a lane is silent."),
          optional("holdout", new Nested("Holdout"), "Users held out of everything."),
          optional("journeys", new Nested("Journeys"), "How many a user may be in."),
          optional(
              "budgets",
              new Table("ids, each with a [Budget](#budget)", new Nested("Budget")),
              "What may be spent."),
          optional(
              "rates",
              new Table("ids, each with a [Rate](#rate)", new Nested("Rate")),
              "How much of something is sent at a time, over all users."));

  private static final FieldType KIND =
      Choice.of("coupon", "tutorial", "outreach", "reminder", "message", "custom");
  private static final FieldType LANE = Choice.of("marketing", "service");
  private static final FieldType ATTRIBUTE_BOOL = new Special("`user.` and a bool attribute");

  static final Shape CONSENT =
      Shape.of(
          "Consent",
          "Who agreed to be reached.",
          optional("marketing", ATTRIBUTE_BOOL, "none needed", "What marketing needs."),
          optional("service", ATTRIBUTE_BOOL, "none needed", "What service needs."),
          optional(
              "per_channel",
              new Special("`user.` and a list(string) attribute"),
              "none needed",
              "The channels agreed to; what has no channel needs none."),
          optional(
              "default",
              Choice.of("allow", "deny"),
              "`deny`",
              "What it means that the user lacks the attribute."));

  static final Shape QUIET_HOURS =
      Shape.of(
          "Quiet hours",
          "When nothing is sent, in the user's zone: `windows`, `holidays` or both.",
          optional(
              "windows",
              new FieldType.Windows(),
              "From the first minute up to, without, the last; past midnight if that is the earlier,"
                  + " `24:00` being the day's end."),
          optional(
              "holidays",
              new Several("Holiday", 0, 1000, true),
              "Days that are quiet from end to end."),
          optional(
              "then",
              Choice.of("defer", "drop"),
              "`defer`",
              "Whether what would be sent waits for the end, or is not sent."),
          optional("release", new Nested("Release"), "How what waited is sent."));

  static final Shape HOLIDAY =
      Shape.of(
          "Holiday",
          "Local dates, both included.",
          required("from", new Date(), "The first day."),
          required("to", new Date(), "The last day; not before the first."));

  static final Shape RELEASE =
      Shape.of(
          "Release",
          "How what waited for the end of quiet hours is sent.",
          optional(
              "keep",
              Choice.of("all", "highest_priority"),
              "`all`",
              "Whether of all that a user's quiet hours held one is sent."),
          optional(
              "spread",
              new Duration(0, 6 * HOUR_MS),
              "`0s`",
              "Over how long users are spread, each at an offset of their own."));

  private static final Field CAP_LANE = optional("lane", LANE, "any", "Of this lane.");
  private static final Field CAP_CHANNEL = optional("channel", TEXT, "any", "By this channel.");
  private static final Field CAP_KIND = optional("kind", KIND, "any", "Of this kind.");
  private static final Field CAP_TRIGGER =
      optional("trigger", new Word(Form.ID), "any", "Of this trigger.");

  static final Shape CAP =
      Shape.of(
              "Cap",
              "No more than so many a user; what it counts agrees with every selector written, without"
                  + " one it is everything.",
              required("id", new Word(Form.ID), "Unique among caps; what a decision names."),
              CAP_LANE,
              CAP_CHANNEL,
              CAP_KIND,
              CAP_TRIGGER,
              required("at_most", new Whole(1, 1000), "How many."),
              optional("rolling", WINDOW, "In so long before; or `calendar`."),
              optional(
                  "calendar",
                  Choice.of("day", "week", "month"),
                  "In the user's local day, week (from Monday) or month; or `rolling`."))
          .oneOf("rolling", "calendar");

  static final Shape ARBITRATION =
      Shape.of(
          "Arbitration",
          "Of what is to be sent to a user at one time the first by lane, priority and trigger id win.",
          optional(
              "gather",
              new Duration(0, HOUR_MS),
              "`0s`",
              "How long the first of them waits for others."),
          optional("keep", new Whole(1, 100), "`1`", "How many win."));

  static final Shape LANES =
      Shape.of(
          "Lanes",
          "What a lane is exempt of.",
          optional("service", new Nested("Lane"), "Of the lane service."),
          optional("marketing", new Nested("Lane"), "Of the lane marketing."));

  static final Shape LANE_EXEMPT =
      Shape.of(
          "Lane",
          "A lane.",
          required(
              "exempt",
              FieldType.Choices.of(
                  "consent", "mute", "arbitration", "caps", "quiet_hours", "holdout"),
              "What does not concern it."));

  private static final FieldType MUTING =
      new Special("event type, or [Mute event](#mute-event)", EVENT_NAME, new Nested("Mute event"));

  static final Shape MUTE =
      Shape.of(
          "Mute",
          "After an event a lane is silent.",
          required("lane", LANE, "Which lane."),
          required("from", MUTING, "What begins it."),
          optional("until", MUTING, "What ends it before its time."),
          required("at_most", WINDOW, "How long it lasts, at most."));

  static final Shape MUTE_EVENT =
      Shape.of(
          "Mute event",
          "Which events.",
          required("event", EVENT_NAME, "The event type."),
          optional("where", CONDITION, "Which of them."));

  static final Shape HOLDOUT =
      Shape.of(
          "Holdout",
          "Users to whom nothing is sent, so that others can be compared with them.",
          optional(
              "global",
              new FieldType.Share(),
              "`0`",
              "The share of users held out of all triggers."),
          optional(
              "salt",
              TEXT,
              "the job's id",
              "Text that makes the draw; with another one other users are held out, and get other"
                  + " variants."));

  static final Shape JOURNEYS =
      Shape.of(
          "Journeys",
          "What of a user waits.",
          optional(
              "at_most",
              new Whole(1, 256),
              "`32`",
              "How many journeys may wait, and single interventions be held."));

  private static final FieldType AMOUNT = Decimal.positive();

  static final Shape BUDGET =
      Shape.of(
          "Budget",
          "What may be spent by the steps that name it; at least one amount.",
          optional("total", AMOUNT, "Ever."),
          optional("per_day", AMOUNT, "A day."),
          optional("per_week", AMOUNT, "A week, from Monday."),
          optional("per_month", AMOUNT, "A month of the calendar."),
          optional("per_user", AMOUNT, "On one user, ever."),
          optional("unit", TEXT, "What the amounts are in, as `CNY`."),
          optional(
              "timezone",
              new Special("time zone, `Asia/Shanghai`"),
              "`timezone.fallback`",
              "Whose days, weeks and months count."),
          optional(
              "when_empty",
              new Nested("Fallback"),
              "What is sent in place of what can no longer be paid."));

  static final Shape FALLBACK =
      kinds(
          "Fallback",
          "What costs nothing: exactly one of these. It has no `budget`, `cost`, `send_at` or"
              + " `variants`; its params read `user`, `signal` and `moment.time`.");

  static final Shape RATE =
      Shape.of(
          "Rate",
          "No more than so many at a time, of all users; which agree with every selector written. Without"
              + " one, its id is a kind.",
          CAP_LANE,
          CAP_CHANNEL,
          CAP_KIND,
          CAP_TRIGGER,
          required("at_most", new Whole(1, 100_000), "How many."),
          required("per", new Duration(1, 31 * Durations.DAY_MS), "In so long."),
          optional(
              "when_full",
              Choice.of("queue", "drop"),
              "`queue`",
              "Whether what finds it full waits, the highest priority first, or is not sent."),
          optional(
              "max_queue",
              new Whole(1, 1_000_000),
              "`10000`",
              "How many may wait; beyond, the last of them are not sent."));

  private static Shape kinds(String name, String doc, Field... others) {
    List<Field> fields =
        new java.util.ArrayList<>(
            List.of(
                optional("coupon", new Nested("Coupon"), "An offer."),
                optional("tutorial", new Nested("Tutorial"), "How to do something."),
                optional("outreach", new Nested("Outreach"), "A person calls or writes."),
                optional("reminder", new Nested("Reminder"), "Rights, points, renewals."),
                optional("message", new Nested("Message"), "Care, thanks, celebration."),
                optional("custom", new Nested("Custom"), "Anything else.")));
    fields.addAll(List.of(others));
    List<String> exclusive =
        fields.stream().map(Field::name).filter(field -> !field.equals("if")).toList();
    return new Shape(name, doc, false, fields).oneOf(exclusive.toArray(String[]::new));
  }

  static final Shape TIMEZONE =
      Shape.of(
          "Time zone",
          "Whose midnight counts.",
          optional(
              "from", new Special("`user.` and a string attribute"), "Where a user's zone stands."),
          optional(
              "fallback",
              new Special("time zone, `Asia/Shanghai`"),
              "`UTC`",
              "The zone of the job."));

  static final Shape TRIGGER =
      Shape.of(
          "Trigger",
          "A file of `triggers/`.",
          API_VERSION,
          kind("Trigger"),
          required("id", new Word(Form.ID), "Unique in its job; the file is called after it."),
          required(
              "version",
              new Whole(1, Integer.MAX_VALUE),
              "Grows with every change; recorded on every decision."),
          optional("owner", TEXT, "Who answers for it."),
          optional("description", TEXT, "What it is for."),
          optional(
              "mode",
              Choice.of("draft", "shadow", "live", "paused"),
              "`live`",
              "A draft observes nothing; a shadow is judged but sends nothing; a paused one goes"
                  + " on observing and sends nothing."),
          optional("active", new Nested("Active"), "always", "The dates on which it may act."),
          optional(
              "lane",
              Choice.of("marketing", "service"),
              "`marketing`",
              "At one time service is decided first."),
          optional(
              "priority",
              new Whole(0, 100),
              "`50`",
              "At one time and in one lane the higher is decided first."),
          required("when", new Nested("When"), "The moment it waits for."),
          optional(
              "urgent",
              new Flag(),
              "`false`",
              "Fires at arrival although the job is settled; shape `event` only."),
          optional(
              "max_instances",
              new Whole(1, 1024),
              "`64`",
              "Live instances a user; beyond, the one longest without an event goes."),
          optional("if", CONDITION, "Who it is for, judged at the moment."),
          optional("cancel_on", new Several("Ender", 0, 16, true), "What ends an open episode."),
          optional(
              "cooldown",
              new Special(
                  "duration above 0, or [Cooldown](#cooldown)", WINDOW, new Nested("Cooldown")),
              "No second moment within it."),
          optional(
              "expires_in", WINDOW, "Not sent later than this after the moment, by send time."),
          optional("goal", new Nested("Goal"), "What it is meant to bring about."),
          optional(
              "holdout",
              new FieldType.Share(),
              "`0`",
              "The share of users held out of this trigger, beside `holdout.global`."),
          required(
              "then",
              new Several("Intervention", 1, 2 * TriggerDefinition.MOST_STEPS - 1, true),
              "What it does: a step, or up to ten with waits between them."),
          optional("tests", new Several("Test", 0, 1000, false), "Tests of it."));

  static final Shape ACTIVE =
      Shape.of(
          "Active",
          "Local dates of the job, both included.",
          optional("from", new Date(), "open", "The first day."),
          optional("until", new Date(), "open", "The last day; not before the first."));

  private static final Field EVENT = required("event", EVENT_NAME, "The event type.");
  private static final Field WHERE = optional("where", CONDITION, "Which of them.");
  private static final Field MATCH =
      optional(
          "match",
          NAMES,
          "one instance a user",
          "One instance per value of these string, int or bool attributes.");
  private static final Field SHORT_WHERE =
      optional("where", CONDITION, "Which of them; beside `event: TYPE` only.");
  private static final Field SHORT_MATCH =
      optional(
          "match",
          NAMES,
          "one instance a user",
          "One instance per value of these attributes; beside `event: TYPE` only.");

  static final Shape WHEN =
      Shape.of(
              "When",
              "The moment: exactly one of these.",
              optional(
                  "event",
                  new Special(
                      "event type, or [Event shape](#event-shape)",
                      EVENT_NAME,
                      new Nested("Event shape")),
                  "Each such event."),
              optional("count", new Nested("Count"), "Several within a window."),
              optional("sum", new Nested("Sum"), "A sum over a window."),
              optional("distinct", new Nested("Distinct"), "Different values within a window."),
              optional("sequence", new Nested("Sequence"), "One after the other."),
              optional("absence", new Nested("Absence"), "Something that does not follow."),
              optional("inactive", new Nested("Inactive"), "Nothing any more."),
              optional("due", new Nested("Due"), "The next one should have come."),
              optional("drop", new Nested("Drop"), "Less than before."),
              optional("score", new Nested("Score"), "A signal past a line."),
              optional("milestone", new Nested("Milestone"), "A date of the profile."),
              optional("changes", new Nested("Changes"), "An attribute of the profile changed."),
              SHORT_WHERE,
              SHORT_MATCH)
          .oneOf(
              "event",
              "count",
              "sum",
              "distinct",
              "sequence",
              "absence",
              "inactive",
              "due",
              "drop",
              "score",
              "milestone",
              "changes");

  private static final Field WITHIN = required("within", WINDOW, "The window; both ends count.");

  static final Shape EVENT_SHAPE =
      Shape.of("Event shape", "Fires at each such event.", EVENT, WHERE, MATCH);

  static final Shape COUNT =
      Shape.of(
          "Count",
          "Fires at the event that makes so many of one instance fall within the window.",
          EVENT,
          WHERE,
          required("at_least", new Whole(1, 10_000), "How many."),
          WITHIN,
          MATCH);

  static final Shape SUM =
      Shape.of(
          "Sum",
          "Fires at the event that brings the sum over the window to `at_least`.",
          EVENT,
          WHERE,
          required("of", new Special("numeric attribute"), "What is added; `event.` may precede."),
          required("at_least", Decimal.positive(), "The sum to reach."),
          WITHIN,
          MATCH);

  static final Shape DISTINCT =
      Shape.of(
          "Distinct",
          "Fires at the event that brings the number of different values to `at_least`.",
          EVENT,
          WHERE,
          required(
              "of",
              new Special("string, int or bool attribute"),
              "Whose values are told apart; `event.` may precede."),
          required("at_least", new Whole(1, 1000), "How many different values."),
          WITHIN,
          MATCH);

  static final Shape SEQUENCE =
      Shape.of(
          "Sequence",
          "Fires at the event that completes the steps, times strictly increasing.",
          required("steps", new Several("Step", 2, 16, false), "The events, in order."),
          WITHIN,
          MATCH,
          optional(
              "without",
              new Nested("Ender"),
              "What must not happen in between; its `match` is the sequence's unless written."
                  + " Not under `order: arrival`."));

  static final Shape STEP = Shape.of("Step", "An event of a sequence.", EVENT, WHERE);

  static final Shape ABSENCE =
      Shape.of(
          "Absence",
          "Fires `for` after `after`, if no `of` event came in between.",
          required("after", new Nested("After"), "What begins the wait."),
          required("of", new Nested("Ender"), "What must not come."),
          required("for", WINDOW, "How long; both ends count."),
          optional(
              "on_repeat",
              Choice.of("restart", "ignore"),
              "`restart`",
              "Whether an event that `after` selects begins the wait anew."));

  private static final FieldType DAYS_HERE = new Days(0, 400);
  private static final Field ONE_EVENT =
      optional("event", EVENT_NAME, "The event type; or `events`.");
  private static final Field SEVERAL_EVENTS =
      optional("events", new EventNames(), "Several event types, of which any counts.");
  private static final Field EACH_WHERE =
      optional("where", CONDITION, "Which of them; it must hold for every event type named.");
  private static final Field GAP_PRIOR =
      optional("prior_gap", WINDOW, "The gap to begin with, m0; required with `own_gap`.");
  private static final Field GAP_WEIGHT =
      optional(
          "prior_weight",
          Decimal.positive(1000),
          "`2`",
          "How many of the user's own gaps `prior_gap` weighs, k0.");
  private static final List<Field> OWN_GAP =
      List.of(
          optional(
              "own_gap",
              Decimal.positive(1000),
              "Waits this many times the user's own gap between active local days, K."),
          GAP_PRIOR,
          GAP_WEIGHT,
          optional(
              "min_events",
              new Whole(1, 10_000),
              "`3`",
              "Active local days before there is a deadline; with `own_gap`."),
          optional("floor", WINDOW, "The wait is at least this; with `own_gap`."),
          optional(
              "ceiling",
              WINDOW,
              "The wait is at most this, and not below `floor`; with `own_gap`."));

  static final Shape INACTIVE =
      new Shape(
              "Inactive",
              "Fires when no such event has come for `for`, or for `own_gap` times the user's own gap;"
                  + " once after each last event. One instance a user. It has no `event`.",
              false,
              Stream.concat(
                      Stream.of(
                          ONE_EVENT,
                          SEVERAL_EVENTS,
                          EACH_WHERE,
                          optional("for", WINDOW, "How long; or `own_gap`.")),
                      OWN_GAP.stream())
                  .toList())
          .oneOf("event", "events")
          .oneOf("for", "own_gap");

  static final Shape DUE =
      new Shape(
              "Due",
              "Fires when the next event is due, `after` the last one or `own_gap` times the user's own"
                  + " gap after it; once after each last event, which is its `event`.",
              false,
              Stream.concat(
                      Stream.of(
                          EVENT,
                          WHERE,
                          MATCH,
                          optional("after", WINDOW, "How long after the last; or `own_gap`.")),
                      OWN_GAP.stream())
                  .toList())
          .oneOf("after", "own_gap");

  static final Shape DROP =
      Shape.of(
          "Drop",
          "Fires at the close of a local day on which the days before it have dropped against"
              + " their baseline. It has no `event`.",
          required("of", new Nested("Dropping"), "What is measured."),
          required("recent", new Days(1, 90), "The last local days."),
          required("baseline", new Days(1, 365), "The local days before them."),
          required("by", Decimal.positive(1), "How far below the baseline, as a part of it."),
          optional(
              "min_baseline", Decimal.notNegative(), "`0`", "Per day; the baseline must reach it."),
          optional(
              "min_history",
              new Days(1, 3650),
              "`recent` + `baseline`",
              "Local days begun since the user's first such event."),
          optional(
              "clear_at",
              Decimal.positive(),
              "1 − `by`/2",
              "Armed again above this part of the baseline; above 1 − `by`."));

  static final Shape DROPPING =
      Shape.of(
              "Dropping",
              "What a drop measures.",
              ONE_EVENT,
              SEVERAL_EVENTS,
              EACH_WHERE,
              optional(
                  "measure",
                  new Special(
                      "`count` \\| `active_days` \\| `{sum: ATTRIBUTE}`",
                      Choice.of("count", "active_days"),
                      new Nested("Summed")),
                  "`count`",
                  "Events, local days with one, or a sum: [Summed](#summed)."))
          .oneOf("event", "events");

  static final Shape SUMMED =
      Shape.of(
          "Summed",
          "A sum of an attribute.",
          required("sum", new Special("numeric attribute"), "`event.` may precede."));

  static final Shape SCORE =
      Shape.of(
              "Score",
              "Fires when a signal has crossed a line and stayed past it. It has no `event`.",
              required("signal", new Word(Form.NAME), "An int, double or decimal signal."),
              optional("above", Decimal.any(), "Past is above this; or `below`."),
              optional("below", Decimal.any(), "Past is below this; or `above`."),
              optional(
                  "clear_at",
                  Decimal.any(),
                  "where it is not past",
                  "Armed again below this (with `below`: above this), on the other side of the line."),
              optional("for", SPAN, "`0s`", "How long it must stay past the line."))
          .oneOf("above", "below");

  static final Shape MILESTONE =
      Shape.of(
              "Milestone",
              "Fires at a local time of a local date that the profile gives. It has no"
                  + " `event`.",
              optional(
                  "anniversary_of",
                  new Special("timestamp or string attribute of the profile"),
                  "Every year, from the year after it; `user.` may precede."),
              optional(
                  "date",
                  new Special("timestamp or string attribute of the profile"),
                  "That date, once; `user.` may precede. A string is `YYYY-MM-DD`."),
              optional("before", DAYS_HERE, "So many days before; or `after`."),
              optional("after", DAYS_HERE, "So many days after; or `before`."),
              optional("at", new TimeOfDay(), "`09:00`", "The time in the user's zone."))
          .oneOf("anniversary_of", "date");

  static final Shape CHANGES =
      Shape.of(
          "Changes",
          "Fires when a profile update changes an attribute. It has no `event`.",
          required(
              "attribute", new Special("attribute of the profile"), "Which; `user.` may precede."),
          optional("from", new Special("value of it", new Anything()), "any", "What it was."),
          optional("to", new Special("value of it", new Anything()), "any", "What it is now."));

  static final Shape AFTER =
      Shape.of(
              "After",
              "What begins the wait: exactly one of these.",
              optional(
                  "event",
                  new Special(
                      "event type, or [Event shape](#event-shape)",
                      EVENT_NAME,
                      new Nested("Event shape")),
                  "Each such event."),
              optional("count", new Nested("Count"), "Several within a window."),
              optional("sequence", new Nested("Sequence"), "One after the other."),
              SHORT_WHERE,
              SHORT_MATCH)
          .oneOf("event", "count", "sequence");

  static final Shape ENDER =
      Shape.of(
          "Ender",
          "Which events end something.",
          EVENT,
          WHERE,
          optional(
              "match",
              NAMES,
              "any such event of the user",
              "Those attributes of the trigger's `match` whose values must agree; a list must"
                  + " contain the value."));

  static final Shape COOLDOWN =
      Shape.of(
          "Cooldown",
          "No second moment within it; a duration alone is short for it.",
          required("for", WINDOW, "How long."),
          optional(
              "per",
              Choice.of("user", "match"),
              "`user`",
              "Whether per user or per value of the trigger's `match`."));

  static final Shape GOAL =
      Shape.of(
          "Goal",
          "What the trigger is meant to bring about. Whoever reaches it has converted, and gets no"
              + " further step.",
          EVENT,
          WHERE,
          optional(
              "match",
              NAMES,
              "any such event of the user",
              "Those attributes of the trigger's `match` whose values must agree."),
          required("within", WINDOW, "How long after the moment."),
          optional("value", new Cel("number, over `event` and `user`"), "What it is worth."));

  static final Shape INTERVENTION =
      kinds(
          "Intervention",
          "A step: exactly one of these, and its condition; or a wait between two steps.",
          optional("wait", WINDOW, "How long after the step before the next one comes."),
          optional(
              "if",
              CONDITION,
              "Who this step is for; of the first step judged at the moment, of others when they are"
                  + " due."));

  private static final Field CHANNEL = required("channel", TEXT, "How the user is reached.");
  private static final Field TEMPLATE = optional("template", TEXT, "What is shown.");
  private static final Field PARAMS =
      optional(
          "params",
          new Table("names and text with `${expression}` parts"),
          "Values for the template; one that misses an attribute is left out.");
  private static final Field SEND_AT =
      optional(
          "send_at",
          Choice.of("now", "usual_hour", "next_open"),
          "`now`",
          "When it is sent: at once; in the user's usual hour, which the signal `usual_hour` of kind"
              + " `busiest_hour_of` says; or, even where the policy would drop it, after quiet hours.");
  private static final Field BUDGET_NAME =
      optional("budget", new Word(Form.ID), "The budget of `policy.yaml` that pays for it.");
  private static final Field COST =
      optional(
          "cost",
          Decimal.notNegative(),
          "`value`, of a coupon",
          "What it takes from the budget; with `budget`.");
  private static final Field VARIANTS =
      optional(
          "variants",
          new Table("names, each with a [Variant](#variant)", new Nested("Variant")),
          "At least two, of which each user gets one, always the same.");

  static final Shape COUPON =
      intervention(
          "Coupon",
          CHANNEL,
          required("offer", TEXT, "Which offer."),
          optional("value", Decimal.any(), "What it is worth."));

  static final Shape TUTORIAL =
      intervention("Tutorial", CHANNEL, optional("topic", TEXT, "What it explains."));

  static final Shape OUTREACH =
      intervention("Outreach", CHANNEL, optional("queue", TEXT, "Who shall take it up."));

  static final Shape REMINDER =
      intervention("Reminder", CHANNEL, optional("about", TEXT, "What it reminds of."));

  static final Shape MESSAGE =
      intervention("Message", CHANNEL, optional("occasion", TEXT, "What it is sent for."));

  static final Shape CUSTOM =
      intervention(
          "Custom",
          optional("channel", TEXT, "How the user is reached."),
          required("name", TEXT, "What it is."));

  private static Shape intervention(String name, Field channel, Field... own) {
    List<Field> fields = new java.util.ArrayList<>();
    fields.add(channel);
    fields.addAll(List.of(own));
    fields.addAll(List.of(TEMPLATE, PARAMS, SEND_AT, BUDGET_NAME, COST, VARIANTS));
    return new Shape(name, "The fields of this kind of intervention.", false, fields);
  }

  static final Shape VARIANT =
      Shape.of(
          "Variant",
          "What one of several is; what is not written is as in the step.",
          optional("weight", new Whole(0, 10_000), "`1`", "Its share among the variants."),
          optional("channel", TEXT, "How the user is reached."),
          TEMPLATE,
          optional(
              "params",
              new Table("names and text with `${expression}` parts"),
              "Values for the template, in place of those of the same name."),
          optional("cost", Decimal.notNegative(), "What it takes from the budget."),
          optional("offer", TEXT, "Of a coupon."),
          optional("value", Decimal.any(), "Of a coupon."),
          optional("topic", TEXT, "Of a tutorial."),
          optional("queue", TEXT, "Of an outreach."),
          optional("about", TEXT, "Of a reminder."),
          optional("occasion", TEXT, "Of a message."),
          optional("name", TEXT, "Of a custom one."));

  static final Shape TEST =
      Shape.of(
          "Test",
          "A test: one user, some events, and what must come of them.",
          required("name", TEXT, "Unique in its file."),
          optional(
              "start",
              new Moment(false),
              "`2026-01-05T12:00:00Z`",
              "What `at: 0m` means; without an offset it is UTC."),
          optional("user", new Table("attributes of the profile"), "Who the user is."),
          optional(
              "signals",
              new Table("signals and their values"),
              "as measured",
              "Values that signals have throughout the test; a duration is written `30d`."),
          optional("history", new Several("Test event", 0, 10_000, false), "Events before."),
          optional("events", new Several("Test event", 0, 10_000, false), "What happens."),
          optional(
              "until",
              new Moment(true),
              "until nothing is open",
              "The watermark at the end, inclusive."),
          optional(
              "holdout",
              Choice.of("off", "force"),
              "`off`",
              "Whether the user is held out of nothing, or of everything."),
          optional(
              "variant",
              new Word(Form.NAME),
              "the first that has a weight",
              "Which variant the user gets, of every step that has it."),
          required("expect", new Nested("Expect"), "What must come of it."));

  static final Shape TEST_EVENT =
      Shape.open(
              "Test event",
              "An event, its attributes beside these fields; or an update of the profile.",
              required("at", new Moment(true), "When it happens."),
              optional("event", EVENT_NAME, "The event type; or `user`."),
              optional(
                  "user",
                  new Table("attributes of the profile"),
                  "An update: these attributes change, the others stay; one without a value is no"
                      + " longer there. Beside it only `at` and `arrives`."),
              optional("id", TEXT, "`e1`, `e2`, …", "Its id; not together with `times`."),
              optional("times", new Whole(1, 10_000), "`1`", "How often it happens; with `every`."),
              optional("every", WINDOW, "How long from one to the next."),
              optional(
                  "arrives",
                  new Moment(true),
                  "when it happens",
                  "When it is read; of repetitions, the first, the others as much later as they happen."),
              optional(
                  "attributes",
                  new Table("attributes of the event type"),
                  "More attributes: those that share a name with a field of a test event."))
          .oneOf("event", "user");

  static final Shape EXPECT =
      Shape.of(
          "Expect",
          "What must come of a test. Lists are complete; a list that is not written is not"
              + " checked.",
          optional(
              "decisions",
              new Several("Expected decision", 0, 10_000, false),
              "The decisions, in order, those with `DEFERRED` too."),
          optional(
              "commands",
              new Several("Expected command", 0, 10_000, false),
              "The commands, in order."),
          optional(
              "outcomes",
              new Several("Expected outcome", 0, 10_000, false),
              "The outcomes, in order."));

  private static final Field AT = optional("at", new Moment(true), "The decision time.");
  private static final Field OF_TRIGGER =
      optional("trigger", new Word(Form.ID), "The trigger's id.");
  private static final Field OF_VERSION =
      optional("version", new Whole(1, Integer.MAX_VALUE), "The trigger's version.");
  private static final Field OF_STEP =
      optional("step", new Whole(1, TriggerDefinition.MOST_STEPS), "The step.");

  static final Shape EXPECTED_DECISION =
      Shape.of(
          "Expected decision",
          "The fields written must agree.",
          AT,
          optional(
              "reason",
              Choice.of(
                  "EVICTED",
                  "WARMING_UP",
                  "PAUSED",
                  "NOT_ACTIVE",
                  "NOT_IN_AUDIENCE",
                  "COOLDOWN",
                  "NO_CONSENT",
                  "MUTED",
                  "LOST_ARBITRATION",
                  "CAP",
                  "QUIET_DROPPED",
                  "EXPIRED",
                  "CANCELLED",
                  "SHADOW",
                  "HOLDOUT",
                  "BUDGET",
                  "RATE",
                  "OPTED_OUT",
                  "GATE_AWAY",
                  "ISSUED",
                  "DEFERRED"),
              "What became of the moment."),
          OF_TRIGGER,
          OF_VERSION,
          OF_STEP,
          optional("match", new Table("names and values"), "Values of the instance."));

  static final Shape EXPECTED_COMMAND =
      Shape.of(
          "Expected command",
          "The fields written must agree.",
          AT,
          optional("action", Choice.of("ISSUE", "CANCEL"), "What is to be done."),
          optional(
              "kind",
              Choice.of("coupon", "tutorial", "outreach", "reminder", "message", "custom"),
              "The kind of intervention."),
          optional("channel", TEXT, "The channel."),
          optional("template", TEXT, "The template."),
          optional("variant", new Word(Form.NAME), "The variant."),
          optional("lane", Choice.of("marketing", "service"), "The lane."),
          optional("priority", new Whole(0, 100), "The priority."),
          OF_TRIGGER,
          OF_VERSION,
          OF_STEP,
          optional("match", new Table("names and values"), "Values of the instance."),
          optional("fields", new Table("names and values"), "What the kind adds, as `offer`."),
          optional("params", new Table("names and values"), "Values for the template."));

  static final Shape EXPECTED_OUTCOME =
      Shape.of(
          "Expected outcome",
          "The fields written must agree.",
          optional("at", new Moment(true), "The decision time of the first step."),
          OF_TRIGGER,
          OF_VERSION,
          optional("match", new Table("names and values"), "Values of the instance."),
          optional(
              "assignment",
              Choice.of("treated", "held_out"),
              "Whether something was sent, or the user was held out."),
          optional("variant", new Word(Form.NAME), "The variant of the first step."),
          optional("converted", new Flag(), "Whether the goal was reached."),
          optional("value", Decimal.any(), "What the goal was worth."),
          optional("delay", SPAN, "How long after the moment the goal was reached."));

  /** Every shape, in the order of the reference. */
  static final List<Shape> ALL =
      List.of(
          JOB,
          TIME,
          SOURCE,
          TOPIC_SOURCE,
          AVRO,
          PROFILE_TOPIC,
          RAW_FIELD,
          MAP,
          OUTPUTS,
          OUTPUT,
          KAFKA,
          STATE,
          REDIS,
          SCORES,
          SCORES_IN_REDIS,
          GATE,
          BREAKER,
          EVENTS,
          ATTRIBUTE,
          MODEL,
          RETURN_PARAMETERS,
          RATE_PARAMETERS,
          CADENCE_PARAMETERS,
          LEVEL_PARAMETERS,
          DROP_PARAMETERS,
          SCORECARD_PARAMETERS,
          FEATURE,
          SUBSCRIPTION,
          PROVENANCE,
          SPAN_OF_DATES,
          JUDGED,
          SIGNALS,
          SIGNAL,
          SELECTOR,
          POLICY,
          TIMEZONE,
          CONSENT,
          QUIET_HOURS,
          HOLIDAY,
          RELEASE,
          CAP,
          ARBITRATION,
          LANES,
          LANE_EXEMPT,
          MUTE,
          MUTE_EVENT,
          HOLDOUT,
          JOURNEYS,
          BUDGET,
          FALLBACK,
          RATE,
          TRIGGER,
          ACTIVE,
          WHEN,
          EVENT_SHAPE,
          COUNT,
          SUM,
          DISTINCT,
          SEQUENCE,
          STEP,
          ABSENCE,
          AFTER,
          INACTIVE,
          DUE,
          DROP,
          DROPPING,
          SUMMED,
          SCORE,
          MILESTONE,
          CHANGES,
          ENDER,
          COOLDOWN,
          GOAL,
          INTERVENTION,
          COUPON,
          TUTORIAL,
          OUTREACH,
          REMINDER,
          MESSAGE,
          CUSTOM,
          VARIANT,
          TEST,
          TEST_EVENT,
          EXPECT,
          EXPECTED_DECISION,
          EXPECTED_COMMAND,
          EXPECTED_OUTCOME);

  /**
   * The shape called {@code name}.
   *
   * @throws IllegalStateException if there is none
   */
  static Shape named(String name) {
    return ALL.stream()
        .filter(shape -> shape.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no shape " + name));
  }
}
