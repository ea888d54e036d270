// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.policy;

import io.beckon.detect.Episode;
import io.beckon.event.Event;
import io.beckon.language.Intervention;
import io.beckon.language.TriggerDefinition;
import io.beckon.plan.InstanceKey;
import io.beckon.plan.TriggerPlan;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Makes commands. Not thread-safe. */
final class Commands {
  private final String job;
  private final CommandIds ids;

  Commands(String job) {
    this.job = job;
    this.ids = new CommandIds(job);
  }

  CommandIds ids() {
    return ids;
  }

  /** The command of a candidate's step that sends {@code intervention}. */
  Command issue(
      String user,
      Candidate candidate,
      Intervention intervention,
      List<Command.Value> params,
      Optional<String> variant,
      long nowMs) {
    TriggerPlan trigger = candidate.trigger();
    TriggerDefinition definition = trigger.definition();
    int step = candidate.journey().step();
    Episode episode = candidate.episode();
    OptionalLong expiresInMs = step == 1 ? definition.expiresInMs() : OptionalLong.empty();
    return new Command(
        ids.of(user, trigger.id(), episode, step),
        Command.Action.ISSUE,
        job,
        user,
        trigger.id(),
        definition.version(),
        episode,
        step,
        intervention.kind(),
        intervention.channel(),
        intervention.template(),
        intervention.fields().stream().map(f -> new Command.Value(f.name(), f.value())).toList(),
        params,
        variant,
        intervention.budget(),
        intervention.cost(),
        definition.lane(),
        definition.priority(),
        candidate.momentMs(),
        nowMs,
        nowMs,
        expiresInMs.isPresent()
            ? OptionalLong.of(candidate.momentMs() + expiresInMs.getAsLong())
            : OptionalLong.empty(),
        candidate.evidence());
  }

  /** The command that revokes a step's; it carries the id of what it revokes. */
  Command revoke(
      String user,
      TriggerPlan trigger,
      InstanceKey key,
      String anchor,
      int step,
      Intervention intervention,
      Optional<String> variant,
      long momentMs,
      Event by,
      long atMs) {
    TriggerDefinition definition = trigger.definition();
    Episode revoked = Episode.of(trigger, key, anchor);
    return new Command(
        ids.of(user, trigger.id(), revoked, step),
        Command.Action.CANCEL,
        job,
        user,
        trigger.id(),
        definition.version(),
        revoked,
        step,
        intervention.kind(),
        intervention.channel(),
        intervention.template(),
        List.of(),
        List.of(),
        variant,
        Optional.empty(),
        Optional.empty(),
        definition.lane(),
        definition.priority(),
        momentMs,
        atMs,
        atMs,
        OptionalLong.empty(),
        List.of(
            new Fact.Text("cancelled_by", by.type().name()),
            new Fact.At("cancelled_at", by.timeMs())));
  }
}
