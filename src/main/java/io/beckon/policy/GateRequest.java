// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A command at the last gate: nothing but the gate speaks against it any more.
 *
 * @param decision of a command to be asked about, the decision as it is if nothing stops it; empty
 *     of one that revokes another, which is never stopped
 */
public record GateRequest(Command command, Optional<Decision> decision) {
  public GateRequest {
    boolean asks = command.action() == Command.Action.ISSUE;
    if (asks != decision.isPresent()) {
      throw new IllegalArgumentException(command + " with " + decision);
    }
    decision.ifPresent(
        it -> {
          if (it.reason() != Reason.ISSUED || !it.commandId().equals(command.id())) {
            throw new IllegalArgumentException(command + " with " + it);
          }
        });
  }

  /** May {@code command} go out, as {@code decision} says? */
  public static GateRequest ask(Decision decision, Command command) {
    return new GateRequest(command, Optional.of(decision));
  }

  /** What revokes another, and waits here only for its turn. */
  public static GateRequest pass(Command cancel) {
    return new GateRequest(cancel, Optional.empty());
  }

  /**
   * The decision where a key stops the command.
   *
   * @param optOut whether it is about the user; otherwise something is paused
   * @param key as the author wrote it, with its placeholders
   */
  public Decision stopped(boolean optOut, String key) {
    return decided(optOut ? Reason.OPTED_OUT : Reason.PAUSED, List.of(new Fact.Text("key", key)));
  }

  /** The decision where nobody could be asked, and the command is therefore not sent. */
  public Decision stoppedUnasked() {
    return decided(Reason.GATE_AWAY, List.of());
  }

  /** The decision where nobody could be asked, and the command is sent nevertheless. */
  public Decision sentUnasked() {
    List<Fact> compared = new ArrayList<>(decision.orElseThrow().compared());
    compared.add(new Fact.Whole("gate_away", 1));
    return decided(Reason.ISSUED, compared);
  }

  private Decision decided(Reason reason, List<Fact> compared) {
    Decision good = decision.orElseThrow();
    return new Decision(
        good.user(),
        good.trigger(),
        good.version(),
        good.episode(),
        good.step(),
        good.momentTimeMs(),
        good.decisionTimeMs(),
        reason,
        good.commandId(),
        good.evidence(),
        compared);
  }
}
