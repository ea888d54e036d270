// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.engine;

import io.beckon.calendar.UserCalendar;
import io.beckon.calendar.Zones;
import io.beckon.engine.UserScores.Cause;
import io.beckon.event.AttributeType;
import io.beckon.event.RecordType;
import io.beckon.event.Slots;
import io.beckon.plan.ScoresPlan;
import io.beckon.plan.SignalRead;
import io.beckon.state.Publication;
import io.beckon.state.SignalState;
import io.beckon.state.UserState;

/**
 * Tells users' scores: after each instant in which one of them took an event, if that changed any;
 * and at the close of each local day until the user has been silent for too long.
 */
final class Publisher {
  private final ScoresPlan scores;
  private final RecordType type;
  private final Zones zones;

  Publisher(ScoresPlan scores, RecordType type, Zones zones) {
    this.scores = scores;
    this.type = type;
    this.zones = zones;
  }

  /**
   * Everything at {@code timeMs} has been taken.
   *
   * @param tookEvent whether a signal took an event in that instant
   */
  void settled(UserState state, long timeMs, boolean tookEvent, EngineOutput output) {
    Publication publication = state.publication();
    boolean closes = publication.closeMs() <= timeMs;
    if (!tookEvent && !closes) {
      return;
    }
    UserCalendar calendar = state.calendar(zones);
    Slots values = values(state, timeMs, calendar);
    long hash = hash(values);
    if (closes) {
      output.scores(new UserScores(state.user(), timeMs, Cause.CLOSE, values));
    } else if (publication.isEmpty() || publication.values() != hash) {
      output.scores(new UserScores(state.user(), timeMs, Cause.CHANGE, values));
    }
    long nextCloseMs = calendar.endOf(calendar.dateAt(timeMs));
    if (tookEvent) {
      publication.take(timeMs, nextCloseMs);
    } else if (nextCloseMs - publication.lastEventMs() > scores.activeForMs()) {
      publication.clear();
      return;
    } else {
      publication.closed(nextCloseMs);
    }
    publication.published(hash);
  }

  private Slots values(UserState state, long timeMs, UserCalendar calendar) {
    Slots values = new Slots(type);
    for (SignalRead read : scores.signals()) {
      SignalState kept = state.find(read.signal());
      (kept == null ? SignalState.of(read.signal().spec()) : kept)
          .evaluate(timeMs, calendar, values, read.slot());
    }
    return values;
  }

  private long hash(Slots values) {
    long hash = 1;
    for (SignalRead read : scores.signals()) {
      long value = values.has(read.slot()) ? bits(values, read.slot()) : 0x5bd1e995L;
      hash = (hash ^ value) * 0x9e3779b97f4a7c15L;
      hash ^= hash >>> 29;
    }
    return hash;
  }

  private long bits(Slots values, int slot) {
    AttributeType kind = type.attribute(slot).type();
    return switch (kind) {
      case INT, DURATION, TIMESTAMP -> values.longAt(slot);
      case DOUBLE -> Double.doubleToLongBits(values.doubleAt(slot));
      case BOOL -> values.boolAt(slot) ? 1 : 2;
      case DECIMAL -> bits(values.numberAt(slot).toPlainString());
      case STRING -> bits(values.stringAt(slot));
      case STRING_LIST, INT_LIST -> throw new IllegalStateException("a list is no score");
    };
  }

  private static long bits(String text) {
    long hash = text.length();
    for (int i = 0; i < text.length(); i++) {
      hash = hash * 0x100000001b3L + text.charAt(i);
    }
    return hash;
  }
}
