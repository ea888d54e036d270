// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.event.Event;
import io.beckon.language.When;
import io.beckon.plan.DropSpec;
import io.beckon.plan.InstanceKey;
import io.beckon.plan.Plan;
import io.beckon.plan.Role;
import io.beckon.plan.TriggerPlan;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one trigger observed of one user. Read from its bytes only when it is touched: until then
 * its earliest deadline and its end are known from the section's head. Not thread-safe.
 */
public final class TriggerState {
  private final Plan plan;
  private final String user;
  private final TriggerPlan trigger;
  private final List<Instance> instances = new ArrayList<>(2);
  private @Nullable ByteReader unread;

  /** Up to which watermark to forget once the section is read, as if it had been all along. */
  private long unreadPrunedMs = Long.MIN_VALUE;

  /** Whether the contents may have changed since the next three were worked out. */
  private boolean touched;

  /** Whether that holds of every instance; otherwise each knows. */
  private boolean allTouched;

  private long nextDeadlineMs = Long.MAX_VALUE;

  /** The smallest watermark at which {@link #prune} has something to do. */
  private long firstDeadAtMs = Long.MAX_VALUE;

  private long deadAtMs = Gathered.NEVER;

  TriggerState(Plan plan, String user, TriggerPlan trigger) {
    this.plan = plan;
    this.user = user;
    this.trigger = trigger;
  }

  /** The trigger. */
  public TriggerPlan trigger() {
    return trigger;
  }

  /**
   * Its instances, sorted by match values: an order that does not depend on when others were
   * forgotten.
   */
  public List<Instance> instances() {
    load();
    allTouched = true;
    return instances;
  }

  /** How many instances there are. */
  public int size() {
    load();
    return instances.size();
  }

  /** Forgets an instance. */
  public void remove(Instance instance) {
    load();
    instances.remove(instance);
  }

  /** The instance called {@code key}, made if there is none. */
  public Instance of(InstanceKey key) {
    Instance known = find(key);
    return known == null ? add(key) : known;
  }

  /** The instance called {@code key}, or null. */
  public @Nullable Instance find(InstanceKey key) {
    load();
    for (Instance instance : instances) {
      if (instance.key().equals(key)) {
        instance.touch();
        return instance;
      }
    }
    return null;
  }

  /** The instance a selected event belongs to, or null; allocates nothing. */
  public @Nullable Instance find(Role select, Event event) {
    load();
    int hash = select.keyHash(event.attributes());
    for (int i = 0; i < instances.size(); i++) {
      Instance instance = instances.get(i);
      if (instance.keyHash() == hash && select.concerns(event.attributes(), instance.key())) {
        instance.touch();
        return instance;
      }
    }
    return null;
  }

  /** A new instance called {@code key}, with nothing gathered. */
  public Instance add(InstanceKey key) {
    load();
    Instance instance = new Instance(key, newGathered());
    int at = instances.size();
    while (at > 0 && instances.get(at - 1).key().compareTo(key) > 0) {
      at--;
    }
    instances.add(at, instance);
    return instance;
  }

  private @Nullable Gathered newGathered() {
    When shape = trigger.gathers();
    if (shape instanceof When.OnEvent || shape instanceof When.Changes) {
      return null;
    }
    if (trigger.delay().isPresent()) {
      return new History(
          trigger.delay().get() instanceof When.Wait.OwnGap, plan.job().retentionMs());
    }
    if (shape instanceof When.Drop drop) {
      return new Watch.OfDrop(DropSpec.of(drop, plan.job().retentionMs()));
    }
    if (shape instanceof When.Score) {
      return new Watch.OfScore(
          trigger.scored().orElseThrow().spec().lifeMs(plan.job().retentionMs()));
    }
    if (shape instanceof When.Milestone) {
      return new Watch.OfMilestone();
    }
    if (shape instanceof When.Distinct) {
      return new DistinctValues(trigger.windowMs());
    }
    if (shape instanceof When.Sequence) {
      return trigger.arrival()
          ? new StepTimes(trigger.windowMs(), trigger.steps())
          : new Chains(trigger.windowMs(), trigger.steps());
    }
    return new Buckets(trigger.windowMs(), trigger.paneMs(), shape instanceof When.Sum);
  }

  /** The earliest deadline of an open absence or a watch, or {@code Long.MAX_VALUE}. */
  public long nextDeadlineMs() {
    lookAgain();
    return nextDeadlineMs;
  }

  /** The smallest watermark at which nothing is left, absences that wait aside. */
  long deadAtMs() {
    lookAgain();
    return deadAtMs;
  }

  /**
   * Works out the deadline and the ends anew if the contents may have changed since. Every event
   * asks for them, so they must not cost a look at every instance of every trigger each time.
   */
  private void lookAgain() {
    if (!touched) {
      return;
    }
    long afterSpanMs = afterSpanMs();
    nextDeadlineMs = Long.MAX_VALUE;
    deadAtMs = Gathered.NEVER;
    firstDeadAtMs = Long.MAX_VALUE;
    for (int i = 0; i < instances.size(); i++) {
      Instance instance = instances.get(i);
      instance.lookAgain(allTouched, afterSpanMs);
      nextDeadlineMs = Math.min(nextDeadlineMs, instance.deadlineMs());
      deadAtMs = Math.max(deadAtMs, instance.deadAtMs());
      firstDeadAtMs = Math.min(firstDeadAtMs, instance.firstDeadAtMs());
    }
    touched = false;
    allTouched = false;
  }

  /** Forgets what cannot matter after {@code watermarkMs}. */
  void prune(long watermarkMs) {
    if (unread != null) {
      unreadPrunedMs = watermarkMs;
      if (nextDeadlineMs == Long.MAX_VALUE && deadAtMs <= watermarkMs) {
        unread = null;
      }
      return;
    }
    lookAgain();
    if (watermarkMs < firstDeadAtMs) {
      return;
    }
    long afterSpanMs = afterSpanMs();
    for (Instance instance : instances) {
      instance.prune(watermarkMs, afterSpanMs);
    }
    instances.removeIf(Instance::isEmpty);
    touched = true;
    allTouched = true;
  }

  /**
   * Whether an issued episode of {@code instance} is still remembered once all time before {@code
   * timeMs} has passed: also where what is to be forgotten has not been yet.
   */
  public boolean remembers(Instance instance, long timeMs) {
    long afterSpanMs = afterSpanMs();
    for (IssuedEpisode episode : instance.issued()) {
      if (episode.endMs() + afterSpanMs >= timeMs) {
        return true;
      }
    }
    return false;
  }

  /** An episode that nothing can revoke is of no use to late events. */
  private long afterSpanMs() {
    return trigger.revocable() ? plan.job().time().dedupeMs() + 1 : 0;
  }

  boolean isEmpty() {
    return unread == null && instances.isEmpty();
  }

  /** Forgets what was observed, but not the issued episodes, which an event may still revoke. */
  void forgetObserved() {
    List<Instance> all = List.copyOf(instances());
    instances.clear();
    for (Instance instance : all) {
      if (!instance.issued().isEmpty()) {
        Instance bare = add(instance.key());
        bare.tookIn(instance.latestMs());
        instance.issued().forEach(bare::remember);
      }
    }
  }

  // The section: 8 bytes trigger, 8 bytes shape, then a part: deadline, end, contents.

  void write(ByteWriter out) {
    out.i64(trigger.idHash());
    out.i64(trigger.shapeHash());
    if (unread != null) {
      unread.copyTo(out);
      return;
    }
    int part = out.startPart();
    long deadline = nextDeadlineMs();
    long baseMs = instances.isEmpty() ? 0 : Math.max(0, instances.get(0).latestMs());
    out.signed(baseMs);
    out.timeOrNone(deadline == Long.MAX_VALUE ? ByteWriter.NONE : deadline, baseMs);
    out.timeOrNone(deadAtMs(), baseMs);
    out.count(instances.size());
    for (Instance instance : instances) {
      write(out, instance, baseMs);
    }
    out.endPart(part);
  }

  private void write(ByteWriter out, Instance instance, long baseMs) {
    ValueCodec.writeKey(out, instance.key());
    out.timeOrNone(instance.latestMs(), baseMs);
    OpenAbsence open = instance.open();
    Gathered gathered = instance.gathered();
    boolean gathers = gathered != null && !gathered.isEmpty();
    out.u8((open == null ? 0 : 1) | (gathers ? 2 : 0));
    if (open != null) {
      out.signed(open.sinceMs() - baseMs);
      out.signed(open.deadlineMs() - open.sinceMs());
      out.signed(open.firstMs() - baseMs);
      out.count(open.count());
      EventCodec.write(out, plan, open.completing(), baseMs);
    }
    if (gathered != null && gathers) {
      gathered.write(out, baseMs);
    }
    out.count(instance.issued().size());
    for (IssuedEpisode episode : instance.issued()) {
      out.id(episode.anchor());
      out.signed(episode.startMs() - baseMs);
      out.signed(episode.momentMs() - episode.startMs());
      out.signed(episode.endMs() - episode.momentMs());
      out.timeOrNone(episode.decidedMs(), episode.momentMs());
    }
  }

  /**
   * Takes over the part of a section, to be read when it is touched.
   *
   * @param watermarkMs the state's: the part may have been written without having been read, and
   *     hold what was to be forgotten since
   */
  void unread(ByteReader part, ByteReader withLength, long watermarkMs) {
    unreadPrunedMs = watermarkMs;
    long baseMs = part.signed();
    long deadline = part.timeOrNone(baseMs);
    nextDeadlineMs = deadline == ByteWriter.NONE ? Long.MAX_VALUE : deadline;
    deadAtMs = part.timeOrNone(baseMs);
    unread = withLength;
  }

  private void load() {
    touched = true;
    ByteReader section = unread;
    if (section == null) {
      return;
    }
    unread = null;
    ByteReader in = section.part();
    long baseMs = in.signed();
    in.timeOrNone(baseMs);
    in.timeOrNone(baseMs);
    int count = in.size(3);
    for (int i = 0; i < count; i++) {
      readInstance(in, baseMs);
    }
    in.expectEnd();
    if (unreadPrunedMs != Long.MIN_VALUE) {
      prune(unreadPrunedMs);
      touched = true;
    }
  }

  private void readInstance(ByteReader in, long baseMs) {
    Instance instance = add(ValueCodec.readKey(in));
    if (instance.key().size() != trigger.definition().when().match().size()) {
      throw new StateFormatException(
          "damaged state: a key of " + instance.key().size() + " values");
    }
    instance.tookIn(in.timeOrNone(baseMs));
    int flags = in.u8();
    if ((flags & 1) != 0) {
      long sinceMs = in.signed() + baseMs;
      long deadlineMs = in.signed() + sinceMs;
      long firstMs = in.signed() + baseMs;
      long count = in.count();
      Event completing = EventCodec.read(in, plan, user, baseMs);
      if (completing == null) {
        throw new StateFormatException("damaged state: an absence after an unknown event");
      }
      instance.open(new OpenAbsence(sinceMs, deadlineMs, firstMs, count, completing));
    }
    if ((flags & 2) != 0) {
      Gathered gathered = instance.gathered();
      if (gathered == null) {
        throw new StateFormatException("damaged state: events where none are gathered");
      }
      gathered.read(in, baseMs);
    }
    int issued = in.size(5);
    for (int i = 0; i < issued; i++) {
      String anchor = in.id();
      long startMs = in.signed() + baseMs;
      long momentMs = in.signed() + startMs;
      long endMs = in.signed() + momentMs;
      long decidedMs = in.timeOrNone(momentMs);
      instance.remember(new IssuedEpisode(anchor, startMs, momentMs, endMs, decidedMs));
    }
  }

  @Override
  public String toString() {
    return "TriggerState of " + trigger.id() + (unread == null ? "" : ", unread");
  }
}
