// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.event.Attribute;
import io.beckon.event.AttributeType;
import io.beckon.event.Catalogue;
import io.beckon.event.EventType;
import io.beckon.event.RecordType;
import io.beckon.language.diagnostics.Located;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.expression.Expression;
import io.beckon.language.expression.ExpressionCompiler;
import io.beckon.language.expression.Scope;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What names mean in this job. Where the catalogue itself is broken, names that it may have meant
 * to declare are not complained about: one mistake is told once.
 */
final class Vocabulary {
  private final Catalogue catalogue;
  private final boolean complete;
  private final Set<String> broken;
  private final boolean profileBroken;
  private final Signals signals;
  private final boolean signalsBroken;
  private final Map<EventType, ExpressionCompiler> whereCompilers = new HashMap<>();

  /**
   * @param complete whether every event type that was meant is in {@code catalogue}
   * @param broken event types of which some attributes could not be read
   * @param profileBroken whether some attributes of the profile could not be read
   */
  Vocabulary(Catalogue catalogue, boolean complete, Set<String> broken, boolean profileBroken) {
    this(catalogue, complete, broken, profileBroken, Signals.none(), false);
  }

  private Vocabulary(
      Catalogue catalogue,
      boolean complete,
      Set<String> broken,
      boolean profileBroken,
      Signals signals,
      boolean signalsBroken) {
    this.catalogue = catalogue;
    this.complete = complete;
    this.broken = Set.copyOf(broken);
    this.profileBroken = profileBroken;
    this.signals = signals;
    this.signalsBroken = signalsBroken;
  }

  /**
   * With the signals that triggers may name.
   *
   * @param broken whether some that were meant are not among them
   */
  Vocabulary with(Signals others, boolean broken) {
    return new Vocabulary(catalogue, complete, this.broken, profileBroken, others, broken);
  }

  /** Of a job whose catalogue cannot be read at all. */
  static Vocabulary unknown() {
    Catalogue empty = Catalogue.of(List.of(), RecordType.of("user", List.of()));
    return new Vocabulary(empty, false, Set.of(), true);
  }

  Catalogue catalogue() {
    return catalogue;
  }

  Signals signals() {
    return signals;
  }

  /** Whether some signals could not be read. */
  boolean isSignalsBroken() {
    return signalsBroken;
  }

  /** Whether every event type and attribute that was meant is in the catalogue. */
  boolean isComplete() {
    return complete && broken.isEmpty();
  }

  /** The event type called {@code name}. */
  Optional<EventType> type(Located<String> name, Problems problems) {
    Optional<EventType> type = catalogue.type(name.value());
    if (type.isEmpty() && complete) {
      List<String> names = catalogue.types().stream().map(EventType::name).toList();
      problems.error(
          "BKN-201",
          name.span(),
          "unknown event type `" + name.value() + "`",
          Section.suggest(name.value(), names, "the catalogue has "));
    }
    return type;
  }

  /** The attribute's type. */
  Optional<AttributeType> attribute(EventType type, Located<String> name, Problems problems) {
    return attribute(type.record(), isBroken(type), name, problems);
  }

  /** The type of an attribute of the profile. */
  Optional<AttributeType> profileAttribute(Located<String> name, Problems problems) {
    return attribute(catalogue.profile(), profileBroken, name, problems);
  }

  private static Optional<AttributeType> attribute(
      RecordType record, boolean incomplete, Located<String> name, Problems problems) {
    int slot = record.indexOf(name.value());
    if (slot >= 0) {
      return Optional.of(record.attribute(slot).type());
    }
    if (!incomplete) {
      problems.error(
          "BKN-202",
          name.span(),
          "`" + record.name() + "` has no attribute `" + name.value() + "`",
          Section.suggest(name.value(), names(record), "it has "));
    }
    return Optional.empty();
  }

  static List<String> names(RecordType record) {
    return record.attributes().stream().map(attribute -> attribute.name()).toList();
  }

  /** Whether some attributes of {@code type} could not be read. */
  boolean isBroken(EventType type) {
    return broken.contains(type.name());
  }

  boolean isProfileBroken() {
    return profileBroken;
  }

  /** The slot of the signal called {@code name}. */
  Optional<Integer> signal(Located<String> name, Problems problems) {
    int slot = signals.type().indexOf(name.value());
    if (slot < 0 && !signalsBroken) {
      problems.error(
          "BKN-221",
          name.span(),
          "unknown signal `" + name.value() + "`",
          signals.all().isEmpty()
              ? "the job has no signals: write it into `signals.yaml`"
              : Section.suggest(name.value(), names(signals.type()), "the job has "));
    }
    return slot < 0 ? Optional.empty() : Optional.of(slot);
  }

  /** Compiles {@code where}; empty if it is not there or has a problem, reported. */
  Optional<Expression> where(EventType type, Optional<Located<String>> text, Problems problems) {
    return isReadable(type)
        ? text.flatMap(where -> whereCompiler(type).condition(where, problems))
        : Optional.empty();
  }

  /** Compiles a number over an event and the profile. */
  Optional<Expression> number(EventType type, Located<String> text, Problems problems) {
    return isReadable(type)
        ? whereCompiler(type).value(text, AttributeType.DECIMAL, problems)
        : Optional.empty();
  }

  /**
   * A compiler of what is judged at the moment; empty if a mistake of the catalogue or the signals
   * is in the way.
   *
   * @param type of the event that {@code event} means; none: there is no such event
   */
  Optional<ExpressionCompiler> momentCompiler(Optional<EventType> type, When when) {
    boolean readable = type.map(this::isReadable).orElse(!profileBroken);
    if (!readable || signalsBroken) {
      return Optional.empty();
    }
    RecordType user = catalogue.profile();
    return Optional.of(
        new ExpressionCompiler(
            type.map(t -> Scope.moment(t.record(), user, when.momentType(), signals.type()))
                .orElseGet(
                    () -> Scope.momentWithoutEvent(user, when.momentType(), signals.type()))));
  }

  /**
   * A compiler of what is sent whatever the trigger; empty if a mistake of the catalogue or the
   * signals is in the way. Every moment has its time in the first place.
   */
  Optional<ExpressionCompiler> fallbackCompiler() {
    RecordType moment =
        RecordType.of("moment", List.of(Attribute.optional("time", AttributeType.TIMESTAMP)));
    return profileBroken || signalsBroken
        ? Optional.empty()
        : Optional.of(
            new ExpressionCompiler(
                Scope.momentWithoutEvent(catalogue.profile(), moment, signals.type())));
  }

  private boolean isReadable(EventType type) {
    return !isBroken(type) && !profileBroken;
  }

  private ExpressionCompiler whereCompiler(EventType type) {
    return whereCompilers.computeIfAbsent(
        type, t -> new ExpressionCompiler(Scope.where(t.record(), catalogue.profile())));
  }
}
