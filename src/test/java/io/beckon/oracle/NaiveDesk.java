// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.oracle;

import io.beckon.event.Event;
import io.beckon.event.Slots;
import io.beckon.language.Intervention;
import io.beckon.language.Intervention.SendAt;
import io.beckon.language.JobDefinition;
import io.beckon.language.JobDefinition.Clock;
import io.beckon.language.PolicyDefinition;
import io.beckon.language.PolicyDefinition.Arbitration;
import io.beckon.language.PolicyDefinition.Budget;
import io.beckon.language.PolicyDefinition.Cap;
import io.beckon.language.PolicyDefinition.CapWindow;
import io.beckon.language.PolicyDefinition.Consent;
import io.beckon.language.PolicyDefinition.Exemption;
import io.beckon.language.PolicyDefinition.Mute;
import io.beckon.language.PolicyDefinition.Quiet;
import io.beckon.language.Selector;
import io.beckon.language.TriggerDefinition;
import io.beckon.language.TriggerDefinition.Goal;
import io.beckon.language.TriggerDefinition.Lane;
import io.beckon.language.TriggerDefinition.Mode;
import io.beckon.language.TriggerDefinition.Step;
import io.beckon.language.expression.Expression;
import io.beckon.oracle.Condition.View;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What becomes of one user's moments, as plainly as possible: nothing is forgotten, everything that
 * can be is computed anew each time it is asked for.
 */
final class NaiveDesk {
  private static final long MINUTE_MS = 60_000;
  private static final long DAY_MS = 24 * 60 * MINUTE_MS;

  private final JobDefinition job;
  private final PolicyDefinition policy;
  private final Person person;
  private final Outputs outputs;

  /** Whether the send clock is another than that of events. */
  private final boolean live;

  /** The send clock of a live job. */
  private long clockMs = Long.MIN_VALUE;

  /** Every moment that was ever decided. */
  private final List<Course> courses = new ArrayList<>();

  private final List<Entry> entries = new ArrayList<>();
  private final List<Paid> paid = new ArrayList<>();

  NaiveDesk(JobDefinition job, Person person, Outputs outputs) {
    this.job = job;
    this.policy = job.policy();
    this.person = person;
    this.outputs = outputs;
    this.live = job.time().clock() == Clock.LIVE;
  }

  /** What the desk must know of the user. */
  interface Person {
    String id();

    Optional<Slots> profileAt(long timeMs);

    Days daysAt(long timeMs);

    /** The newest profile by its time of those read, whether or not it holds yet. */
    Optional<Slots> lastProfile();

    /** A signal's value, by the events read so far. */
    Optional<Object> signal(String name, long timeMs);

    /** What was read so far, late ones too, without copies. */
    List<Event> read();

    /** Whether a rule of the policy means {@code event}. */
    boolean picks(Selector selector, Event event);

    boolean holds(Optional<Expression> condition, View view);

    Optional<BigDecimal> number(Expression expression, Event event);

    /** The user's watermark. */
    long watermark();
  }

  /** Where results go. */
  record Outputs(
      List<Outcome.Judged> decisions,
      List<Outcome.Sent> commands,
      List<Outcome.Followed> followed,
      List<NaiveBudget.Ask> requests,
      Map<String, Integer> seen) {
    /**
     * @param seen counts what happened, to know that everything did
     */
    Outputs(Map<String, Integer> seen) {
      this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), seen);
    }
  }

  private void saw(String what) {
    outputs.seen.merge(what, 1, Integer::sum);
  }

  /** What the detection that brought a moment about must be asked and told. */
  interface Origin {
    TriggerDefinition trigger();

    /** What conditions and params see at {@code atMs}. */
    View view(Course course, long atMs);

    /** It is held or was sent: from now on it is an episode of its instance. */
    void opened(Course course, long nowMs);

    /** Nothing of it can be revoked or is pending any more. */
    void closed(Course course);

    /** What may be its goal and was read before the moment, which came at arrival. */
    List<Event> goalsReadBefore(Course course);

    /** What cancels and was read before the moment, which came at arrival. */
    List<Event> cancelsReadBefore(Course course);
  }

  /** A moment and all that came of it. */
  static final class Course {
    final Origin origin;
    final TriggerDefinition trigger;
    final Object key;
    final String match;
    final String anchor;
    final Optional<Event> event;
    final long eventMs;
    final long momentMs;
    final long startMs;
    final Map<String, Object> evidence;
    final boolean cameCancelled;
    final boolean evicted;

    /** Until when it was displaced, cancelled or over, what waits. */
    Optional<Pending> pending = Optional.empty();

    final List<Issue> issues = new ArrayList<>();

    /** Of step 1: it started a cooldown. */
    boolean cools;

    boolean opened;
    boolean revoked;
    long lastEndMs = Long.MIN_VALUE;

    /** What the experiment chose, when and which variant. */
    Optional<String> assignment = Optional.empty();

    long decidedMs;
    String variant = "";
    boolean recorded;

    Course(
        Origin origin,
        Object key,
        String match,
        String anchor,
        Optional<Event> event,
        long momentMs,
        long startMs,
        Map<String, Object> evidence,
        boolean cameCancelled,
        boolean evicted) {
      this.origin = origin;
      this.trigger = origin.trigger();
      this.key = key;
      this.match = match;
      this.anchor = anchor;
      this.event = event;
      this.eventMs = event.map(Event::timeMs).orElse(momentMs);
      this.momentMs = momentMs;
      this.startMs = startMs;
      this.evidence = evidence;
      this.cameCancelled = cameCancelled;
      this.evicted = evicted;
    }

    boolean shadow() {
      return trigger.mode() == Mode.SHADOW;
    }

    /** Without anything pending. */
    long plainEndMs() {
      return momentMs
          + Math.max(
              trigger.expiresInMs().orElse(0), trigger.goal().map(Goal::withinMs).orElse(0L));
    }

    long endMs() {
      return pending.isPresent() ? Long.MAX_VALUE : Math.max(plainEndMs(), lastEndMs);
    }
  }

  /** A step that is held or waited for. */
  private record Pending(int step, long dueMs, Held why, boolean planned, String params) {}

  private enum Held {
    GATHERING,
    OPENING,
    USUAL_HOUR,
    /** A later step that was not looked at yet. */
    WAITING
  }

  /** A step that was sent, or handed on to be. */
  private record Issue(int step, long atMs, boolean handedOn, boolean queues, long sendUntilMs) {}

  /** What a cap counts. */
  private record Entry(
      TriggerDefinition trigger,
      List<Intervention> any,
      boolean shadow,
      long fromMs,
      long untilMs,
      LocalDate from,
      LocalDate until) {}

  private record Paid(String budget, BigDecimal cost) {}

  /** Something that is up for a decision in a batch. */
  private record Turn(Course course, boolean fresh, int step) {}

  /** What has won in a batch so far. */
  private static final class Batch {
    final long nowMs;

    /** Whether a window of gathering closes with it: who comes now is of it, too. */
    final boolean closes;

    final List<String> winners = new ArrayList<>();

    Batch(long nowMs, boolean closes) {
      this.nowMs = nowMs;
      this.closes = closes;
    }
  }

  private static final Comparator<Turn> BY_TURN =
      Comparator.comparing((Turn t) -> t.course.trigger.lane() == Lane.SERVICE ? 0 : 1)
          .thenComparing(t -> -t.course.trigger.priority())
          .thenComparing(t -> t.course.trigger.id(), NaiveOracle::compareCodePoints)
          .thenComparing(t -> t.course.eventMs)
          .thenComparing(t -> t.course.anchor, NaiveOracle::compareCodePoints)
          .thenComparing(t -> t.course.match, NaiveOracle::compareCodePoints)
          .thenComparing(t -> t.course.momentMs)
          .thenComparing(t -> t.step);

  // What comes from outside.

  /** The send clock of a live job goes on. */
  void clock(long nowMs) {
    clockMs = Math.max(clockMs, nowMs);
  }

  /** When the send clock has something to release. */
  Optional<Long> nextSend() {
    return courses.stream()
        .flatMap(course -> course.pending.stream())
        .map(Pending::dueMs)
        .min(Long::compare);
  }

  /** The next instant of event time at which something is due by itself. */
  Optional<Long> nextInstant() {
    List<Long> due = new ArrayList<>();
    for (Course course : courses) {
      if (!live) {
        course.pending.ifPresent(p -> due.add(p.dueMs));
      }
      if (isFollowed(course)) {
        due.add(course.momentMs + goal(course).withinMs());
      }
    }
    return due.stream().min(Long::compare);
  }

  private static Goal goal(Course course) {
    return course.trigger.goal().orElseThrow();
  }

  private static boolean isFollowed(Course course) {
    return course.assignment.isPresent() && !course.recorded;
  }

  /** Outcomes whose time is over at an instant. */
  void passOutcomes(long now) {
    for (Course course : courses) {
      if (isFollowed(course) && course.momentMs + goal(course).withinMs() <= now) {
        record(course, Optional.empty());
      }
    }
  }

  /**
   * Decides what came to be at one instant, and what is held and due then.
   *
   * @param timeMs of events; the send clock, too, of a replay
   * @param atArrival whether it is ahead of the watermark: nothing is released in a replay
   */
  void decide(List<Course> fresh, long timeMs, boolean atArrival) {
    long now = live ? clockMs : timeMs;
    boolean releases = live || !atArrival;
    List<Turn> turns = new ArrayList<>();
    fresh.forEach(course -> turns.add(new Turn(course, true, 1)));
    for (Course course : courses) {
      if (releases && course.pending.filter(p -> p.dueMs <= now).isPresent()) {
        turns.add(new Turn(course, false, course.pending.get().step));
      }
    }
    turns.sort(BY_TURN);
    boolean closes = releases && gathering().anyMatch(pending -> pending.dueMs == now);
    Batch batch = new Batch(now, closes);
    for (Turn turn : turns) {
      if (turn.fresh) {
        courses.add(turn.course);
        begin(turn.course, batch);
        readBefore(turn.course);
      } else if (turn.course.pending.filter(p -> p.dueMs <= now).isPresent()) {
        // Else it was ended by what stood before it.
        release(turn.course, batch);
      }
    }
  }

  /** What was read before a moment that came at arrival. */
  private void readBefore(Course course) {
    course.origin.goalsReadBefore(course).forEach(event -> reached(course, event));
    for (Event event : course.origin.cancelsReadBefore(course)) {
      if (course.opened && event.timeMs() <= course.endMs()) {
        cancelled(course, event);
      }
    }
  }

  /** Its instance was displaced. */
  void displaced(Course course, long now) {
    if (course.pending.isPresent()) {
      int step = course.pending.get().step;
      drop(course, now);
      judged(course, step, live ? clockMs : Math.max(now, course.momentMs), "EVICTED", "");
    }
  }

  private void drop(Course course, long now) {
    int step = course.pending.orElseThrow().step;
    course.pending = Optional.empty();
    course.lastEndMs = Math.max(course.lastEndMs, now);
    if (step == 1) {
      course.cools = false;
    }
  }

  /** An event that reaches the goal of {@code course} was read. */
  void reached(Course course, Event event) {
    boolean inTime =
        course.momentMs < event.timeMs()
            && event.timeMs() <= course.momentMs + goal(course).withinMs();
    if (!inTime) {
      return;
    }
    if (isFollowed(course)) {
      record(course, Optional.of(event));
    }
    end(course, event, "goal=");
  }

  /** A {@code cancel_on} event in the span of {@code course} was read. */
  void cancelled(Course course, Event event) {
    end(course, event, "cancelled_by=");
    for (Issue issue : course.issues) {
      long at = live ? clockMs : Math.max(Math.max(event.timeMs(), course.momentMs), issue.atMs);
      Outcome.Sent cancel = sent("CANCEL", course, issue.step, at, "", "", "");
      if (issue.handedOn) {
        long asked = live ? at : Math.max(at, person.watermark() + 1);
        outputs.requests.add(
            NaiveBudget.Ask.revoke(course.trigger, asked, cancel, event.type().name()));
      } else {
        outputs.commands.add(cancel);
      }
    }
    course.issues.clear();
    course.revoked = true;
    close(course);
  }

  /** Ends what is held or waited for. */
  private void end(Course course, Event event, String why) {
    if (course.pending.isPresent()) {
      saw("ended by " + why + (course.pending.get().step == 1 ? "held" : "later step"));
      int step = course.pending.get().step;
      drop(course, event.timeMs());
      judged(
          course,
          step,
          live ? clockMs : Math.max(event.timeMs(), course.momentMs),
          "CANCELLED",
          why + event.type().name());
      if (course.issues.isEmpty()) {
        close(course);
      }
    }
  }

  private static void close(Course course) {
    if (course.opened) {
      course.opened = false;
      course.origin.closed(course);
    }
  }

  List<Course> coursesOf(Origin origin) {
    return courses.stream().filter(course -> course.origin == origin).toList();
  }

  /** Moments that have no final decision, by trigger. */
  Map<String, Integer> held() {
    Map<String, Integer> held = new TreeMap<>();
    for (Course course : courses) {
      if (course.pending.filter(p -> p.step == 1).isPresent()) {
        held.merge(course.trigger.id(), 1, Integer::sum);
      }
    }
    return held;
  }

  /** Episodes whose outcome is open, by trigger. */
  Map<String, Integer> following() {
    Map<String, Integer> following = new TreeMap<>();
    courses.stream()
        .filter(NaiveDesk::isFollowed)
        .forEach(course -> following.merge(course.trigger.id(), 1, Integer::sum));
    return following;
  }

  // From moment to candidate.

  private void begin(Course course, Batch batch) {
    Optional<Refusal> refused = refusedAtMoment(course, batch.nowMs);
    if (refused.isPresent()) {
      judged(course, 1, batch.nowMs, refused.get().reason, refused.get().detail);
      return;
    }
    Intervention what = what(course.trigger, 1);
    String params = params(course, 1, course.momentMs);
    if (gathers(course, batch.nowMs) && !batch.closes) {
      long close = close(batch.nowMs);
      if (isCrowded(course)) {
        judged(course, 1, batch.nowMs, "CAP", "cap=journeys");
        return;
      }
      saw("held to gather");
      hold(course, new Pending(1, close, Held.GATHERING, false, params), batch.nowMs);
      return;
    }
    candidate(course, 1, what, batch, Optional.empty(), params);
  }

  private record Refusal(String reason, String detail) {
    static Optional<Refusal> of(String reason) {
      return Optional.of(new Refusal(reason, ""));
    }

    static Optional<Refusal> of(String reason, String detail) {
      return Optional.of(new Refusal(reason, detail));
    }
  }

  private Optional<Refusal> refusedAtMoment(Course course, long now) {
    if (course.evicted) {
      return Refusal.of("EVICTED");
    }
    TriggerDefinition trigger = course.trigger;
    boolean warmingUp =
        job.time().sendFrom().isPresent()
            && job.time().sendFrom().get() instanceof JobDefinition.SendFrom.At from
            && course.momentMs < from.timeMs();
    if (warmingUp) {
      return Refusal.of("WARMING_UP");
    }
    if (trigger.mode() == Mode.PAUSED) {
      return Refusal.of("PAUSED");
    }
    LocalDate date = Instant.ofEpochMilli(course.momentMs).atZone(job.zone()).toLocalDate();
    boolean active =
        trigger
            .active()
            .map(
                dates ->
                    dates.from().map(from -> !date.isBefore(from)).orElse(true)
                        && dates.until().map(until -> !date.isAfter(until)).orElse(true))
            .orElse(true);
    if (!active) {
      return Refusal.of("NOT_ACTIVE");
    }
    View view = course.origin.view(course, course.momentMs);
    if (!person.holds(trigger.audience(), view)
        || !person.holds(trigger.steps().get(0).condition(), view)) {
      return Refusal.of("NOT_IN_AUDIENCE");
    }
    if (isCooling(course)) {
      return Refusal.of("COOLDOWN");
    }
    return refusedContact(course, what(trigger, 1), now);
  }

  private boolean isCooling(Course course) {
    return course
        .trigger
        .cooldown()
        .map(
            cooldown ->
                coursesOf(course.origin).stream()
                    .filter(other -> other != course && other.cools)
                    .filter(other -> !cooldown.perMatch() || other.key.equals(course.key))
                    .anyMatch(
                        other -> Math.abs(other.momentMs - course.momentMs) < cooldown.forMs()))
        .orElse(false);
  }

  private boolean isExempt(Course course, Exemption of) {
    return policy.exempt(course.trigger.lane()).contains(of);
  }

  private Optional<Refusal> refusedContact(Course course, Intervention what, long now) {
    if (!isExempt(course, Exemption.CONSENT)) {
      if (!laneAgreed(course.trigger.lane(), now)) {
        return Refusal.of("NO_CONSENT", "consent=lane");
      }
      if (!channelAgreed(what, now)) {
        return Refusal.of("NO_CONSENT", "consent=channel");
      }
    }
    return !isExempt(course, Exemption.MUTE) && isMuted(course.trigger.lane(), now)
        ? Refusal.of("MUTED")
        : Optional.empty();
  }

  private Optional<Slots> profile(long now) {
    return live ? person.lastProfile() : person.profileAt(now);
  }

  private boolean laneAgreed(Lane lane, long now) {
    if (policy.consent().isEmpty()) {
      return true;
    }
    Consent consent = policy.consent().get();
    var slot = lane == Lane.SERVICE ? consent.serviceSlot() : consent.marketingSlot();
    return slot.isEmpty()
        || profile(now)
            .map(profile -> profile.objectAt(slot.getAsInt()))
            .map(said -> (Boolean) said)
            .orElse(consent.allowsByDefault());
  }

  private boolean channelAgreed(Intervention what, long now) {
    if (policy.consent().isEmpty()
        || policy.consent().get().channelsSlot().isEmpty()
        || what.channel().isEmpty()) {
      return true;
    }
    Consent consent = policy.consent().get();
    return profile(now)
        .map(profile -> profile.objectAt(consent.channelsSlot().getAsInt()))
        .map(channels -> ((List<?>) channels).contains(what.channel().get()))
        .orElse(consent.allowsByDefault());
  }

  private boolean isMuted(Lane lane, long now) {
    for (Mute mute : policy.mutes()) {
      for (Event from : person.read()) {
        boolean covers =
            mute.lane() == lane
                && from.timeMs() <= now
                && now < from.timeMs() + mute.atMostMs()
                && person.picks(mute.from(), from);
        if (covers && !isUnmuted(mute, from.timeMs(), now)) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean isUnmuted(Mute mute, long from, long now) {
    return person.read().stream()
        .filter(event -> from <= event.timeMs() && event.timeMs() <= now)
        .anyMatch(event -> mute.until().filter(until -> person.picks(until, event)).isPresent());
  }

  // Gathering.

  private boolean gathers(Course course, long now) {
    return policy.arbitration().filter(a -> a.gatherMs() > 0).isPresent()
        && !isExempt(course, Exemption.ARBITRATION)
        && !isExpired(course, 1, now)
        && !course.cameCancelled
        && !(heedsQuiet(course) && isQuiet(now, now));
  }

  private static boolean isExpired(Course course, int step, long now) {
    return step == 1
        && course.trigger.expiresInMs().isPresent()
        && now > course.momentMs + course.trigger.expiresInMs().getAsLong();
  }

  /** The close of the window that is open, or of a new one. */
  private long close(long now) {
    return gathering()
        .mapToLong(Pending::dueMs)
        .filter(due -> due >= now)
        .min()
        .orElseGet(() -> now + policy.arbitration().orElseThrow().gatherMs());
  }

  private Stream<Pending> gathering() {
    return courses.stream()
        .flatMap(course -> course.pending.stream())
        .filter(pending -> pending.why == Held.GATHERING);
  }

  /** Whether too many others are held or waited for already. */
  private boolean isCrowded(Course course) {
    return courses.stream()
            .filter(other -> other != course && other.pending.isPresent())
            .filter(other -> course.shadow() ? other.origin == course.origin : !other.shadow())
            .count()
        >= policy.mostJourneys();
  }

  private void hold(Course course, Pending pending, long now) {
    course.pending = Optional.of(pending);
    if (pending.step == 1 && !course.cools) {
      course.cools = true;
    }
    open(course, now);
  }

  private static void open(Course course, long now) {
    if (!course.opened) {
      course.opened = true;
      course.origin.opened(course, now);
    }
  }

  // Steps.

  private static int steps(Course course) {
    return course.trigger.steps().size();
  }

  /** What a step does for this user. */
  private Intervention what(TriggerDefinition trigger, int step) {
    Intervention written = trigger.steps().get(step - 1).intervention();
    return variant(trigger, step).map(Intervention.Variant::intervention).orElse(written);
  }

  private Optional<Intervention.Variant> variant(TriggerDefinition trigger, int step) {
    List<Intervention.Variant> variants = trigger.steps().get(step - 1).intervention().variants();
    int total = variants.stream().mapToInt(Intervention.Variant::weight).sum();
    double u = unit(policy.holdout().salt(), "variant/" + trigger.id(), person.id());
    int cumulative = 0;
    for (Intervention.Variant variant : variants) {
      cumulative += variant.weight();
      if (u < (double) cumulative / total) {
        return Optional.of(variant);
      }
    }
    return Optional.empty();
  }

  private String params(Course course, int step, long at) {
    return NaiveOracle.params(what(course.trigger, step), course.origin.view(course, at));
  }

  /** A uniform number of a user. */
  static double unit(String salt, String scope, String user) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest((salt + "\0" + scope + "\0" + user).getBytes(StandardCharsets.UTF_8));
      return (ByteBuffer.wrap(digest).getLong() >>> 11) * Math.pow(2, -53);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What was held or waited for is due. */
  private void release(Course course, Batch batch) {
    Pending pending = course.pending.orElseThrow();
    if (pending.why == Held.WAITING) {
      later(course, pending.step, batch);
      return;
    }
    candidate(
        course,
        pending.step,
        what(course.trigger, pending.step),
        batch,
        course.pending,
        pending.params);
  }

  /** A later step has come due. */
  private void later(Course course, int step, Batch batch) {
    Step it = course.trigger.steps().get(step - 1);
    View view = course.origin.view(course, batch.nowMs);
    String params = params(course, step, batch.nowMs);
    if (!person.holds(it.condition(), view)) {
      over(course, step, batch, new Refusal("NOT_IN_AUDIENCE", ""));
      return;
    }
    candidate(
        course,
        step,
        what(course.trigger, step),
        batch,
        Optional.of(new Pending(step, batch.nowMs, Held.WAITING, false, params)),
        params);
  }

  /** A step ends without being sent. */
  private void over(Course course, int step, Batch batch, Refusal refusal) {
    if (course.pending.isPresent()) {
      drop(course, batch.nowMs);
    }
    judged(course, step, batch.nowMs, refusal.reason, refusal.detail);
    if (step == 1) {
      course.cools = Set.of("SHADOW", "HOLDOUT", "BUDGET").contains(refusal.reason);
    }
    if (step > 1 || refusal.reason.equals("SHADOW")) {
      next(course, step, batch);
    }
    boolean spans = refusal.reason.equals("HOLDOUT");
    if (course.pending.isEmpty() && course.issues.isEmpty() && !spans) {
      close(course);
    }
  }

  /** On to the step after {@code step}, if there is one. */
  private void next(Course course, int step, Batch batch) {
    if (step == steps(course)) {
      return;
    }
    long wait = course.trigger.steps().get(step).waitMs();
    if (wait == 0) {
      later(course, step + 1, batch);
      return;
    }
    course.pending =
        Optional.of(new Pending(step + 1, batch.nowMs + wait, Held.WAITING, false, ""));
    open(course, batch.nowMs);
  }

  // At the instant of sending.

  private void candidate(
      Course course,
      int step,
      Intervention what,
      Batch batch,
      Optional<Pending> held,
      String params) {
    Optional<Refusal> refusal = refused(course, step, what, batch, held, params);
    if (refusal.isPresent()) {
      if (!refusal.get().reason.equals("DEFERRED")) {
        over(course, step, batch, refusal.get());
      }
      return;
    }
    if (course.pending.isPresent()) {
      course.pending = Optional.empty();
      course.lastEndMs = Math.max(course.lastEndMs, batch.nowMs);
    }
    send(course, step, what, batch, params);
  }

  /** The first check that says no; DEFERRED if it was held. */
  private Optional<Refusal> refused(
      Course course,
      int step,
      Intervention what,
      Batch batch,
      Optional<Pending> held,
      String params) {
    long now = batch.nowMs;
    if (held.isPresent()) {
      if (step == 1 && isCooling(course)) {
        return Refusal.of("COOLDOWN");
      }
      Optional<Refusal> contact = refusedContact(course, what, now);
      if (contact.isPresent()) {
        return contact;
      }
    }
    boolean expired = isExpired(course, step, now);
    boolean keepsOne =
        held.filter(p -> p.why == Held.OPENING).isPresent()
            && policy.quiet().filter(Quiet::keepsHighest).isPresent();
    // It only waits for its reason.
    boolean doomed = expired || (step == 1 && course.cameCancelled);
    if (!isExempt(course, Exemption.ARBITRATION) && !doomed) {
      int keep = policy.arbitration().map(Arbitration::keep).orElse(Integer.MAX_VALUE);
      keep = keepsOne ? Math.min(1, keep) : keep;
      if (batch.winners.size() >= keep) {
        return Refusal.of("LOST_ARBITRATION", "winner=" + batch.winners.get(0));
      }
      if (!course.shadow()) {
        batch.winners.add(course.trigger.id());
      }
    }
    if (!isExempt(course, Exemption.CAPS)) {
      Optional<Cap> full = full(course, what, now);
      if (full.isPresent()) {
        saw("cap " + kind(full.get().window()));
        return Refusal.of("CAP", "cap=" + full.get().id());
      }
    }
    boolean isHeld = course.pending.isPresent();
    if (step == 1 && steps(course) > 1 && isCrowded(course)) {
      return Refusal.of("CAP", "cap=journeys");
    }
    if (!doomed) {
      boolean planned = held.filter(Pending::planned).isPresent();
      Due due = due(course, what, now, planned);
      if (due.atMs > now || due.dropped) {
        if (due.dropped) {
          return Refusal.of("QUIET_DROPPED");
        }
        if (step == 1 && !isHeld && isCrowded(course)) {
          return Refusal.of("CAP", "cap=journeys");
        }
        saw("held, " + due.why + ", send_at " + what.sendAt());
        judged(course, step, now, "DEFERRED", "until=" + due.atMs);
        hold(course, new Pending(step, due.atMs, due.why, true, params), now);
        return Refusal.of("DEFERRED");
      }
    }
    if (expired) {
      return Refusal.of("EXPIRED");
    }
    if (step == 1 && course.cameCancelled) {
      return Refusal.of("CANCELLED");
    }
    if (course.shadow()) {
      entries.add(entry(course, List.of(what), now, now));
      return Refusal.of("SHADOW");
    }
    if (step == 1 && !isExempt(course, Exemption.HOLDOUT)) {
      Optional<String> scope = heldOut(course.trigger);
      if (scope.isPresent()) {
        course.lastEndMs = Math.max(course.lastEndMs, now);
        assign(course, "HELD_OUT", now);
        open(course, now);
        return Refusal.of("HOLDOUT", "scope=" + scope.get());
      }
    }
    return Optional.empty();
  }

  private Optional<String> heldOut(TriggerDefinition trigger) {
    String salt = policy.holdout().salt();
    if (isBelow(unit(salt, "holdout", person.id()), policy.holdout().share())) {
      return Optional.of("global");
    }
    return isBelow(unit(salt, "holdout/" + trigger.id(), person.id()), trigger.holdout())
        ? Optional.of("trigger")
        : Optional.empty();
  }

  private static boolean isBelow(double draw, BigDecimal share) {
    return new BigDecimal(draw).compareTo(share) < 0;
  }

  // Caps.

  private Optional<Cap> full(Course course, Intervention what, long now) {
    for (Cap cap : policy.caps()) {
      if (cap.of().fits(course.trigger.id(), course.trigger.lane(), what)
          && entries.stream()
                  .filter(e -> e.shadow == course.shadow())
                  .filter(e -> !e.shadow || e.trigger.id().equals(course.trigger.id()))
                  .filter(
                      e ->
                          e.any.stream()
                              .anyMatch(i -> cap.of().fits(e.trigger.id(), e.trigger.lane(), i)))
                  .filter(e -> isInWindow(e, cap.window(), now))
                  .count()
              >= cap.atMost()) {
        return Optional.of(cap);
      }
    }
    return Optional.empty();
  }

  private static String kind(CapWindow window) {
    return window instanceof CapWindow.Calendar calendar ? calendar.period().name() : "ROLLING";
  }

  private boolean isInWindow(Entry entry, CapWindow window, long now) {
    if (window instanceof CapWindow.Rolling rolling) {
      return now - entry.untilMs < rolling.ms();
    }
    LocalDate today = person.daysAt(now).date(now);
    CapWindow.Calendar calendar = (CapWindow.Calendar) window;
    LocalDate first =
        switch (calendar.period()) {
          case DAY -> today;
          case WEEK -> today.minusDays(today.getDayOfWeek().getValue() - 1);
          case MONTH -> today.withDayOfMonth(1);
        };
    LocalDate last =
        switch (calendar.period()) {
          case DAY -> today;
          case WEEK -> first.plusDays(6);
          case MONTH -> first.plusMonths(1).minusDays(1);
        };
    return !entry.from.isAfter(last) && !entry.until.isBefore(first);
  }

  private Entry entry(Course course, List<Intervention> any, long from, long until) {
    Days days = person.daysAt(from);
    return new Entry(
        course.trigger, any, course.shadow(), from, until, days.date(from), days.date(until));
  }

  // Quiet hours.

  private boolean heedsQuiet(Course course) {
    return policy.quiet().isPresent() && !isExempt(course, Exemption.QUIET_HOURS);
  }

  /** Whether it is quiet at {@code at}, by what is known at {@code now}. */
  private boolean isQuiet(long now, long at) {
    return isQuiet(person.daysAt(now), at);
  }

  private boolean isQuiet(Days days, long at) {
    if (policy.quiet().isEmpty()) {
      return false;
    }
    Quiet quiet = policy.quiet().get();
    LocalDate date = days.date(at);
    if (quiet.holidays().stream()
        .anyMatch(h -> !date.isBefore(h.from()) && !date.isAfter(h.to()))) {
      return true;
    }
    int minute = days.clock(at).toLocalTime().toSecondOfDay() / 60;
    return quiet.windows().stream()
        .anyMatch(
            w ->
                w.fromMinute() < w.toMinute()
                    ? w.fromMinute() <= minute && minute < w.toMinute()
                    : w.fromMinute() <= minute || minute < w.toMinute());
  }

  /** All zones' clocks and all windows of the generated jobs move at whole such steps. */
  private static final long STEP_MS = 5 * MINUTE_MS;

  private static long stepAfter(long time) {
    return (Math.floorDiv(time, STEP_MS) + 1) * STEP_MS;
  }

  private long opening(long now, long from) {
    Days days = person.daysAt(now);
    long at = from;
    while (isQuiet(days, at)) {
      at = stepAfter(at);
    }
    return at;
  }

  /** When a candidate may go out, and why not before. */
  private record Due(long atMs, Held why, boolean dropped) {}

  private Due due(Course course, Intervention what, long now, boolean planned) {
    SendAt sendAt = what.sendAt();
    long due = now;
    Held why = Held.USUAL_HOUR;
    if (!planned && sendAt == SendAt.USUAL_HOUR) {
      Optional<Object> hour = person.signal("usual_hour", now);
      Days days = person.daysAt(now);
      while (hour.isPresent() && days.clock(due).getHour() != (Long) hour.get() % 24) {
        due = stepAfter(due);
      }
    }
    if (heedsQuiet(course) && isQuiet(now, due)) {
      boolean drops = policy.quiet().orElseThrow().drops() && sendAt != SendAt.NEXT_OPEN;
      if (drops && due == now) {
        return new Due(now, Held.OPENING, true);
      }
      due = opening(now, due);
      why = Held.OPENING;
    }
    return new Due(due > now ? due + spread() : now, why, false);
  }

  private long spread() {
    long spread = policy.quiet().map(Quiet::spreadMs).orElse(0L);
    double u = unit(policy.holdout().salt(), "spread", person.id());
    return (long) Math.floor(u * spread);
  }

  // Sending.

  private void send(Course course, int step, Intervention chosen, Batch batch, String params) {
    long now = batch.nowMs;
    Optional<Budget> budget = chosen.budget().flatMap(policy::budget);
    Optional<Intervention> fallback =
        budget.flatMap(Budget::whenEmpty).filter(it -> isAllowed(course, it, now));
    Intervention what = chosen;
    String variant = variant(course.trigger, step).map(Intervention.Variant::name).orElse("");
    String detail = "";
    if (budget.isPresent() && budget.get().perUser().isPresent()) {
      BigDecimal spent =
          paid.stream()
              .filter(p -> p.budget.equals(budget.get().id()))
              .map(Paid::cost)
              .reduce(BigDecimal.ZERO, BigDecimal::add);
      boolean empty =
          spent.add(chosen.cost().orElseThrow()).compareTo(budget.get().perUser().get()) > 0;
      if (empty && fallback.isEmpty()) {
        if (step == 1) {
          course.variant = variant;
        }
        over(course, step, batch, new Refusal("BUDGET", ""));
        return;
      }
      if (empty) {
        what = fallback.get();
        fallback = Optional.empty();
        detail = "fallback=" + what.kind().name().toLowerCase(Locale.ROOT);
        saw("fallback by per_user");
        params = NaiveOracle.params(what, course.origin.view(course, now));
      }
    }
    List<Intervention> any = new ArrayList<>(List.of(what));
    if (what.budget().isPresent()) {
      fallback.ifPresent(any::add);
    }
    boolean rated = any.stream().anyMatch(it -> fitsARate(course, it, false));
    boolean handedOn = what.budget().isPresent() || rated;
    boolean queues = any.stream().anyMatch(it -> fitsARate(course, it, true));
    long sendUntil = sendUntil(course, step, now);
    if (step == 1) {
      course.cools = true;
    }
    entries.add(entry(course, any, now, handedOn && queues ? sendUntil : now));
    course.issues.add(new Issue(step, now, handedOn, queues, sendUntil));
    course.lastEndMs = Math.max(course.lastEndMs, handedOn && queues ? sendUntil : now);
    Outcome.Sent command = sent("ISSUE", course, step, now, variant, what(what), params);
    if (handedOn) {
      if (what.budget().isPresent()) {
        paid.add(new Paid(what.budget().get(), what.cost().orElseThrow()));
      }
      outputs.requests.add(
          NaiveBudget.Ask.spend(
              course.trigger,
              new Outcome.Request(
                  "SPEND",
                  now,
                  command,
                  Optional.of(judgedAs(course, step, now, "ISSUED", detail)),
                  fallback.map(
                      it ->
                          sent(
                              "ISSUE",
                              course,
                              step,
                              now,
                              variant,
                              what(it),
                              params(it, course, now))),
                  sendUntil),
              what,
              fallback));
    } else {
      judged(course, step, now, "ISSUED", detail);
      outputs.commands.add(command);
    }
    if (step == 1) {
      course.variant = variant;
      assign(course, "TREATED", now);
    }
    open(course, now);
    next(course, step, batch);
  }

  private static String params(Intervention what, Course course, long now) {
    return NaiveOracle.params(what, course.origin.view(course, now));
  }

  /** What is sent, for comparison. */
  private static String what(Intervention what) {
    return what.kind().name() + what.channel().map(c -> "/" + c).orElse("");
  }

  private boolean fitsARate(Course course, Intervention what, boolean queueing) {
    return policy.rates().stream()
        .filter(rate -> !queueing || rate.queues())
        .anyMatch(rate -> rate.of().fits(course.trigger.id(), course.trigger.lane(), what));
  }

  private boolean isAllowed(Course course, Intervention fallback, long now) {
    return (isExempt(course, Exemption.CONSENT) || channelAgreed(fallback, now))
        && (isExempt(course, Exemption.CAPS) || full(course, fallback, now).isEmpty());
  }

  private long sendUntil(Course course, int step, long now) {
    long until = now + DAY_MS;
    if (step == 1 && course.trigger.expiresInMs().isPresent()) {
      until = Math.min(until, course.momentMs + course.trigger.expiresInMs().getAsLong());
    }
    if (heedsQuiet(course)) {
      Days days = person.daysAt(now);
      for (long at = stepAfter(now); at <= until; at = stepAfter(at)) {
        if (isQuiet(days, at)) {
          return at - 1;
        }
      }
    }
    return until;
  }

  private void assign(Course course, String assignment, long now) {
    if (course.trigger.goal().isEmpty()) {
      return;
    }
    if (assignment.equals("HELD_OUT")) {
      course.variant = variant(course.trigger, 1).map(Intervention.Variant::name).orElse("");
    }
    course.assignment = Optional.of(assignment);
    course.decidedMs = now;
    if (!live && now >= course.momentMs + goal(course).withinMs()) {
      record(course, Optional.empty());
    }
  }

  private void record(Course course, Optional<Event> goal) {
    course.recorded = true;
    saw(course.assignment.orElseThrow() + (goal.isPresent() ? " converted" : " not converted"));
    outputs.followed.add(
        new Outcome.Followed(
            person.id(),
            course.trigger.id(),
            course.match,
            course.anchor,
            course.assignment.orElseThrow(),
            course.variant,
            goal.isPresent(),
            goal.flatMap(
                    event -> goal(course).value().flatMap(value -> person.number(value, event)))
                .map(Outcome::text)
                .orElse(""),
            goal.map(event -> event.timeMs() - course.momentMs).orElse(-1L),
            course.momentMs,
            course.decidedMs));
  }

  // Results.

  private void judged(Course course, int step, long now, String reason, String detail) {
    outputs.decisions.add(judgedAs(course, step, now, reason, detail));
  }

  private Outcome.Judged judgedAs(Course course, int step, long now, String reason, String detail) {
    return new Outcome.Judged(
        person.id(),
        course.trigger.id(),
        course.match,
        course.anchor,
        step,
        course.momentMs,
        now,
        reason,
        detail);
  }

  private Outcome.Sent sent(
      String action, Course course, int step, long at, String variant, String what, String params) {
    return new Outcome.Sent(
        action,
        person.id(),
        course.trigger.id(),
        course.match,
        course.anchor,
        step,
        course.momentMs,
        at,
        variant,
        what,
        params);
  }
}
