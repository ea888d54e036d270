// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import static io.beckon.language.Field.later;
import static io.beckon.language.Field.optional;
import static io.beckon.language.Field.required;

import io.beckon.calendar.Durations;
import io.beckon.language.FieldType.Cel;
import io.beckon.language.FieldType.Choice;
import io.beckon.language.FieldType.Date;
import io.beckon.language.FieldType.Decimal;
import io.beckon.language.FieldType.Duration;
import io.beckon.language.FieldType.EventName;
import io.beckon.language.FieldType.Flag;
import io.beckon.language.FieldType.Form;
import io.beckon.language.FieldType.Moment;
import io.beckon.language.FieldType.Names;
import io.beckon.language.FieldType.Nested;
import io.beckon.language.FieldType.Several;
import io.beckon.language.FieldType.Special;
import io.beckon.language.FieldType.Table;
import io.beckon.language.FieldType.Text;
import io.beckon.language.FieldType.Whole;
import io.beckon.language.FieldType.Word;
import java.util.List;

/** The field catalogue: every field of every kind of file, in the order of the reference. */
final class Shapes {
  private static final long MOST_MS = 400 * Durations.DAY_MS;
  private static final FieldType WINDOW = new Duration(1, MOST_MS);
  private static final FieldType SPAN = new Duration(0, MOST_MS);
  private static final FieldType CONDITION = new Cel("true or false");
  private static final FieldType EVENT_NAME = new EventName();
  private static final FieldType NAMES = new Names();
  private static final FieldType TEXT = new Text();
  private static final FieldType TYPE =
      Choice.of(
          "string", "int", "double", "decimal", "bool", "timestamp", "list(string)", "list(int)");

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
              new Table("names, each with a [Topic source](#topic-source)"),
              "Where events come from: topics. Either `source` or `sources` is written."),
          optional("outputs", new Nested("Outputs"), "The topics that results go to."),
          optional("kafka", new Nested("Kafka"), "How to reach Kafka; with `sources`."),
          optional(
              "delivery",
              Choice.of("exactly_once", "at_least_once"),
              "`exactly_once`",
              "Whether results appear once, with the next checkpoint, or at once and, after a"
                  + " failure, some of them again."),
          optional("state", new Nested("State"), "How a live job keeps its state."));

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
          new Table("raw field names and their types, or [Raw field](#raw-field)"),
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
          optional("format", Choice.of("json"), "`json`", "The format of the records' values."),
          optional(
              "id",
              new Special("`content` \\| `offset` \\| a field of `record`"),
              "`content`",
              "Where an event's id comes from."),
          RECORD,
          MAPPED);

  private static Field output(String name, String doc) {
    return optional(name, new Nested("Output"), "`<job>." + name.replace('_', '-') + "`", doc);
  }

  static final Shape OUTPUTS =
      Shape.of(
          "Outputs",
          "The topics that results go to.",
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
              new Table("client properties and their values"),
              "Of every Kafka client, beside those that Beckon sets."),
          optional(
              "secrets",
              new Table("client properties and the environment variables that hold their values"),
              "Properties whose values are in no file and no message."));

  static final Shape STATE =
      Shape.of(
          "State",
          "How a live job keeps its state.",
          optional(
              "backend",
              Choice.of("heap", "rocksdb"),
              "`rocksdb`",
              "In memory, or on local disk for as many users as fit there."));

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
              "types", new Table("values of `type` and the event types they mean"), "Renames."),
          required("user", new Cel("text"), "Who did it."),
          required("time", new Cel("timestamp, or whole epoch milliseconds"), "When it happened."),
          optional(
              "attributes",
              new Table("attribute names and expressions"),
              "Fills the attribute of that name in every event type that has it."));

  static final Shape EVENTS =
      Shape.of(
          "Events",
          "The file `events.yaml`.",
          API_VERSION,
          kind("Events"),
          required(
              "events",
              new Table("event type names, each with attribute names and their types"),
              "The event types and their attributes; each type or [Attribute](#attribute)."),
          optional(
              "user",
              new Table("attribute names and their types, or [Attribute](#attribute)"),
              "The attributes of a user's profile."));

  static final Shape ATTRIBUTE =
      Shape.of(
          "Attribute",
          "An attribute; the type alone is short for it.",
          required("type", TYPE, "The type of its values."),
          optional("required", new Flag(), "`false`", "Whether an event without it is refused."));

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
              new Special("duration above 0, or [Cooldown](#cooldown)"),
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
              new Special("event type, or [Event shape](#event-shape)"),
              "Each such event."),
          optional("count", new Nested("Count"), "Several within a window."),
          optional("sum", new Nested("Sum"), "A sum over a window."),
          optional("distinct", new Nested("Distinct"), "Different values within a window."),
          optional("sequence", new Nested("Sequence"), "One after the other."),
          optional("absence", new Nested("Absence"), "Something that does not follow."),
          SHORT_WHERE,
          SHORT_MATCH,
          later("inactive"),
          later("due"),
          later("drop"),
          later("score"),
          later("milestone"),
          later("changes"));

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
          required("at_least", new Decimal(true), "The sum to reach."),
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

  static final Shape AFTER =
      Shape.of(
          "After",
          "What begins the wait: exactly one of these.",
          optional(
              "event",
              new Special("event type, or [Event shape](#event-shape)"),
              "Each such event."),
          optional("count", new Nested("Count"), "Several within a window."),
          optional("sequence", new Nested("Sequence"), "One after the other."),
          SHORT_WHERE,
          SHORT_MATCH);

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
          later("if"));

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
          optional("value", new Decimal(false), "What it is worth."));

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
          optional("history", new Several("Test event", 0, 10_000, false), "Events before."),
          optional("events", new Several("Test event", 0, 10_000, false), "What happens."),
          optional(
              "until",
              new Moment(true),
              "until nothing is open",
              "The watermark at the end, inclusive."),
          required("expect", new Nested("Expect"), "What must come of it."),
          later("signals"),
          later("holdout"));

  static final Shape TEST_EVENT =
      Shape.open(
          "Test event",
          "An event; its attributes stand beside these fields.",
          required("at", new Moment(true), "When it happens."),
          EVENT,
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
              "More attributes: those that share a name with a field of a test event."));

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
                      "PAUSED",
                      "NOT_ACTIVE",
                      "NOT_IN_AUDIENCE",
                      "COOLDOWN",
                      "EXPIRED",
                      "CANCELLED",
                      "SHADOW",
                      "ISSUED"),
                  List.of(
                      "WARMING_UP",
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
          RAW_FIELD,
          MAP,
          OUTPUTS,
          OUTPUT,
          KAFKA,
          STATE,
          EVENTS,
          ATTRIBUTE,
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
