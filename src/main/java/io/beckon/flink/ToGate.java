// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.budget.GateCodec;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.policy.GateRequest;
import io.beckon.policy.Reason;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends to the last gate what is to pass it: a decision that a command goes out waits for that
 * command, which comes next, and both go there as one. So do commands that revoke others, lest they
 * come out first.
 */
final class ToGate {
  private final GateCodec codec = new GateCodec();
  private @Nullable Decision issued;

  /** Whether {@code decision} was taken: it is not to be handed out, nor counted, here. */
  boolean takes(Decision decision) {
    if (issued != null) {
      throw new IllegalStateException("without its command: " + issued);
    }
    if (decision.reason() != Reason.ISSUED) {
      return false;
    }
    issued = decision;
    return true;
  }

  /** Takes {@code command}, with its decision if it has one, to the gate. */
  void take(Command command, Consumer<byte[]> gate) {
    Decision decision = issued;
    issued = null;
    gate.accept(
        codec.encode(
            decision == null ? GateRequest.pass(command) : GateRequest.ask(decision, command)));
  }
}
