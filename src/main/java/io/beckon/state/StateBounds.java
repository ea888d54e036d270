// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.calendar.Durations;
import io.beckon.event.Attribute;
import io.beckon.event.AttributeType;
import io.beckon.event.EventType;
import io.beckon.event.RecordType;
import io.beckon.language.JobDefinition.IdRule;
import io.beckon.language.PolicyDefinition;
import io.beckon.language.Selector;
import io.beckon.language.When;
import io.beckon.plan.DropSpec;
import io.beckon.plan.Plan;
import io.beckon.plan.SignalInterest;
import io.beckon.plan.SignalKind;
import io.beckon.plan.SignalPlan;
import io.beckon.plan.SignalSpec;
import io.beckon.plan.StoredSlots;
import io.beckon.plan.TriggerPlan;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * How many bytes of one user's state a plan's triggers and signals take at the most, by the formats
 * of {@link StateCodec}.
 *
 * <p>What the definitions limit is counted in full. What users or clients decide is assumed: texts
 * and ids of {@link #TEXT_BYTES} bytes, lists of {@link #LIST_VALUES} values, decimals of 18
 * digits, {@link #EVENTS_AHEAD} events within one lateness, {@link #EXACT_EVENTS} different times
 * in a window that is kept event by event and has no line that ends it, times before the year
 * 10000.
 */
public final class StateBounds {
  /** How long a text or an id is taken to be, in UTF-8. */
  public static final int TEXT_BYTES = 32;

  /** How many values a list is taken to have. */
  public static final int LIST_VALUES = 8;

  /** How many events of a user are taken to lie after the watermark. */
  public static final int EVENTS_AHEAD = 64;

  /** How many times with events a window is taken to hold, if single events are kept. */
  public static final int EXACT_EVENTS = 256;

  /** A time or a difference of times before the year 10000: numbers below 2⁴⁹. */
  private static final int TIME = 7;

  private static final int TIME_OR_NONE = 8;
  private static final int HASH = 8;
  private static final int LENGTH = 5;
  private static final int NUMBER = 10;
  private static final int DOUBLE = 8;
  private static final int DATE = 5;
  private static final int COUNT = 5;
  private static final int FLAG = 1;

  /** A scale, a length and the digits. */
  private static final int DECIMAL = 2 + 1 + 8;

  private static final int TEXT = 1 + TEXT_BYTES;

  /** What 32 hexadecimal digits take, as ids made of contents are. */
  private static final int HEX_ID = 1 + 16;

  /** A moment's time as text, which names episodes that no event begins. */
  private static final int TIME_ID = 1 + "2026-11-02T10:24:00.000Z".length();

  private static final int SECTION = 1 + LENGTH;
  private static final int BUSY_HOURS = 168;

  /** What rounding may take off a gap, with room to spare. */
  private static final double ROUNDING = 0.999;

  private final Plan plan;
  private final int id;
  private final List<OfTrigger> triggers;
  private final List<OfSignal> signals;

  private StateBounds(Plan plan) {
    this.plan = plan;
    this.id =
        plan.job().sources().stream().allMatch(s -> s.id() instanceof IdRule.Content)
            ? HEX_ID
            : TEXT;
    this.triggers = plan.triggers().stream().map(this::trigger).toList();
    this.signals = plan.signals().stream().map(this::signal).toList();
  }

  /** The bounds of {@code plan}. */
  public static StateBounds of(Plan plan) {
    return new StateBounds(plan);
  }

  /**
   * What one trigger takes.
   *
   * @param instances how many are live at the most, and those the watermark is behind
   * @param instanceBytes one of them, without issued episodes
   * @param remembered how many more there are only for late events, of {@link #rememberedBytes}
   * @param issued how many issued episodes all of them together remember
   * @param issuedBytes one issued episode
   * @param bytes all of it
   */
  public record OfTrigger(
      TriggerPlan trigger,
      long instances,
      long instanceBytes,
      long remembered,
      long rememberedBytes,
      long issued,
      long issuedBytes,
      long bytes) {}

  /**
   * What one signal takes.
   *
   * @param bytes all of it
   */
  public record OfSignal(SignalPlan signal, long bytes) {}

  /** In the order of the plan's triggers. */
  public List<OfTrigger> triggers() {
    return triggers;
  }

  /** In the order of the plan's signals. */
  public List<OfSignal> signals() {
    return signals;
  }

  /** All triggers and signals together. */
  public long bytes() {
    return triggers.stream().mapToLong(OfTrigger::bytes).sum()
        + signals.stream().mapToLong(OfSignal::bytes).sum();
  }

  /** The ids of the latest events: {@link IdMemory#MOST} of them. */
  public long idBytes() {
    return SECTION + COUNT + (long) IdMemory.MOST * (id + TIME);
  }

  /** The profile, as far as it is read. */
  public long profileBytes() {
    return SECTION + slots(plan.profile());
  }

  /** The largest event that may wait for the watermark; 0 if none does. */
  public long waitingEventBytes() {
    long most = 0;
    for (EventType type : plan.job().catalogue().types()) {
      most = plan.type(type).waits() ? Math.max(most, event(type)) : most;
    }
    return most;
  }

  /** The ledgers of caps, budgets and mutes. */
  public long ledgerBytes() {
    PolicyDefinition policy = plan.policy().definition();
    long shadows = plan.triggers().stream().filter(TriggerPlan::isShadow).count();
    long bytes = 0;
    for (PolicyDefinition.Cap cap : policy.caps()) {
      long sends = (1 + shadows) * (cap.atMost() + (long) EVENTS_AHEAD);
      bytes += sends * (HASH + FLAG + HASH + TIME + DATE + DATE);
    }
    long limited = policy.budgets().stream().filter(b -> b.perUser().isPresent()).count();
    bytes += limited * (HASH + DECIMAL);
    bytes += policy.mutes().size() * 2L * Mutes.MOST * (HASH + FLAG + TIME);
    return bytes == 0 ? 0 : 3L * (SECTION + COUNT) + bytes;
  }

  /** What is held and waits, as many as there may be of the largest. */
  public long pendingBytes() {
    long most = 0;
    for (TriggerPlan trigger : plan.triggers()) {
      if (mayWait(trigger)) {
        most = Math.max(most, journey(trigger, true));
      }
    }
    return plan.policy().definition().mostJourneys() * most;
  }

  /** One episode whose goal is followed, or whose command may be revoked; 0 if there is none. */
  public long followedBytes() {
    long most = 0;
    for (TriggerPlan trigger : plan.triggers()) {
      if (trigger.definition().goal().isPresent()) {
        most = Math.max(most, journey(trigger, false));
      }
    }
    return most;
  }

  /** Whether a step of it may be held or waited for. */
  private boolean mayWait(TriggerPlan trigger) {
    PolicyDefinition policy = plan.policy().definition();
    return trigger.hasLaterSteps()
        || policy.quiet().isPresent()
        || policy.arbitration().filter(arbitration -> arbitration.gatherMs() > 0).isPresent()
        || trigger.usualHourSlot().isPresent();
  }

  private long journey(TriggerPlan trigger, boolean pending) {
    long steps = trigger.definition().steps().size();
    long bytes =
        HASH + LENGTH + key(trigger) + Math.max(id, TIME_ID) + 7L * TIME + 3L * FLAG + 4L * COUNT;
    bytes += steps * TIME + TEXT + 4L * COUNT;
    if (!pending) {
      return bytes;
    }
    long params =
        trigger.definition().steps().stream()
            .flatMap(step -> step.intervention().alternatives().stream())
            .mapToLong(each -> each.params().size())
            .max()
            .orElse(0);
    long notes = trigger.momentType().size() + 2L + trigger.reads().size() + params;
    return bytes
        + slots(trigger.keptEvent())
        + slots(trigger.keptMoment())
        + notes * (TEXT + FLAG + TEXT);
  }

  /** The largest entry of the ledger of cooldowns; 0 if no trigger has one. */
  public long cooldownBytes() {
    long most = 0;
    for (TriggerPlan trigger : plan.triggers()) {
      if (trigger.cooldownMs().isPresent()) {
        long key = trigger.cooldownPerMatch() ? key(trigger) : 1;
        most = Math.max(most, HASH + FLAG + key + TIME + TIME);
      }
    }
    return most;
  }

  private OfTrigger trigger(TriggerPlan trigger) {
    long instances = instances(trigger);
    long instance = instance(trigger);
    long remembered = remembered(trigger);
    long bare = bare(trigger);
    long issued = issued(trigger, instances + remembered);
    long each = issuedEpisode(trigger);
    long head = SECTION + HASH + HASH + LENGTH + TIME + TIME_OR_NONE + TIME_OR_NONE + COUNT;
    long bytes = head + instances * instance + remembered * bare + issued * each;
    return new OfTrigger(trigger, instances, instance, remembered, bare, issued, each, bytes);
  }

  private long latenessMs() {
    return plan.job().time().latenessMs();
  }

  /** How long after a moment its episode is remembered, as the watermark goes. */
  private long rememberedMs(TriggerPlan trigger) {
    return trigger.spanMs() + (trigger.revocable() ? plan.job().time().dedupeMs() + 1 : 0);
  }

  /** Instances that are live, and those the watermark is behind. */
  private long instances(TriggerPlan trigger) {
    if (trigger.definition().when().match().isEmpty()) {
      return 1;
    }
    return trigger.definition().maxInstances() + (trigger.arrival() ? EVENTS_AHEAD : 0L);
  }

  /** Instances of which only issued episodes are left, for late events. */
  private long remembered(TriggerPlan trigger) {
    if (trigger.definition().when().match().isEmpty() || !trigger.revocable()) {
      return 0;
    }
    long most = trigger.definition().maxInstances();
    return Math.min(most, issued(trigger, most));
  }

  private static long bare(TriggerPlan trigger) {
    return key(trigger) + TIME_OR_NONE + FLAG + 1;
  }

  /** The issued episodes that {@code instances} remember together. */
  private long issued(TriggerPlan trigger, long instances) {
    long rememberedMs = rememberedMs(trigger);
    long aheadMs = trigger.arrival() ? latenessMs() + 1 : 0;
    long most = rememberedMs == 0 && aheadMs > 0 ? EVENTS_AHEAD : Long.MAX_VALUE;
    rememberedMs += aheadMs;
    long apartMs = apartMs(trigger);
    long each =
        apartMs == 0 && rememberedMs > 0
            ? Instance.MOST_ISSUED
            : Math.min(Instance.MOST_ISSUED, ceil(rememberedMs, Math.max(1, apartMs)));
    long all = Math.min(most, instances * each);
    return trigger.cooldownMs().isPresent() && !trigger.cooldownPerMatch()
        ? Math.min(all, ceil(rememberedMs, Math.max(1, trigger.cooldownMs().getAsLong())))
        : all;
  }

  /** How far apart moments of one instance lie at the least, as far as is known. */
  private static long apartMs(TriggerPlan trigger) {
    long waitMs = trigger.delay().map(StateBounds::leastMs).orElse(trigger.waitMs());
    return Math.max(waitMs, trigger.cooldownMs().orElse(0));
  }

  /** How long a silence is at the least before its moment comes. */
  private static long leastMs(When.Wait delay) {
    if (delay instanceof When.Wait.Fixed fixed) {
      return fixed.ms();
    }
    When.Wait.OwnGap gap = (When.Wait.OwnGap) delay;
    // Active dates are one day apart or more, so the gap lies between its prior and that, or above.
    double days = Math.min(1, gap.priorGapMs() / (double) Durations.DAY_MS);
    long leastMs = (long) (gap.factor() * days * Durations.DAY_MS * ROUNDING);
    return Math.min(
        Math.max(leastMs, gap.floorMs().orElse(0)), gap.ceilingMs().orElse(Long.MAX_VALUE));
  }

  private static long ceil(long a, long b) {
    return a / b + (a % b == 0 ? 0 : 1);
  }

  private long issuedEpisode(TriggerPlan trigger) {
    boolean byEvent = trigger.when().hasEvent() || trigger.isQuiet();
    long wait = trigger.isAbsence() ? signed(trigger.waitMs()) : trigger.isQuiet() ? TIME : 1;
    // As long as something is on its way its end is far off.
    long end = mayWait(trigger) ? NUMBER : signed(trigger.spanMs());
    return (byEvent ? id : TIME_ID) + TIME + wait + end + TIME_OR_NONE;
  }

  private long instance(TriggerPlan trigger) {
    long open = trigger.opensBefore() ? open(trigger) : 0;
    long gathered = gathered(trigger);
    // What completes an absence is not gathered any more; a history goes on.
    long kept = trigger.isQuiet() ? open + gathered : Math.max(open, gathered);
    return bare(trigger) + kept;
  }

  private long open(TriggerPlan trigger) {
    long event =
        trigger.gathers().selectors().stream().mapToLong(s -> event(s.type())).max().orElse(0);
    return TIME + TIME + TIME + NUMBER + event;
  }

  private long gathered(TriggerPlan trigger) {
    When shape = trigger.gathers();
    if (trigger.isQuiet()) {
      return TIME + TIME + COUNT + DATE + DATE;
    }
    if (shape instanceof When.Drop drop) {
      return TIME_OR_NONE + drop(DropSpec.of(drop, plan.job().retentionMs()));
    }
    if (shape instanceof When.Score) {
      return TIME_OR_NONE + TIME_OR_NONE + FLAG + TIME + TIME;
    }
    if (shape instanceof When.Milestone) {
      return TIME_OR_NONE + NUMBER + DATE;
    }
    if (shape instanceof When.OnEvent || shape instanceof When.Changes) {
      return 0;
    }
    long aheadMs = trigger.arrival() ? latenessMs() + 1 : 0;
    long step = signed(trigger.windowMs() + trigger.paneMs() + aheadMs);
    if (shape instanceof When.Sequence) {
      return trigger.arrival()
          ? trigger.steps() * (COUNT + TIME + StepTimes.MOST * step)
          : 3L * TIME_OR_NONE + (trigger.steps() - 1) * 2L * TIME_OR_NONE;
    }
    long entry = step;
    if (shape instanceof When.Distinct) {
      entry += part(measured(trigger));
    } else {
      entry += number(trigger.atLeastCount()) + (shape instanceof When.Sum ? COUNT + DECIMAL : 0);
    }
    return COUNT + TIME + entries(trigger, aheadMs) * entry;
  }

  /** How many times, panes or values an instance gathers: fewer than complete it. */
  private static long entries(TriggerPlan trigger, long aheadMs) {
    boolean sums = trigger.gathers() instanceof When.Sum;
    long ahead = aheadMs == 0 ? 0 : EVENTS_AHEAD;
    long events = sums ? EXACT_EVENTS : trigger.atLeastCount() - 1 + ahead;
    return trigger.paneMs() == 1
        ? events
        : Math.min(
            sums ? Long.MAX_VALUE : events, (trigger.windowMs() + aheadMs) / trigger.paneMs() + 3);
  }

  private AttributeType measured(TriggerPlan trigger) {
    When.Distinct distinct = (When.Distinct) trigger.gathers();
    RecordType record = distinct.event().type().record();
    return record.attribute(record.indexOf(distinct.of())).type();
  }

  private static long drop(DropSpec spec) {
    long value =
        switch (spec.measure()) {
          case COUNT -> COUNT;
          case ACTIVE_DAYS -> 0;
          case SUM -> DECIMAL;
        };
    long dates = spec.recentDates() + spec.baselineDates() + 2L;
    return TIME_OR_NONE + FLAG + DATE + DATE + COUNT + dates * (number(dates) + 1 + value);
  }

  private OfSignal signal(SignalPlan signal) {
    return new OfSignal(signal, SECTION + HASH + kept(signal));
  }

  private long kept(SignalPlan signal) {
    SignalSpec spec = signal.spec();
    return switch (spec.kind()) {
      case COUNT, SUM, AVG, MIN, MAX -> panes(spec);
      case DISTINCT ->
          COUNT
              + TIME
              + (long) DistinctState.MOST
                  * (signed(spec.windowMs())
                      + measured(signal).stream().mapToLong(StateBounds::part).max().orElse(0));
      case FIRST, LAST, SINCE ->
          TIME_OR_NONE + TIME + (spec.ofAttribute() ? 1 + value(spec.result()) : 0);
      case OWN_GAP -> TIME_OR_NONE + COUNT + DATE + DATE;
      case ACTIVE_DAYS -> NUMBER + DATE;
      case ACTIVITY_LEVEL, DROP_RATIO -> TIME_OR_NONE + TIME + TIME + DATE + DOUBLE + DOUBLE;
      case BUSIEST_HOUR -> TIME_OR_NONE + 2 + BUSY_HOURS * (1L + COUNT);
      case MODEL ->
          TIME_OR_NONE
              + COUNT
              + TIME_OR_NONE
              + COUNT
              + TIME
              + TIME
              + DATE
              + DATE
              + NUMBER
              + 3L * DOUBLE;
    };
  }

  private static long panes(SignalSpec spec) {
    long panes = spec.paneMs() == 1 ? EXACT_EVENTS : spec.windowMs() / spec.paneMs() + 2;
    boolean counts = spec.kind() == SignalKind.COUNT || spec.kind() == SignalKind.AVG;
    long each =
        number(spec.windowMs() / spec.paneMs() + 2)
            + (counts ? COUNT : 0)
            + (spec.kind().hasAmounts() ? DECIMAL : 0);
    return COUNT + TIME + panes * each;
  }

  private Set<AttributeType> measured(SignalPlan signal) {
    Set<AttributeType> types = new TreeSet<>();
    for (EventType type : plan.job().catalogue().types()) {
      for (SignalInterest interest : plan.type(type).signals()) {
        if (interest.signal().equals(signal) && interest.measuredSlot() >= 0) {
          types.add(type.record().attribute(interest.measuredSlot()).type());
        }
      }
    }
    return types;
  }

  private long event(EventType type) {
    return Integer.BYTES + LENGTH + TIME + id + slots(plan.type(type).stored());
  }

  private static long slots(StoredSlots stored) {
    long bytes = COUNT;
    for (int i = 0; i < stored.count(); i++) {
      Attribute attribute = stored.record().attribute(stored.slot(i));
      bytes += Integer.BYTES + 1 + value(attribute.type());
    }
    return bytes;
  }

  private static long value(AttributeType type) {
    return switch (type) {
      case STRING -> TEXT;
      case INT, TIMESTAMP, DURATION -> NUMBER;
      case DOUBLE -> DOUBLE;
      case DECIMAL -> DECIMAL;
      case BOOL -> FLAG;
      case STRING_LIST -> 1 + LIST_VALUES * (long) TEXT;
      case INT_LIST -> 1 + LIST_VALUES * (long) NUMBER;
    };
  }

  private static long key(TriggerPlan trigger) {
    When when = trigger.definition().when();
    long bytes = 1;
    for (String name : when.match()) {
      long most = 0;
      for (Selector selector : when.selectors()) {
        RecordType record = selector.type().record();
        most = Math.max(most, part(record.attribute(record.indexOf(name)).type()));
      }
      bytes += most;
    }
    return bytes;
  }

  /** A value that tells instances or values apart, with its tag; of a list, an element. */
  private static long part(AttributeType type) {
    return switch (type) {
      case INT, TIMESTAMP, DURATION, INT_LIST -> 1 + NUMBER;
      case BOOL -> 1 + FLAG;
      case STRING, DOUBLE, DECIMAL, STRING_LIST -> 1 + TEXT;
    };
  }

  /** The bytes of a number from 0 to {@code most}. */
  private static long number(long most) {
    return Math.max(1, (Long.SIZE - Long.numberOfLeadingZeros(most) + 6) / 7);
  }

  /** The bytes of a number from −{@code most} to {@code most}. */
  private static long signed(long most) {
    return number(2 * most);
  }
}
