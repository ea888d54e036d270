// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.engine.EngineOutput.TriggerCounter;
import io.beckon.event.Event;
import io.beckon.language.JobDefinition;
import io.beckon.language.TriggerDefinition;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.policy.Reason;
import io.beckon.simulate.Persona;
import io.beckon.simulate.Simulation;
import io.beckon.wire.JsonLines;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Tells what a run notices, decides and why, while it runs: a line a decision. */
final class DemoView implements Backtest.Observer {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("EEE HH:mm", Locale.ENGLISH);

  /** How often a report without a terminal tells the time. */
  private static final long PLAIN_CLOCK_MS = 3 * 3_600_000L;

  private static final int LONGEST_PERSONA = 14;

  /** How a line's end is coloured. */
  private enum Colour {
    SENT("\u001b[32m"),
    LEFT_ALONE("\u001b[33m"),
    TAKEN_BACK("\u001b[36m");

    private final String code;

    Colour(String code) {
      this.code = code;
    }
  }

  /**
   * A command that was sent.
   *
   * @param user the number of the user
   * @param item what it was about; empty if nothing
   */
  record Sent(int user, String item, long momentMs) {}

  private final JobDefinition job;
  private final Simulation simulation;
  private final Optional<Pace> pace;
  private final PrintWriter out;
  private final boolean terminal;
  private final boolean colours;
  private final PlainWords words;
  private final JsonLines lines = new JsonLines();
  private final JsonMapper json = JsonMapper.shared();
  private final List<Sent> sent = new ArrayList<>();
  private final Map<Persona, Integer> sentTo = new EnumMap<>(Persona.class);
  private long clockMs;
  private long nextPlainClockMs;
  private long events;
  private long moments;
  private long takenBack;
  private long prevented;
  private long hidden;
  private boolean clockShown;

  /**
   * A view of a run over the events of {@code simulation}.
   *
   * @param startMs where virtual time begins
   * @param pace none: as fast as the run goes
   * @param colours whether lines are coloured on a terminal
   */
  DemoView(
      JobDefinition job,
      Simulation simulation,
      long startMs,
      Optional<Pace> pace,
      Console console,
      boolean colours) {
    this.job = job;
    this.simulation = simulation;
    this.pace = pace;
    this.out = console.out();
    this.terminal = console.terminal();
    this.colours = terminal && colours;
    this.words = new PlainWords(job);
    this.clockMs = startMs;
    this.nextPlainClockMs = startMs + PLAIN_CLOCK_MS;
  }

  @Override
  public void at(long bytesRead, long records) {
    // Time is what moves here, not bytes.
  }

  @Override
  public void read(Event event) {
    read(event.timeMs(), () -> {});
  }

  /**
   * An event is read; waits until it is time for it.
   *
   * @param meanwhile called about ten times a second while waiting
   */
  void read(long eventTimeMs, Runnable meanwhile) {
    if (!terminal && clockMs >= nextPlainClockMs) {
      nextPlainClockMs = clockMs - clockMs % PLAIN_CLOCK_MS + PLAIN_CLOCK_MS;
      out.println("-- " + clock(clockMs));
      out.flush();
    }
    long timeMs = Math.max(clockMs, eventTimeMs);
    pace.ifPresent(
        p ->
            p.await(
                timeMs,
                now -> {
                  showClock(now);
                  meanwhile.run();
                }));
    clockMs = timeMs;
    events++;
  }

  @Override
  public void decision(Decision decision) {
    decision(json.readTree(lines.decision(decision)));
  }

  /** A moment was decided, says a line of the output. */
  void decision(JsonNode decision) {
    moments++;
    String why = reason(decision);
    if (!why.isEmpty()) {
      show(
          decision,
          words.noticed(text(decision, "trigger"), decision.path("evidence")),
          Colour.LEFT_ALONE,
          "nothing, " + text(decision, "reason") + ": " + why);
    }
  }

  @Override
  public void command(Command command) {
    command(json.readTree(lines.command(command)));
  }

  /** A command was issued or revoked, says a line of the output. */
  void command(JsonNode command) {
    String channel = text(command, "channel");
    String what = text(command, "kind") + (channel.isEmpty() ? "" : " by " + channel);
    switch (Command.Action.valueOf(text(command, "action"))) {
      case ISSUE -> {
        int user = number(text(command, "user"));
        sent.add(new Sent(user, item(command), timeMs(command, "moment_time")));
        sentTo.merge(simulation.persona(user), 1, Integer::sum);
        String noticed = words.noticed(text(command, "trigger"), command.path("evidence"));
        show(command, noticed, Colour.SENT, what);
      }
      case CANCEL -> {
        takenBack++;
        String noticed = cancelOn(text(command, "trigger")) + " after all";
        show(command, noticed, Colour.TAKEN_BACK, what + " taken back");
      }
    }
  }

  @Override
  public void count(TriggerCounter counter, String trigger) {
    if (counter == TriggerCounter.PREVENTED) {
      prevented++;
    }
  }

  private static String text(JsonNode line, String name) {
    JsonNode value = line.path(name);
    return value.isString() ? value.asString() : "";
  }

  private static long timeMs(JsonNode line, String name) {
    return Instant.parse(text(line, name)).toEpochMilli();
  }

  private String cancelOn(String trigger) {
    StringJoiner types = new StringJoiner(" or ");
    for (TriggerDefinition each : job.triggers()) {
      if (each.id().equals(trigger)) {
        each.cancelOn()
            .forEach(ender -> types.add(ender.selector().type().name().replace('_', ' ')));
      }
    }
    return types.toString();
  }

  private static String item(JsonNode line) {
    StringJoiner values = new StringJoiner(", ");
    line.path("match").forEach(value -> values.add(value.asString()));
    return values.toString();
  }

  private static int number(String user) {
    return Integer.parseInt(user.substring(1)) - 1;
  }

  /** Why nothing was sent; empty if something was. */
  private String reason(JsonNode decision) {
    return switch (Reason.valueOf(text(decision, "reason"))) {
      case EVICTED -> "newer ones took its place";
      case WARMING_UP -> "history is read, not acted on";
      case PAUSED -> "the trigger is paused";
      case NOT_ACTIVE -> "not on this day";
      case NOT_IN_AUDIENCE -> "not for this user";
      case COOLDOWN -> {
        JsonNode compared = decision.path("compared");
        String last = time(timeMs(compared, "last"));
        yield "the last was " + last + ", only one in " + text(compared, "cooldown");
      }
      case NO_CONSENT -> "the user has not agreed to it";
      case MUTED -> "a complaint is open";
      case LOST_ARBITRATION -> "another came first";
      case CAP -> "enough for now: the cap " + text(decision.path("compared"), "cap");
      case QUIET_DROPPED -> "in quiet hours";
      case EXPIRED -> "too late to be of use";
      case CANCELLED -> cancelOn(text(decision, "trigger")) + " meanwhile";
      case SHADOW -> "the trigger only watches";
      case HOLDOUT -> "held out, to see what happens without";
      case BUDGET -> "the budget is spent";
      case RATE -> "as many as the rate allows have gone out";
      case OPTED_OUT -> "the user has opted out";
      case GATE_AWAY -> "the last gate could not be asked";
      case DEFERRED -> "held until later";
      case ISSUED -> "";
    };
  }

  private void show(JsonNode line, String noticed, Colour colour, String decided) {
    long atMs = timeMs(line, "decision_time");
    String user = text(line, "user");
    if (pace.isPresent() && !pace.get().turn(atMs)) {
      hidden++;
      return;
    }
    hideClock();
    if (hidden > 0) {
      out.println("           … and " + hidden + " more in between");
      hidden = 0;
    }
    String persona = simulation.persona(number(user)).words();
    out.println(
        String.format(
            Locale.ROOT,
            "%s  %-5s %-" + LONGEST_PERSONA + "s  %s: %s %s",
            time(atMs),
            user,
            persona,
            item(line),
            noticed,
            coloured(colour, "→ " + decided)));
    showClock(clockMs);
    out.flush();
  }

  private String coloured(Colour colour, String text) {
    return colours ? colour.code + text + "\u001b[0m" : text;
  }

  private String time(long timeMs) {
    return TIME.format(Instant.ofEpochMilli(timeMs).atZone(job.zone()));
  }

  private String clock(long timeMs) {
    return String.format(
        Locale.ROOT,
        "%s  %,d event%s, %,d moment%s, %,d sent, %,d taken back%s",
        time(timeMs),
        events,
        events == 1 ? "" : "s",
        moments,
        moments == 1 ? "" : "s",
        sent.size(),
        takenBack,
        // Lines of output do not tell.
        prevented == 0 ? "" : String.format(Locale.ROOT, ", %,d not needed", prevented));
  }

  private void showClock(long timeMs) {
    if (terminal) {
      hideClock();
      out.print(clock(timeMs));
      out.flush();
      clockShown = true;
    }
  }

  private void hideClock() {
    if (clockShown) {
      out.print("\r\u001b[2K");
      clockShown = false;
    }
  }

  /** Ends the story. */
  void close() {
    hideClock();
    if (hidden > 0) {
      out.println("           … and " + hidden + " more");
      hidden = 0;
    }
  }

  /** The commands sent. */
  List<Sent> sent() {
    return List.copyOf(sent);
  }

  /** How many commands were sent to users of each persona. */
  Map<Persona, Integer> sentTo() {
    return new EnumMap<>(sentTo);
  }
}
