// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.policy;

import io.beckon.calendar.LocalDays;
import io.beckon.detect.Episode;
import io.beckon.detect.Moment;
import io.beckon.event.Attribute;
import io.beckon.event.AttributeType;
import io.beckon.event.Event;
import io.beckon.event.RecordType;
import io.beckon.event.Slots;
import io.beckon.language.Intervention;
import io.beckon.language.TriggerDefinition;
import io.beckon.language.TriggerDefinition.ActiveDates;
import io.beckon.language.TriggerDefinition.Mode;
import io.beckon.language.expression.Expression;
import io.beckon.language.expression.Frame;
import io.beckon.language.expression.Scope;
import io.beckon.language.expression.Verdict;
import io.beckon.plan.InstanceKey;
import io.beckon.plan.Plan;
import io.beckon.plan.SignalRead;
import io.beckon.plan.TriggerPlan;
import io.beckon.signal.SignalValues;
import io.beckon.state.IssuedEpisode;
import io.beckon.state.UserState;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * Decides moments: runs the checks of {@link Reason} in their order, keeps the ledger, makes
 * commands. Not thread-safe; owned by one engine.
 */
public final class Judge {
  /** An intervention has one step so far. */
  private static final int STEP = 1;

  private final Plan plan;
  private final CommandIds ids;
  private final Frame frame;
  private final SignalValues signals;
  private final long sendFromMs;

  /**
   * What became of a moment.
   *
   * @param command if it was ISSUED
   * @param missed whether {@code if} or a param missed a value
   */
  public record Judgement(Decision decision, Optional<Command> command, boolean missed) {}

  /** The numbers a reason rests on, gathered while checking. */
  private record Verdicts(Reason reason, List<Fact> compared, boolean missed) {
    static Verdicts of(Reason reason, Fact... compared) {
      return new Verdicts(reason, List.of(compared), false);
    }
  }

  /**
   * A judge of {@code plan}'s moments.
   *
   * @param sendFromMs moments before it are {@link Reason#WARMING_UP}
   */
  public Judge(Plan plan, SignalValues signals, long sendFromMs) {
    this.plan = plan;
    this.ids = new CommandIds(plan.job().id());
    this.signals = signals;
    this.sendFromMs = sendFromMs;
    RecordType any = plan.noProfile().type();
    this.frame = new Frame(Scope.moment(any, any, any, any));
  }

  /**
   * Decides {@code moment}.
   *
   * @param sendTimeMs the send clock; not looked at in a replay
   */
  public Judgement judge(UserState state, Moment moment, long sendTimeMs) {
    TriggerPlan trigger = moment.trigger();
    long decidedMs = plan.isReplay() ? moment.timeMs() : sendTimeMs;
    Slots signalled = signals.at(state, trigger, moment.timeMs());
    frame
        .set(Scope.EVENT, moment.event())
        .set(Scope.USER, state.profileAt(moment.timeMs()))
        .set(Scope.MOMENT, moment.observed())
        .set(Scope.SIGNAL, signalled);
    Verdicts verdicts = check(state, moment, decidedMs);
    Episode episode = moment.episode();
    UUID id = ids.of(state.user(), trigger.id(), episode, STEP);
    List<Fact> evidence = evidence(moment, signalled);
    Decision decision =
        new Decision(
            state.user(),
            trigger.id(),
            trigger.definition().version(),
            episode,
            STEP,
            moment.timeMs(),
            decidedMs,
            verdicts.reason(),
            id,
            evidence,
            verdicts.compared());
    if (verdicts.reason() == Reason.ISSUED || verdicts.reason() == Reason.SHADOW) {
      state.cooldowns().start(trigger, moment.key(), moment.timeMs());
    }
    Optional<Command> command =
        verdicts.reason() == Reason.ISSUED
            ? Optional.of(command(state.user(), moment, episode, id, decidedMs, evidence))
            : Optional.empty();
    boolean missed =
        verdicts.missed()
            || (command.isPresent()
                && command.get().params().size() < trigger.definition().then().params().size());
    return new Judgement(decision, command, missed);
  }

  private Verdicts check(UserState state, Moment moment, long decidedMs) {
    TriggerPlan trigger = moment.trigger();
    TriggerDefinition definition = trigger.definition();
    if (moment.outcome() == Moment.Outcome.EVICTED) {
      return Verdicts.of(
          Reason.EVICTED, new Fact.Whole("max_instances", definition.maxInstances()));
    }
    if (moment.timeMs() < sendFromMs) {
      return Verdicts.of(Reason.WARMING_UP, new Fact.At("send_from", sendFromMs));
    }
    if (definition.mode() == Mode.PAUSED) {
      return Verdicts.of(Reason.PAUSED);
    }
    if (definition.active().isPresent()) {
      LocalDate date = LocalDays.dateAt(moment.timeMs(), plan.job().zone());
      if (!contains(definition.active().get(), date)) {
        return Verdicts.of(Reason.NOT_ACTIVE, new Fact.Text("date", date.toString()));
      }
    }
    if (definition.audience().isPresent()) {
      Expression audience = definition.audience().get();
      Verdict verdict = audience.test(frame);
      if (verdict != Verdict.TRUE) {
        return new Verdicts(
            Reason.NOT_IN_AUDIENCE,
            List.of(new Fact.Text("if", verdict == Verdict.FALSE ? "false" : "missing")),
            verdict == Verdict.MISSING);
      }
    }
    OptionalLong covering = state.cooldowns().covering(trigger, moment.key(), moment.timeMs());
    if (covering.isPresent()) {
      return Verdicts.of(
          Reason.COOLDOWN,
          new Fact.At("last", covering.getAsLong()),
          new Fact.Lasting("cooldown", trigger.cooldownMs().orElse(0)));
    }
    OptionalLong expiresInMs = definition.expiresInMs();
    if (expiresInMs.isPresent() && decidedMs > moment.timeMs() + expiresInMs.getAsLong()) {
      return Verdicts.of(
          Reason.EXPIRED, new Fact.At("expires_at", moment.timeMs() + expiresInMs.getAsLong()));
    }
    if (moment.outcome() == Moment.Outcome.CANCELLED) {
      return Verdicts.of(Reason.CANCELLED);
    }
    return Verdicts.of(trigger.isShadow() ? Reason.SHADOW : Reason.ISSUED);
  }

  private static boolean contains(ActiveDates active, LocalDate date) {
    return !active.from().filter(date::isBefore).isPresent()
        && !active.until().filter(date::isAfter).isPresent();
  }

  /** The command that revokes an issued episode; it carries the id of what it revokes. */
  public Command revoke(
      String user,
      TriggerPlan trigger,
      InstanceKey key,
      IssuedEpisode episode,
      Event by,
      long sendTimeMs) {
    TriggerDefinition definition = trigger.definition();
    Episode revoked = Episode.of(trigger, key, episode.anchor());
    long decidedMs = plan.isReplay() ? Math.max(by.timeMs(), episode.momentMs()) : sendTimeMs;
    Intervention then = definition.then();
    return new Command(
        ids.of(user, trigger.id(), revoked, STEP),
        Command.Action.CANCEL,
        plan.job().id(),
        user,
        trigger.id(),
        definition.version(),
        revoked,
        STEP,
        then.kind(),
        then.channel(),
        then.template(),
        List.of(),
        List.of(),
        definition.lane(),
        definition.priority(),
        episode.momentMs(),
        decidedMs,
        decidedMs,
        OptionalLong.empty(),
        List.of(
            new Fact.Text("cancelled_by", by.type().name()),
            new Fact.At("cancelled_at", by.timeMs())));
  }

  private Command command(
      String user, Moment moment, Episode episode, UUID id, long decidedMs, List<Fact> evidence) {
    TriggerPlan trigger = moment.trigger();
    TriggerDefinition definition = trigger.definition();
    Intervention then = definition.then();
    OptionalLong expiresInMs = definition.expiresInMs();
    return new Command(
        id,
        Command.Action.ISSUE,
        plan.job().id(),
        user,
        trigger.id(),
        definition.version(),
        episode,
        STEP,
        then.kind(),
        then.channel(),
        then.template(),
        then.fields().stream().map(f -> new Command.Value(f.name(), f.value())).toList(),
        params(then),
        definition.lane(),
        definition.priority(),
        moment.timeMs(),
        decidedMs,
        decidedMs,
        expiresInMs.isPresent()
            ? OptionalLong.of(moment.timeMs() + expiresInMs.getAsLong())
            : OptionalLong.empty(),
        evidence);
  }

  private List<Command.Value> params(Intervention then) {
    List<Command.Value> values = new ArrayList<>(then.params().size());
    for (Intervention.Param param : then.params()) {
      value(param).ifPresent(v -> values.add(new Command.Value(param.name(), v)));
    }
    return values;
  }

  /**
   * A single expression keeps its type; parts are joined as text; a missing part makes it missing.
   */
  private Optional<Object> value(Intervention.Param param) {
    if (param.parts().size() == 1
        && param.parts().get(0) instanceof Intervention.Part.Computed computed) {
      Object value = computed.expression().evaluate(frame);
      return value != null && computed.expression().type() == AttributeType.TIMESTAMP
          ? Optional.of(asText(computed.expression(), value))
          : Optional.ofNullable(value);
    }
    StringBuilder text = new StringBuilder();
    for (Intervention.Part part : param.parts()) {
      if (part instanceof Intervention.Part.Text plain) {
        text.append(plain.text());
      } else if (part instanceof Intervention.Part.Computed computed) {
        Object value = computed.expression().evaluate(frame);
        if (value == null) {
          return Optional.empty();
        }
        text.append(asText(computed.expression(), value));
      }
    }
    return Optional.of(text.toString());
  }

  /** As {@code string()} of an expression has it; a decimal without an exponent. */
  private static String asText(Expression expression, Object value) {
    if (value instanceof BigDecimal decimal) {
      return decimal.toPlainString();
    }
    return expression.type() == AttributeType.TIMESTAMP && value instanceof Long timeMs
        ? Instant.ofEpochMilli(timeMs).toString()
        : value.toString();
  }

  /**
   * What the moment observed, its time aside, which every record has, and what the signals said
   * that the trigger reads.
   */
  private static List<Fact> evidence(Moment moment, Slots signals) {
    List<Fact> facts = new ArrayList<>(4);
    TriggerPlan trigger = moment.trigger();
    Slots observed = moment.observed();
    RecordType type = observed.type();
    for (int slot = 0; slot < type.size(); slot++) {
      Attribute attribute = type.attribute(slot);
      if (observed.has(slot) && !attribute.name().equals("time")) {
        facts.add(fact(attribute.name(), attribute, observed, slot));
      }
      if (attribute.name().equals("since")
          && trigger.isAbsence()
          && moment.firstMs() != moment.sinceMs()) {
        facts.add(new Fact.At("first", moment.firstMs()));
      }
    }
    if (trigger.opensBefore()) {
      facts.add(new Fact.Lasting("waited", moment.timeMs() - moment.sinceMs()));
    }
    for (SignalRead read : trigger.reads()) {
      if (signals.has(read.slot())) {
        Attribute signal = signals.type().attribute(read.slot());
        facts.add(fact("signal." + signal.name(), signal, signals, read.slot()));
      }
    }
    return facts;
  }

  /** Sums of numbers that are finite need not be. */
  private static Fact number(String name, double value) {
    return Double.isFinite(value)
        ? new Fact.Amount(name, BigDecimal.valueOf(value))
        : new Fact.Text(name, Double.toString(value));
  }

  private static Fact fact(String name, Attribute attribute, Slots values, int slot) {
    return switch (attribute.type()) {
      case TIMESTAMP -> new Fact.At(name, values.longAt(slot));
      case DURATION -> new Fact.Lasting(name, values.longAt(slot));
      case INT -> new Fact.Whole(name, values.longAt(slot));
      case DECIMAL -> new Fact.Amount(name, values.numberAt(slot));
      case DOUBLE -> number(name, values.doubleAt(slot));
      case STRING -> new Fact.Text(name, values.stringAt(slot));
      case BOOL -> new Fact.Text(name, Boolean.toString(values.boolAt(slot)));
      case STRING_LIST -> new Fact.Text(name, String.join(",", values.stringsAt(slot)));
      case INT_LIST -> new Fact.Text(name, values.intsAt(slot).toString());
    };
  }
}
