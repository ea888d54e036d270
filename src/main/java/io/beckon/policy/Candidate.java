// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.policy;

import io.beckon.detect.Episode;
import io.beckon.detect.Moment;
import io.beckon.event.CodePoints;
import io.beckon.language.Intervention;
import io.beckon.language.TriggerDefinition;
import io.beckon.plan.TriggerPlan;
import io.beckon.state.Journey;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A step that is to be decided: a moment's first one, or one that was held or waited for. */
final class Candidate {
  /** As moments of one instant are decided; of one trigger the earlier moment first. */
  static final Comparator<Candidate> ORDER =
      Comparator.comparing((Candidate c) -> c.trigger().definition().lane())
          .thenComparing(c -> -c.trigger().definition().priority())
          .thenComparing(c -> c.trigger().id(), CodePoints::compare)
          .thenComparingLong(c -> c.journey.eventMs())
          .thenComparing(c -> c.journey.anchor(), CodePoints::compare)
          .thenComparing(c -> c.journey.key())
          .thenComparingLong(c -> c.journey.momentMs())
          .thenComparingInt(c -> c.journey.step());

  private final @Nullable Moment moment;
  private final Journey journey;
  private final Journey.Phase cameFrom;
  private List<Fact> evidence;
  private List<Command.Value> params = List.of();
  private @Nullable Intervention chosen;
  private Optional<String> variant = Optional.empty();
  private @Nullable Episode episode;

  private Candidate(@Nullable Moment moment, Journey journey, List<Fact> evidence) {
    this.moment = moment;
    this.journey = journey;
    this.cameFrom = journey.phase();
    this.evidence = evidence;
  }

  static Candidate of(Moment moment) {
    Journey journey =
        new Journey(
            moment.trigger(),
            moment.key(),
            moment.anchor(),
            moment.eventMs(),
            moment.spanStartMs(),
            moment.timeMs(),
            moment.event(),
            moment.observed(),
            List.of());
    return new Candidate(moment, journey, Values.evidence(moment));
  }

  static Candidate of(Journey journey) {
    Candidate candidate = new Candidate(null, journey, Values.facts(journey.evidence()));
    candidate.params = Values.params(journey.params());
    return candidate;
  }

  /** The moment, where it comes to be in this instant. */
  Optional<Moment> moment() {
    return Optional.ofNullable(moment);
  }

  Journey journey() {
    return journey;
  }

  TriggerPlan trigger() {
    return journey.trigger();
  }

  TriggerDefinition definition() {
    return journey.trigger().definition();
  }

  long momentMs() {
    return journey.momentMs();
  }

  /** Where it stood before. */
  Journey.Phase cameFrom() {
    return cameFrom;
  }

  boolean isFirstStep() {
    return journey.step() == 1;
  }

  boolean isShadow() {
    return journey.isShadow() || trigger().isShadow();
  }

  boolean isCancelled() {
    return moment != null && moment.outcome() == Moment.Outcome.CANCELLED;
  }

  /** Whether it is past {@code expires_in}. */
  boolean isExpired(long nowMs) {
    return isFirstStep()
        && definition().expiresInMs().isPresent()
        && nowMs > momentMs() + definition().expiresInMs().getAsLong();
  }

  List<Fact> evidence() {
    return evidence;
  }

  void evidence(List<Fact> to) {
    evidence = to;
  }

  List<Command.Value> params() {
    return params;
  }

  void params(List<Command.Value> to) {
    params = to;
  }

  void choose(Intervention intervention, Optional<String> itsVariant) {
    chosen = intervention;
    variant = itsVariant;
  }

  Intervention chosen() {
    return Objects.requireNonNull(chosen);
  }

  Optional<String> variant() {
    return variant;
  }

  Episode episode() {
    Episode known = episode;
    if (known == null) {
      known = Episode.of(trigger(), journey.key(), journey.anchor());
      episode = known;
    }
    return known;
  }
}
