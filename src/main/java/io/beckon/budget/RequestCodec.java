// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.budget;

import io.beckon.detect.Episode;
import io.beckon.language.Intervention.Kind;
import io.beckon.language.TriggerDefinition.Lane;
import io.beckon.policy.BudgetRequest;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.policy.Fact;
import io.beckon.policy.Reason;
import io.beckon.state.ByteReader;
import io.beckon.state.ByteWriter;
import io.beckon.state.StateFormatException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.Function;

/**
 * The bytes of requests: what travels to the stage, and what waits in it. What a decision and a
 * fallback share with their command is written once. Names stand for constants, so that their order
 * may change. Not thread-safe.
 */
public final class RequestCodec {
  /** The version written. */
  public static final int VERSION = 1;

  private static final int SPEND = 1;
  private static final int REVOKE = 2;
  private static final int ERASE = 3;

  private static final int AT = 1;
  private static final int LASTING = 2;
  private static final int WHOLE = 3;
  private static final int AMOUNT = 4;
  private static final int TEXT = 5;

  private static final int STRING = 1;
  private static final int LONG = 2;
  private static final int DOUBLE = 3;
  private static final int BOOL = 4;
  private static final int DECIMAL = 5;
  private static final int LIST = 6;

  /** No amount of money is written with more digits than this, before or after the point. */
  private static final int MOST_DIGITS = 1_000;

  private final ByteWriter out = new ByteWriter();

  /** A codec. */
  public RequestCodec() {}

  /** {@code request} as bytes. */
  public byte[] encode(BudgetRequest request) {
    out.reset();
    out.u8(VERSION);
    write(out, request);
    return out.toBytes();
  }

  /**
   * The request of its bytes.
   *
   * @throws StateFormatException if they are damaged, or of a version this one does not know
   */
  public static BudgetRequest decode(byte[] bytes) {
    ByteReader in = new ByteReader(bytes);
    int version = in.u8();
    if (version != VERSION) {
      throw new StateFormatException(
          "a request of version " + version + "; this release reads version " + VERSION);
    }
    BudgetRequest request = read(in);
    in.expectEnd();
    return request;
  }

  static void write(ByteWriter out, BudgetRequest request) {
    if (request instanceof BudgetRequest.Spend spend) {
      out.u8(SPEND);
      out.signed(spend.atMs());
      writeCommand(out, spend.command());
      writeDecision(out, spend.decision(), spend.command());
      out.u8(spend.fallback().isPresent() ? 1 : 0);
      if (spend.fallback().isPresent()) {
        writeLike(out, spend.fallback().get(), spend.command());
      }
      out.signed(spend.sendUntilMs() - spend.atMs());
      out.signed(spend.rememberUntilMs() - spend.atMs());
    } else if (request instanceof BudgetRequest.Revoke revoke) {
      out.u8(REVOKE);
      out.signed(revoke.atMs());
      writeCommand(out, revoke.cancel());
    } else if (request instanceof BudgetRequest.Erase erase) {
      out.u8(ERASE);
      out.signed(erase.atMs());
      out.text(erase.user());
    }
  }

  static BudgetRequest read(ByteReader in) {
    int tag = in.u8();
    long atMs = in.signed();
    if (tag == ERASE) {
      return new BudgetRequest.Erase(atMs, in.text());
    }
    Command command = readCommand(in);
    if (tag == REVOKE) {
      return new BudgetRequest.Revoke(atMs, command);
    }
    if (tag != SPEND) {
      throw new StateFormatException("damaged state: no request has the tag " + tag);
    }
    Decision decision = readDecision(in, command);
    Optional<Command> fallback =
        flag(in) ? Optional.of(readLike(in, command)) : Optional.<Command>empty();
    return new BudgetRequest.Spend(
        atMs, command, decision, fallback, in.signed() + atMs, in.signed() + atMs);
  }

  static void writeCommand(ByteWriter out, Command command) {
    constant(out, command.action());
    writeId(out, command.id());
    out.text(command.job());
    out.text(command.user());
    out.text(command.trigger());
    out.signed(command.version());
    writeEpisode(out, command.episode());
    out.signed(command.step());
    constant(out, command.lane());
    out.signed(command.priority());
    out.signed(command.momentTimeMs());
    out.signed(command.decisionTimeMs() - command.momentTimeMs());
    out.signed(command.notBeforeMs() - command.momentTimeMs());
    out.u8(command.expiresAtMs().isPresent() ? 1 : 0);
    if (command.expiresAtMs().isPresent()) {
      out.signed(command.expiresAtMs().getAsLong() - command.momentTimeMs());
    }
    writeFacts(out, command.evidence());
    writeContents(out, command);
  }

  static Command readCommand(ByteReader in) {
    Command.Action action = constant(in, Command.Action::valueOf);
    UUID id = readId(in);
    String job = in.text();
    String user = in.text();
    String trigger = in.text();
    int version = whole(in);
    Episode episode = readEpisode(in);
    int step = whole(in);
    Lane lane = constant(in, Lane::valueOf);
    int priority = whole(in);
    long momentMs = in.signed();
    long decisionMs = in.signed() + momentMs;
    long notBeforeMs = in.signed() + momentMs;
    OptionalLong expiresAtMs =
        flag(in) ? OptionalLong.of(in.signed() + momentMs) : OptionalLong.empty();
    List<Fact> evidence = readFacts(in);
    return new Command(
        id,
        action,
        job,
        user,
        trigger,
        version,
        episode,
        step,
        constant(in, Kind::valueOf),
        readText(in),
        readText(in),
        readValues(in),
        readValues(in),
        readText(in),
        readText(in),
        readCost(in),
        lane,
        priority,
        momentMs,
        decisionMs,
        notBeforeMs,
        expiresAtMs,
        evidence);
  }

  /** What a command and its fallback do not share. */
  private static void writeContents(ByteWriter out, Command command) {
    constant(out, command.kind());
    writeText(out, command.channel());
    writeText(out, command.template());
    writeValues(out, command.fields());
    writeValues(out, command.params());
    writeText(out, command.variant());
    writeText(out, command.budget());
    out.u8(command.cost().isPresent() ? 1 : 0);
    command.cost().ifPresent(cost -> writeDecimal(out, cost));
  }

  /** Writes {@code command} without what it shares with {@code other}, if it shares all of that. */
  private static void writeLike(ByteWriter out, Command command, Command other) {
    boolean same = like(command, other).equals(command);
    out.u8(same ? 1 : 0);
    if (same) {
      writeContents(out, command);
    } else {
      writeCommand(out, command);
    }
  }

  private static Command readLike(ByteReader in, Command other) {
    if (!flag(in)) {
      return readCommand(in);
    }
    return like(
        constant(in, Kind::valueOf),
        readText(in),
        readText(in),
        readValues(in),
        readValues(in),
        readText(in),
        readText(in),
        readCost(in),
        other);
  }

  /** {@code command}, everything but its contents taken from {@code other}. */
  private static Command like(Command command, Command other) {
    return like(
        command.kind(),
        command.channel(),
        command.template(),
        command.fields(),
        command.params(),
        command.variant(),
        command.budget(),
        command.cost(),
        other);
  }

  private static Command like(
      Kind kind,
      Optional<String> channel,
      Optional<String> template,
      List<Command.Value> fields,
      List<Command.Value> params,
      Optional<String> variant,
      Optional<String> budget,
      Optional<BigDecimal> cost,
      Command other) {
    return new Command(
        other.id(),
        other.action(),
        other.job(),
        other.user(),
        other.trigger(),
        other.version(),
        other.episode(),
        other.step(),
        kind,
        channel,
        template,
        fields,
        params,
        variant,
        budget,
        cost,
        other.lane(),
        other.priority(),
        other.momentTimeMs(),
        other.decisionTimeMs(),
        other.notBeforeMs(),
        other.expiresAtMs(),
        other.evidence());
  }

  static void writeDecision(ByteWriter out, Decision decision, Command command) {
    boolean same = of(command, decision.reason(), decision.compared()).equals(decision);
    out.u8(same ? 1 : 0);
    constant(out, decision.reason());
    writeFacts(out, decision.compared());
    if (same) {
      return;
    }
    out.text(decision.user());
    out.text(decision.trigger());
    out.signed(decision.version());
    writeEpisode(out, decision.episode());
    out.signed(decision.step());
    out.signed(decision.momentTimeMs());
    out.signed(decision.decisionTimeMs());
    writeId(out, decision.commandId());
    writeFacts(out, decision.evidence());
  }

  static Decision readDecision(ByteReader in, Command command) {
    boolean same = flag(in);
    Reason reason = constant(in, Reason::valueOf);
    List<Fact> compared = readFacts(in);
    if (same) {
      return of(command, reason, compared);
    }
    return new Decision(
        in.text(),
        in.text(),
        whole(in),
        readEpisode(in),
        whole(in),
        in.signed(),
        in.signed(),
        reason,
        readId(in),
        readFacts(in),
        compared);
  }

  /** The decision of {@code command}, as it usually is. */
  private static Decision of(Command command, Reason reason, List<Fact> compared) {
    return new Decision(
        command.user(),
        command.trigger(),
        command.version(),
        command.episode(),
        command.step(),
        command.momentTimeMs(),
        command.decisionTimeMs(),
        reason,
        command.id(),
        command.evidence(),
        compared);
  }

  private static void writeEpisode(ByteWriter out, Episode episode) {
    out.count(episode.match().size());
    for (Episode.MatchValue match : episode.match()) {
      out.text(match.name());
      writeValue(out, match.value());
    }
    out.text(episode.anchor());
  }

  private static Episode readEpisode(ByteReader in) {
    int count = in.size(2);
    List<Episode.MatchValue> match = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      match.add(new Episode.MatchValue(in.text(), readValue(in)));
    }
    return new Episode(match, in.text());
  }

  static void writeFacts(ByteWriter out, List<Fact> facts) {
    out.count(facts.size());
    for (Fact fact : facts) {
      if (fact instanceof Fact.At at) {
        name(out, AT, at).signed(at.timeMs());
      } else if (fact instanceof Fact.Lasting lasting) {
        name(out, LASTING, lasting).signed(lasting.durationMs());
      } else if (fact instanceof Fact.Whole whole) {
        name(out, WHOLE, whole).signed(whole.value());
      } else if (fact instanceof Fact.Amount amount) {
        writeDecimal(name(out, AMOUNT, amount), amount.value());
      } else if (fact instanceof Fact.Text text) {
        name(out, TEXT, text).text(text.value());
      }
    }
  }

  private static ByteWriter name(ByteWriter out, int tag, Fact fact) {
    out.u8(tag);
    out.text(fact.name());
    return out;
  }

  static List<Fact> readFacts(ByteReader in) {
    int count = in.size(3);
    List<Fact> facts = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int tag = in.u8();
      String name = in.text();
      facts.add(
          switch (tag) {
            case AT -> new Fact.At(name, in.signed());
            case LASTING -> new Fact.Lasting(name, in.signed());
            case WHOLE -> new Fact.Whole(name, in.signed());
            case AMOUNT -> new Fact.Amount(name, readDecimal(in));
            case TEXT -> new Fact.Text(name, in.text());
            default -> throw new StateFormatException("damaged state: no fact has the tag " + tag);
          });
    }
    return facts;
  }

  private static void writeValues(ByteWriter out, List<Command.Value> values) {
    out.count(values.size());
    for (Command.Value value : values) {
      out.text(value.name());
      writeValue(out, value.value());
    }
  }

  private static List<Command.Value> readValues(ByteReader in) {
    int count = in.size(2);
    List<Command.Value> values = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      values.add(new Command.Value(in.text(), readValue(in)));
    }
    return values;
  }

  private static void writeValue(ByteWriter out, Object value) {
    if (value instanceof String text) {
      out.u8(STRING);
      out.text(text);
    } else if (value instanceof Long whole) {
      out.u8(LONG);
      out.signed(whole);
    } else if (value instanceof Double real) {
      out.u8(DOUBLE);
      out.i64(Double.doubleToLongBits(real));
    } else if (value instanceof Boolean bool) {
      out.u8(BOOL);
      out.u8(bool ? 1 : 0);
    } else if (value instanceof BigDecimal decimal) {
      out.u8(DECIMAL);
      writeDecimal(out, decimal);
    } else if (value instanceof List<?> list) {
      out.u8(LIST);
      out.count(list.size());
      for (Object item : list) {
        writeValue(out, item);
      }
    } else {
      throw new IllegalStateException("not a value of a command: " + value.getClass());
    }
  }

  private static Object readValue(ByteReader in) {
    int tag = in.u8();
    if (tag != LIST) {
      return readSingle(in, tag);
    }
    int count = in.size(2);
    List<Object> list = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      list.add(readSingle(in, in.u8()));
    }
    return list;
  }

  private static Object readSingle(ByteReader in, int tag) {
    return switch (tag) {
      case STRING -> in.text();
      case LONG -> in.signed();
      case DOUBLE -> Double.longBitsToDouble(in.i64());
      case BOOL -> flag(in);
      case DECIMAL -> readDecimal(in);
      default -> throw new StateFormatException("damaged state: no value has the tag " + tag);
    };
  }

  static void writeDecimal(ByteWriter out, BigDecimal value) {
    byte[] unscaled = value.unscaledValue().toByteArray();
    out.signed(value.scale());
    out.count(unscaled.length);
    out.bytes(unscaled, 0, unscaled.length);
  }

  static BigDecimal readDecimal(ByteReader in) {
    long scale = in.signed();
    int length = in.size(1);
    if (Math.abs(scale) > MOST_DIGITS || length == 0 || length > MOST_DIGITS) {
      throw new StateFormatException(
          "damaged state: a decimal of " + length + " bytes and the scale " + scale);
    }
    return new BigDecimal(new BigInteger(in.bytes(length)), (int) scale);
  }

  private static Optional<BigDecimal> readCost(ByteReader in) {
    return flag(in) ? Optional.of(readDecimal(in)) : Optional.empty();
  }

  static void writeText(ByteWriter out, Optional<String> text) {
    out.u8(text.isPresent() ? 1 : 0);
    text.ifPresent(out::text);
  }

  static Optional<String> readText(ByteReader in) {
    return flag(in) ? Optional.of(in.text()) : Optional.empty();
  }

  static void writeId(ByteWriter out, UUID id) {
    out.i64(id.getMostSignificantBits());
    out.i64(id.getLeastSignificantBits());
  }

  static UUID readId(ByteReader in) {
    long most = in.i64();
    return new UUID(most, in.i64());
  }

  static void constant(ByteWriter out, Enum<?> constant) {
    out.text(constant.name());
  }

  static <E> E constant(ByteReader in, Function<String, E> valueOf) {
    String name = in.text();
    try {
      return valueOf.apply(name);
    } catch (IllegalArgumentException e) {
      throw new StateFormatException("damaged state: nothing is called " + name);
    }
  }

  static boolean flag(ByteReader in) {
    int value = in.u8();
    if (value > 1) {
      throw new StateFormatException("damaged state: " + value + " is neither yes nor no");
    }
    return value == 1;
  }

  private static int whole(ByteReader in) {
    long value = in.signed();
    if (value != (int) value) {
      throw new StateFormatException("damaged state: " + value + " is too large");
    }
    return (int) value;
  }
}
