// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.budget;

import io.beckon.policy.Command;
import io.beckon.policy.GateRequest;
import io.beckon.state.ByteReader;
import io.beckon.state.ByteWriter;
import io.beckon.state.StateFormatException;

/**
 * The bytes of requests to the last gate, which travel there and are in checkpoints while they
 * wait; as {@link RequestCodec} writes decisions and commands. Not thread-safe.
 */
public final class GateCodec {
  /** The version written. */
  public static final int VERSION = 1;

  private static final int ASK = 1;
  private static final int PASS = 2;

  private final ByteWriter out = new ByteWriter();

  /** A codec. */
  public GateCodec() {}

  /** {@code request} as bytes. */
  public byte[] encode(GateRequest request) {
    out.reset();
    out.u8(VERSION);
    out.u8(request.decision().isPresent() ? ASK : PASS);
    RequestCodec.writeCommand(out, request.command());
    request
        .decision()
        .ifPresent(decision -> RequestCodec.writeDecision(out, decision, request.command()));
    return out.toBytes();
  }

  /**
   * The request of its bytes.
   *
   * @throws StateFormatException if they are damaged, or of a version this one does not know
   */
  public static GateRequest decode(byte[] bytes) {
    ByteReader in = new ByteReader(bytes);
    int version = in.u8();
    if (version != VERSION) {
      throw new StateFormatException(
          "a request of version " + version + "; this release reads version " + VERSION);
    }
    int tag = in.u8();
    if (tag != ASK && tag != PASS) {
      throw new StateFormatException("damaged state: no request has the tag " + tag);
    }
    Command command = RequestCodec.readCommand(in);
    try {
      GateRequest request =
          tag == PASS
              ? GateRequest.pass(command)
              : GateRequest.ask(RequestCodec.readDecision(in, command), command);
      in.expectEnd();
      return request;
    } catch (IllegalArgumentException e) {
      throw new StateFormatException("damaged state: " + e.getMessage());
    }
  }
}
