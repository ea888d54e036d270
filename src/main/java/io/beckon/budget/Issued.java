// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.budget;

import io.beckon.language.Intervention.Kind;
import io.beckon.policy.Command;
import java.util.Comparator;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * A command that went out and may still be revoked.
 *
 * @param untilMs from then on it cannot
 * @param instead what a CANCEL must say if it was the fallback that went out
 */
record Issued(UUID id, long untilMs, Optional<Instead> instead) {
  /** Who is forgotten first. */
  static final Comparator<Issued> BY_END =
      Comparator.comparingLong(Issued::untilMs).thenComparing(Issued::id);

  Issued {
    Objects.requireNonNull(id);
    Objects.requireNonNull(instead);
  }

  /** The form of a fallback. */
  record Instead(Kind kind, Optional<String> channel, Optional<String> template) {
    Instead {
      Objects.requireNonNull(kind);
      Objects.requireNonNull(channel);
      Objects.requireNonNull(template);
    }

    static Instead of(Command fallback) {
      return new Instead(fallback.kind(), fallback.channel(), fallback.template());
    }

    /** {@code cancel}, which speaks of what would have gone out. */
    Command in(Command cancel) {
      return new Command(
          cancel.id(),
          cancel.action(),
          cancel.job(),
          cancel.user(),
          cancel.trigger(),
          cancel.version(),
          cancel.episode(),
          cancel.step(),
          kind,
          channel,
          template,
          cancel.fields(),
          cancel.params(),
          cancel.variant(),
          Optional.empty(),
          Optional.empty(),
          cancel.lane(),
          cancel.priority(),
          cancel.momentTimeMs(),
          cancel.decisionTimeMs(),
          cancel.notBeforeMs(),
          cancel.expiresAtMs(),
          cancel.evidence());
    }
  }
}
