// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import static io.beckon.language.Field.later;
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
import io.beckon.language.FieldType.Moment;
import io.beckon.language.FieldType.Names;
import io.beckon.language.FieldType.Nested;
import io.beckon.language.FieldType.Several;
import io.beckon.language.FieldType.Special;
import io.beckon.language.FieldType.Table;
import io.beckon.language.FieldType.Text;
import io.beckon.language.FieldType.TimeOfDay;
import io.beckon.language.FieldType.Whole;
import io.beckon.language.FieldType.Word;
import java.util.List;
import java.util.stream.Stream;

/** The field catalogue: every field of every kind of file, in the order of the reference. */
final class Shapes {
  private static final long HOUR_MS = 3_600_000;
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
              optional("state", new Nested("State"), "How state is kept."))
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

  private static final FieldType SELECTED =
      new Special("event type, or [Selector](#selector)", EVENT_NAME, new Nested("Selector"));
  private static final FieldType NUMERIC =
      new Special("numeric attribute, `event.total`; with `of` and `over`");

  static final Shape SIGNAL =
      Shape.of(
              "Signal",
              "A measure: exactly one of the first fourteen fields, and what belongs to it.",
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
              later("model"),
              later("horizon"))
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
              "busiest_hour_of");

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
          later("consent"),
          later("quiet_hours"),
          later("caps"),
          later("arbitration"),
          later("lanes"),
          later("mute"),
          later("holdout"),
          later("budgets"),
          later("rates"));

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
          required("then", new Several("Intervention", 1, 1, true), "What it does."),
          optional("tests", new Several("Test", 0, 1000, false), "Tests of it."),
          later("holdout"),
          later("variants"),
          later("budget"));

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
          "What the trigger is meant to bring about. It keeps the episode open; conversions are"
              + " not recorded yet.",
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
      Shape.of(
              "Intervention",
              "A step: exactly one of these.",
              optional("coupon", new Nested("Coupon"), "An offer."),
              optional("tutorial", new Nested("Tutorial"), "How to do something."),
              optional("outreach", new Nested("Outreach"), "A person calls or writes."),
              optional("reminder", new Nested("Reminder"), "Rights, points, renewals."),
              optional("message", new Nested("Message"), "Care, thanks, celebration."),
              optional("custom", new Nested("Custom"), "Anything else."),
              later("wait"),
              later("if"))
          .oneOf("coupon", "tutorial", "outreach", "reminder", "message", "custom");

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
          new Choice(List.of("now"), List.of("usual_hour", "next_open")),
          "`now`",
          "When it is sent.");

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
    fields.addAll(List.of(TEMPLATE, PARAMS, SEND_AT, later("budget"), later("variants")));
    return new Shape(name, "The fields of this kind of intervention.", false, fields);
  }

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
          required("expect", new Nested("Expect"), "What must come of it."),
          later("holdout"));

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
              "The final decisions, in order."),
          optional(
              "commands",
              new Several("Expected command", 0, 10_000, false),
              "The commands, in order."));

  private static final Field AT = optional("at", new Moment(true), "The decision time.");
  private static final Field OF_TRIGGER =
      optional("trigger", new Word(Form.ID), "The trigger's id.");
  private static final Field OF_VERSION =
      optional("version", new Whole(1, Integer.MAX_VALUE), "The trigger's version.");
  private static final Field OF_STEP = optional("step", new Whole(1, 1), "The step.");

  static final Shape EXPECTED_DECISION =
      Shape.of(
          "Expected decision",
          "The fields written must agree.",
          AT,
          optional(
              "reason",
              new Choice(
                  List.of(
                      "EVICTED",
                      "WARMING_UP",
                      "PAUSED",
                      "NOT_ACTIVE",
                      "NOT_IN_AUDIENCE",
                      "COOLDOWN",
                      "EXPIRED",
                      "CANCELLED",
                      "SHADOW",
                      "ISSUED"),
                  List.of(
                      "NO_CONSENT",
                      "MUTED",
                      "LOST_ARBITRATION",
                      "CAP",
                      "QUIET_DROPPED",
                      "DEFERRED",
                      "HOLDOUT",
                      "BUDGET",
                      "RATE",
                      "OPTED_OUT",
                      "GATE_AWAY")),
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
          optional("lane", Choice.of("marketing", "service"), "The lane."),
          optional("priority", new Whole(0, 100), "The priority."),
          OF_TRIGGER,
          OF_VERSION,
          OF_STEP,
          optional("match", new Table("names and values"), "Values of the instance."),
          optional("fields", new Table("names and values"), "What the kind adds, as `offer`."),
          optional("params", new Table("names and values"), "Values for the template."));

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
          EVENTS,
          ATTRIBUTE,
          SIGNALS,
          SIGNAL,
          SELECTOR,
          POLICY,
          TIMEZONE,
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
          TEST,
          TEST_EVENT,
          EXPECT,
          EXPECTED_DECISION,
          EXPECTED_COMMAND);

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
