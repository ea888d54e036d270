// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.calendar.UserCalendar;
import io.beckon.calendar.Zones;
import io.beckon.event.Event;
import io.beckon.event.Slots;
import io.beckon.plan.InstanceKey;
import io.beckon.plan.Plan;
import io.beckon.plan.SignalPlan;
import io.beckon.plan.StoredSlots;
import io.beckon.plan.TriggerPlan;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The versioned bytes of a user's state. Equal states give equal bytes, where all triggers'
 * sections were read; one that was not touched since is written as it came. Not thread-safe.
 *
 * <p>Version 1: a version byte, the watermark, then sections, each a tag, a length and its
 * contents:
 *
 * <pre>
 *   1 profile    the attributes in use
 *   2 ids        (time, id) of recent events
 *   3 waiting    events that wait for the watermark
 *   4 cooldowns  the ledger
 *   5 trigger    one a trigger: 8 bytes name, 8 bytes shape, then deadline, end, instances
 *   6 cancels    events that may cancel moments still to come
 *   7 signal     one a signal: 8 bytes name, then what is kept
 *   8 calendar   a change of zone that still matters
 *   9 updates    profiles that wait for the watermark
 *  10 begun      since when what only a profile tells is watched for
 *  11 sends      the ledger of caps
 *  12 spendings  what the user has had of budgets
 *  13 mutes      what mutes are begun and ended by
 *  14 journeys   what is on its way: held, waiting, followed
 *  15 published  what of the scores was published
 *  16 quarantine until when nothing is observed
 * </pre>
 *
 * Numbers are of variable length, times are differences. Attributes, event types, triggers and
 * shapes are named by hashes, so that a state outlives edits: what the plan no longer knows is read
 * over. A section with an unknown tag, or an unknown version, is refused by name.
 */
public final class StateCodec {
  /** The version written. */
  public static final int VERSION = 1;

  private static final int PROFILE = 1;
  private static final int IDS = 2;
  private static final int WAITING = 3;
  private static final int COOLDOWNS = 4;
  private static final int TRIGGER = 5;
  private static final int CANCELS = 6;
  private static final int SIGNAL = 7;
  private static final int CALENDAR = 8;
  private static final int UPDATES = 9;
  private static final int BEGUN = 10;
  private static final int SENDS = 11;
  private static final int SPENDINGS = 12;
  private static final int MUTES = 13;
  private static final int JOURNEYS = 14;
  private static final int PUBLISHED = 15;
  private static final int QUARANTINE = 16;

  private final Plan plan;
  private final Zones zones;
  private final ByteWriter out = new ByteWriter();

  /** A codec for states of {@code plan}. */
  public StateCodec(Plan plan) {
    this(plan, new Zones());
  }

  /** A codec for states of {@code plan}, whose owner knows these zones. */
  public StateCodec(Plan plan, Zones zones) {
    this.plan = plan;
    this.zones = zones;
  }

  /** The state as bytes. */
  public byte[] encode(UserState state) {
    return encode(state, 0);
  }

  /** The state as bytes that follow {@code headroom} bytes left to the caller. */
  public byte[] encode(UserState state, int headroom) {
    out.reset();
    out.u8(VERSION);
    out.signed(state.watermarkMs());
    long baseMs = base(state.watermarkMs());
    StoredSlots profileSlots = plan.profile();
    if (state.hasProfile()) {
      out.u8(PROFILE);
      int part = out.startPart();
      ValueCodec.writeSlots(out, profileSlots, state.profile());
      out.endPart(part);
    }
    UserCalendar calendar = state.changingCalendar();
    if (calendar != null) {
      out.u8(CALENDAR);
      int part = out.startPart();
      CalendarCodec.write(out, calendar, baseMs);
      out.endPart(part);
    }
    if (state.begunMs() != UserState.NOT_BEGUN && !state.isEmpty()) {
      out.u8(BEGUN);
      int part = out.startPart();
      out.signed(state.begunMs());
      out.endPart(part);
    }
    if (state.isQuarantined()) {
      out.u8(QUARANTINE);
      int part = out.startPart();
      out.signed(state.quarantineEndMs() - baseMs);
      out.endPart(part);
    }
    writeUpdates(state.updates(), baseMs);
    for (SignalPlan signal : plan.signals()) {
      SignalState kept = state.find(signal);
      if (kept != null && !kept.isEmpty()) {
        out.u8(SIGNAL);
        int part = out.startPart();
        out.i64(signal.shapeHash());
        kept.write(out, baseMs);
        out.endPart(part);
      }
    }
    if (!state.ids().isEmpty()) {
      out.u8(IDS);
      int part = out.startPart();
      state.ids().write(out, baseMs);
      out.endPart(part);
    }
    writeEvents(out, WAITING, state.waiting(), baseMs);
    writeEvents(out, CANCELS, state.cancels(), baseMs);
    if (!state.cooldowns().isEmpty()) {
      out.u8(COOLDOWNS);
      int part = out.startPart();
      state.cooldowns().write(out, baseMs);
      out.endPart(part);
    }
    if (!state.sends().isEmpty()) {
      out.u8(SENDS);
      int part = out.startPart();
      state.sends().write(out, baseMs);
      out.endPart(part);
    }
    if (!state.spendings().isEmpty()) {
      out.u8(SPENDINGS);
      int part = out.startPart();
      state.spendings().write(out);
      out.endPart(part);
    }
    if (!state.mutes().isEmpty()) {
      out.u8(MUTES);
      int part = out.startPart();
      state.mutes().write(out, baseMs);
      out.endPart(part);
    }
    if (!state.journeys().isEmpty()) {
      out.u8(JOURNEYS);
      int part = out.startPart();
      state.journeys().write(out, baseMs);
      out.endPart(part);
    }
    if (!state.publication().isEmpty()) {
      out.u8(PUBLISHED);
      int part = out.startPart();
      state.publication().write(out, baseMs);
      out.endPart(part);
    }
    for (TriggerState trigger : state.triggers()) {
      if (!trigger.isEmpty()) {
        out.u8(TRIGGER);
        int part = out.startPart();
        trigger.write(out);
        out.endPart(part);
      }
    }
    return out.toBytes(headroom);
  }

  private void writeUpdates(List<ProfileUpdate> updates, long baseMs) {
    if (updates.isEmpty()) {
      return;
    }
    out.u8(UPDATES);
    int part = out.startPart();
    out.count(updates.size());
    for (ProfileUpdate update : updates) {
      out.signed(update.timeMs() - baseMs);
      int profile = out.startPart();
      ValueCodec.writeSlots(out, plan.profile(), update.profile());
      out.endPart(profile);
    }
    out.endPart(part);
  }

  private void writeEvents(ByteWriter out, int tag, List<Event> events, long baseMs) {
    if (events.isEmpty()) {
      return;
    }
    out.u8(tag);
    int part = out.startPart();
    out.count(events.size());
    for (Event event : events) {
      EventCodec.write(out, plan, event, baseMs);
    }
    out.endPart(part);
  }

  private static long base(long watermarkMs) {
    return watermarkMs == Long.MIN_VALUE ? 0 : watermarkMs;
  }

  /**
   * The state of {@code user} from its bytes.
   *
   * @throws StateFormatException if they are damaged, or of a version this one does not know
   */
  public UserState decode(String user, byte[] bytes) {
    return decode(user, bytes, 0);
  }

  /**
   * The state of {@code user} from its bytes, which begin at {@code from}; they are kept and must
   * not be changed afterwards.
   *
   * @throws StateFormatException if they are damaged, or of a version this one does not know
   */
  public UserState decode(String user, byte[] bytes, int from) {
    ByteReader in = new ByteReader(bytes, from, bytes.length);
    int version = in.u8();
    if (version != VERSION) {
      throw new StateFormatException(
          "a state of version " + version + "; this release reads version " + VERSION);
    }
    UserState state = new UserState(plan, user);
    long watermarkMs = in.signed();
    state.watermarkMs(watermarkMs);
    long baseMs = base(watermarkMs);
    while (!in.atEnd()) {
      int tag = in.u8();
      ByteReader part = in.part();
      switch (tag) {
        case PROFILE -> readProfile(part, state);
        case IDS -> state.ids().read(part, baseMs);
        case WAITING -> readEvents(part, state, baseMs, state::await);
        case CANCELS -> readEvents(part, state, baseMs, state.cancels()::add);
        case COOLDOWNS -> state.cooldowns().read(part, baseMs);
        case TRIGGER -> readTrigger(part, state);
        case SIGNAL -> readSignal(part, state, baseMs);
        case CALENDAR -> {
          state.calendar(
              CalendarCodec.read(part, baseMs, zones, zones.of(plan.job().timezone().fallback())));
          part.expectEnd();
        }
        case BEGUN -> {
          state.begun(part.signed());
          part.expectEnd();
        }
        case UPDATES -> readUpdates(part, state, baseMs);
        case SENDS -> {
          state.sends().read(part, plan, baseMs);
          part.expectEnd();
        }
        case SPENDINGS -> {
          state.spendings().read(part, plan);
          part.expectEnd();
        }
        case MUTES -> {
          state.mutes().read(part, plan, baseMs);
          part.expectEnd();
        }
        case JOURNEYS -> {
          state.journeys().read(part, plan, baseMs);
          part.expectEnd();
        }
        case PUBLISHED -> readPublished(part, state, baseMs);
        case QUARANTINE -> readQuarantine(part, state, baseMs);
        default -> throw new StateFormatException("a state with an unknown section " + tag);
      }
    }
    for (SignalPlan signal : plan.signals()) {
      if (state.find(signal) instanceof ModelState model && model.isRetrained()) {
        lookAgain(state, signal);
      }
    }
    return state;
  }

  /** Deadlines that follow from scores of another version of a model do not hold any more. */
  private void lookAgain(UserState state, SignalPlan signal) {
    for (TriggerPlan trigger : plan.triggers()) {
      TriggerState observed =
          trigger.scored().equals(Optional.of(signal)) ? state.find(trigger) : null;
      Instance instance = observed == null ? null : observed.find(InstanceKey.NONE);
      if (instance != null
          && instance.gathered() instanceof Watch.OfScore score
          && !score.isEmpty()) {
        long nextMs = Math.max(state.watermarkMs(), score.watch().observedMs()) + 1;
        score.deadlineMs(Math.min(score.deadlineMs(), nextMs));
      }
    }
  }

  private void readProfile(ByteReader in, UserState state) {
    Slots profile = ValueCodec.readSlots(in, plan.profile());
    in.expectEnd();
    state.profile(profile);
  }

  private void readSignal(ByteReader in, UserState state, long baseMs) {
    SignalPlan signal = plan.signalByHash(in.i64());
    // One that is gone, or measures something else now, leaves nothing behind.
    if (signal != null) {
      state.of(signal).read(in, baseMs);
      in.expectEnd();
    }
  }

  private void readPublished(ByteReader in, UserState state, long baseMs) {
    // A job that publishes nothing any more must not wait for the close of days.
    if (plan.published().isPresent()) {
      state.publication().read(in, baseMs);
      in.expectEnd();
    }
  }

  private static void readQuarantine(ByteReader in, UserState state, long baseMs) {
    long endMs = in.signed() + baseMs;
    in.expectEnd();
    if (endMs == UserState.NO_QUARANTINE) {
      throw new StateFormatException("damaged state: a quarantine without an end");
    }
    state.quarantined(endMs);
  }

  private void readUpdates(ByteReader in, UserState state, long baseMs) {
    int count = in.size(2);
    for (int i = 0; i < count; i++) {
      long timeMs = in.signed() + baseMs;
      ByteReader part = in.part();
      state.await(new ProfileUpdate(timeMs, ValueCodec.readSlots(part, plan.profile())));
      part.expectEnd();
    }
    in.expectEnd();
  }

  private void readEvents(ByteReader in, UserState state, long baseMs, Consumer<Event> taker) {
    int count = in.size(5);
    for (int i = 0; i < count; i++) {
      Event event = EventCodec.read(in, plan, state.user(), baseMs);
      if (event != null) {
        taker.accept(event);
      }
    }
    in.expectEnd();
  }

  private void readTrigger(ByteReader in, UserState state) {
    TriggerPlan trigger = plan.triggerByHash(in.i64());
    long shape = in.i64();
    // A trigger that is gone, or whose shape is another now, leaves nothing behind.
    if (trigger == null || trigger.shapeHash() != shape) {
      return;
    }
    int from = in.position();
    ByteReader part = in.part();
    in.expectEnd();
    state.of(trigger).unread(part, in.since(from), state.watermarkMs());
  }
}
