// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.event.Slots;
import io.beckon.plan.InstanceKey;
import io.beckon.plan.Plan;
import io.beckon.plan.TriggerPlan;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is on its way of one episode: a step that is held or waited for, commands that can still be
 * revoked, a goal that is followed. Times in epoch milliseconds. Not thread-safe; owned by its
 * user's state.
 */
public final class Journey {
  /** Where the step at hand stands. A tag in a state's bytes is fixed for ever. */
  public enum Phase {
    /** It is being decided in this instant. */
    FRESH(0),
    /** It waits for others to compete with. */
    GATHERING(1),
    /** Quiet hours hold it. */
    QUIET(2),
    /** It is held for the time at which it is to be sent. */
    PLANNED(3),
    /** A wait lies before it. */
    WAITING(4),
    /** There is no step at hand. */
    DONE(5);

    private final int tag;

    Phase(int tag) {
      this.tag = tag;
    }
  }

  /** What the experiment chose. A tag in a state's bytes is fixed for ever. */
  public enum Assigned {
    /** Nothing yet, or nothing ever. */
    NONE(0),
    /** To send. */
    TREATED(1),
    /** To send nothing. */
    HELD_OUT(2);

    private final int tag;

    Assigned(int tag) {
      this.tag = tag;
    }
  }

  private static final Phase[] PHASES = Phase.values();
  private static final Assigned[] ASSIGNED = Assigned.values();

  private final TriggerPlan trigger;
  private final InstanceKey key;
  private final String anchor;
  private final long eventMs;
  private final long spanStartMs;
  private final long momentMs;
  private final boolean shadow;
  private final Slots event;
  private final Slots observed;
  private List<Note> evidence;
  private List<Note> params = List.of();

  private Phase phase = Phase.FRESH;
  private int step = 1;
  private long dueMs;
  private boolean planned;

  /** Bit k − 1: step k was sent. */
  private int sent;

  /** Bit k − 1: step k was handed on to where all users meet. */
  private int handed;

  /** When each step was sent or handed on. */
  private long[] stepMs = {};

  private Assigned assigned = Assigned.NONE;
  private String variant = "";
  private int version;
  private long decidedMs;
  private boolean followed;
  private boolean unconverted;
  private long goalEndMs;
  private long endMs;

  /**
   * A journey at its first step.
   *
   * @param eventMs the time of the completing event
   * @param spanStartMs where the span of its episode begins
   * @param event what expressions see as {@code event}
   * @param observed what {@code moment.x} gives
   * @param evidence what its records say of the moment
   */
  public Journey(
      TriggerPlan trigger,
      InstanceKey key,
      String anchor,
      long eventMs,
      long spanStartMs,
      long momentMs,
      Slots event,
      Slots observed,
      List<Note> evidence) {
    this(
        trigger,
        key,
        anchor,
        eventMs,
        spanStartMs,
        momentMs,
        trigger.isShadow(),
        event,
        observed,
        evidence);
  }

  private Journey(
      TriggerPlan trigger,
      InstanceKey key,
      String anchor,
      long eventMs,
      long spanStartMs,
      long momentMs,
      boolean shadow,
      Slots event,
      Slots observed,
      List<Note> evidence) {
    this.trigger = Objects.requireNonNull(trigger);
    this.key = Objects.requireNonNull(key);
    this.anchor = Objects.requireNonNull(anchor);
    this.eventMs = eventMs;
    this.spanStartMs = spanStartMs;
    this.momentMs = momentMs;
    this.shadow = shadow;
    this.event = event;
    this.observed = observed;
    this.evidence = List.copyOf(evidence);
    this.endMs = momentMs + trigger.spanMs();
  }

  /** The trigger. */
  public TriggerPlan trigger() {
    return trigger;
  }

  /** The match values of its instance. */
  public InstanceKey key() {
    return key;
  }

  /** What names the episode beside them. */
  public String anchor() {
    return anchor;
  }

  /** The time of the completing event. */
  public long eventMs() {
    return eventMs;
  }

  /** Where the span of its episode begins. */
  public long spanStartMs() {
    return spanStartMs;
  }

  /** When its moment was. */
  public long momentMs() {
    return momentMs;
  }

  /** Whether it began as a shadow's. */
  public boolean isShadow() {
    return shadow;
  }

  /** What expressions see as {@code event}. */
  public Slots event() {
    return event;
  }

  /** What {@code moment.x} gives. */
  public Slots observed() {
    return observed;
  }

  /** What the records of the step at hand say of the moment. */
  public List<Note> evidence() {
    return evidence;
  }

  /** The params of the step at hand. */
  public List<Note> params() {
    return params;
  }

  /** Sets what the step at hand is sent with. */
  public void prepared(List<Note> newEvidence, List<Note> newParams) {
    evidence = List.copyOf(newEvidence);
    params = List.copyOf(newParams);
  }

  /** Where the step at hand stands. */
  public Phase phase() {
    return phase;
  }

  /** The number of the step at hand, from 1. */
  public int step() {
    return step;
  }

  /** When the step at hand is looked at again, by the send clock. */
  public long dueMs() {
    return dueMs;
  }

  /** Whether the step at hand is held or waited for. */
  public boolean isPending() {
    return phase != Phase.DONE && phase != Phase.FRESH;
  }

  /** Whether the time at which the step at hand is to be sent has been worked out. */
  public boolean isPlanned() {
    return planned;
  }

  /** Takes note that it has. */
  public void planned() {
    planned = true;
  }

  /** Holds the step at hand. */
  public void hold(Phase in, long untilMs) {
    phase = in;
    dueMs = untilMs;
  }

  /** Goes on to step {@code next}, to be decided at {@code atMs}. */
  public void goOn(int next, long atMs) {
    step = next;
    planned = false;
    params = List.of();
    hold(Phase.WAITING, atMs);
  }

  /** There is no further step. */
  public void done() {
    phase = Phase.DONE;
    params = List.of();
    evidence = List.of();
  }

  /** Takes note that the step at hand was sent. */
  public void sent(long atMs) {
    sent |= 1 << (step - 1);
    noteTime(atMs);
  }

  /** Takes note that the step at hand was handed on to where all users meet. */
  public void handed(long atMs) {
    handed |= 1 << (step - 1);
    noteTime(atMs);
  }

  private void noteTime(long atMs) {
    if (stepMs.length < step) {
      stepMs = Arrays.copyOf(stepMs, step);
    }
    stepMs[step - 1] = atMs;
  }

  /** When step {@code number}, which was sent or handed on, was decided. */
  public long stepMs(int number) {
    return stepMs[number - 1];
  }

  /** The most steps there are. */
  public int lastStep() {
    return stepMs.length;
  }

  /** Whether step {@code number} was sent. */
  public boolean wasSent(int number) {
    return (sent & 1 << (number - 1)) != 0;
  }

  /** Whether step {@code number} was handed on. */
  public boolean wasHanded(int number) {
    return (handed & 1 << (number - 1)) != 0;
  }

  /** Whether there is a command that can be revoked. */
  public boolean hasCommands() {
    return (sent | handed) != 0;
  }

  /** Whether its only command, if any, is the first step's, sent directly. */
  public boolean sentFirstOnly() {
    return handed == 0 && (sent & ~1) == 0;
  }

  /** Takes note that its commands were revoked. */
  public void revoked() {
    sent = 0;
    handed = 0;
    stepMs = new long[0];
  }

  /** What the experiment chose. */
  public Assigned assigned() {
    return assigned;
  }

  /** The variant of the first step; empty if it has none. */
  public String variant() {
    return variant;
  }

  /** The trigger's version when the first step was decided. */
  public int version() {
    return version;
  }

  /** When the first step was decided. */
  public long decidedMs() {
    return decidedMs;
  }

  /** Takes note of what the first step became. */
  public void assign(Assigned to, String itsVariant, int itsVersion, long atMs) {
    assigned = to;
    variant = itsVariant;
    version = itsVersion;
    decidedMs = atMs;
  }

  /** Follows the goal until {@code endMs} of event time, included. */
  public void follow(long endMs) {
    followed = true;
    goalEndMs = endMs;
  }

  /** Whether the goal is followed: an outcome is still to be recorded. */
  public boolean isFollowed() {
    return followed;
  }

  /** Until when a goal counts. */
  public long goalEndMs() {
    return goalEndMs;
  }

  /** The outcome has been recorded. */
  public void followedUp(boolean converted) {
    followed = false;
    unconverted = !converted;
  }

  /** Whether its outcome has been recorded, and no goal with it. */
  public boolean isUnconverted() {
    return unconverted;
  }

  /** Where its span ends once no step is at hand. */
  public long endMs() {
    return endMs;
  }

  /** Its span ends no sooner than {@code atMs}. */
  public void lasts(long atMs) {
    endMs = Math.max(endMs, atMs);
  }

  /** The smallest watermark at which it is of no more use, if nothing is pending or followed. */
  long deadAtMs(Plan plan) {
    return endMs() + plan.job().time().dedupeMs() + 1;
  }

  void write(ByteWriter out, long baseMs) {
    out.i64(trigger.idHash());
    int part = out.startPart();
    ValueCodec.writeKey(out, key);
    out.id(anchor);
    out.signed(momentMs - baseMs);
    out.signed(eventMs - momentMs);
    out.signed(spanStartMs - momentMs);
    out.u8((shadow ? 1 : 0) | (planned ? 2 : 0) | (followed ? 4 : 0) | (unconverted ? 8 : 0));
    out.u8(phase.tag);
    out.u8(assigned.tag);
    out.count(step);
    if (isPending()) {
      out.signed(dueMs - momentMs);
    }
    out.count(sent);
    out.count(handed);
    for (int number = 1; number <= stepMs.length; number++) {
      if (wasSent(number) || wasHanded(number)) {
        out.signed(stepMs[number - 1] - momentMs);
      }
    }
    if (assigned != Assigned.NONE) {
      out.text(variant);
      out.count(version);
      out.signed(decidedMs - momentMs);
    }
    if (followed) {
      out.signed(goalEndMs - momentMs);
    }
    out.signed(endMs - momentMs);
    // No further step will read them.
    boolean reads = isPending();
    ValueCodec.writeSlots(
        out, trigger.keptEvent(), reads ? event : new Slots(trigger.keptEvent().record()));
    ValueCodec.writeSlots(
        out, trigger.keptMoment(), reads ? observed : new Slots(trigger.keptMoment().record()));
    Note.write(out, evidence);
    Note.write(out, params);
    out.endPart(part);
  }

  /** The next journey, or null if its trigger is gone. */
  static @Nullable Journey read(ByteReader in, Plan plan, long baseMs) {
    TriggerPlan trigger = plan.triggerByHash(in.i64());
    ByteReader part = in.part();
    if (trigger == null) {
      return null;
    }
    InstanceKey key = ValueCodec.readKey(part);
    if (key.size() != trigger.definition().when().match().size()) {
      // Its instances have other names now.
      return null;
    }
    String anchor = part.id();
    long momentMs = part.signed() + baseMs;
    long eventMs = part.signed() + momentMs;
    long spanStartMs = part.signed() + momentMs;
    int flags = part.u8();
    int phase = part.u8();
    int assigned = part.u8();
    if (flags > 15 || phase >= PHASES.length || assigned >= ASSIGNED.length) {
      throw new StateFormatException("damaged state: not a journey");
    }
    long step = part.count();
    long dueMs =
        PHASES[phase] == Phase.DONE || PHASES[phase] == Phase.FRESH ? 0 : part.signed() + momentMs;
    long sent = part.count();
    long handed = part.count();
    if (step < 1 || step > 31 || sent >>> 31 != 0 || handed >>> 31 != 0) {
      throw new StateFormatException("damaged state: not a journey's step");
    }
    long[] stepMs = new long[Long.SIZE - Long.numberOfLeadingZeros(sent | handed)];
    for (int i = 0; i < stepMs.length; i++) {
      if (((sent | handed) & 1L << i) != 0) {
        stepMs[i] = part.signed() + momentMs;
      }
    }
    String variant = "";
    long version = 0;
    long decidedMs = 0;
    if (ASSIGNED[assigned] != Assigned.NONE) {
      variant = part.text();
      version = part.count();
      decidedMs = part.signed() + momentMs;
    }
    long goalEndMs = (flags & 4) != 0 ? part.signed() + momentMs : 0;
    long endMs = part.signed() + momentMs;
    Slots event = ValueCodec.readSlots(part, trigger.keptEvent());
    Slots observed = ValueCodec.readSlots(part, trigger.keptMoment());
    Journey journey =
        new Journey(
            trigger,
            key,
            anchor,
            eventMs,
            spanStartMs,
            momentMs,
            (flags & 1) != 0,
            event,
            observed,
            Note.read(part));
    journey.params = Note.read(part);
    part.expectEnd();
    journey.planned = (flags & 2) != 0;
    journey.followed = (flags & 4) != 0;
    journey.unconverted = (flags & 8) != 0;
    journey.phase = PHASES[phase];
    journey.step = (int) step;
    journey.dueMs = dueMs;
    journey.sent = (int) sent;
    journey.handed = (int) handed;
    journey.stepMs = stepMs;
    journey.assign(ASSIGNED[assigned], variant, (int) version, decidedMs);
    journey.goalEndMs = goalEndMs;
    journey.endMs = endMs;
    return journey;
  }

  /** The user's values stay out of logs. */
  @Override
  public String toString() {
    return "Journey[" + trigger.id() + " step " + step + " " + phase + "]";
  }
}
