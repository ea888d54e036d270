// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.event.Event;
import io.beckon.plan.Plan;
import io.beckon.plan.TypePlan;
import org.jspecify.annotations.Nullable;

/** The bytes of one event: only the attributes the plan reads. */
public final class EventCodec {
  private EventCodec() {}

  /** The event as bytes of its own. */
  public static byte[] encode(Plan plan, Event event) {
    ByteWriter out = new ByteWriter();
    write(out, plan, event, 0);
    return out.toBytes();
  }

  /**
   * The event of {@code user} from its bytes.
   *
   * @throws StateFormatException if they are damaged or of a type the plan does not have
   */
  public static Event decode(Plan plan, String user, byte[] bytes) {
    ByteReader in = new ByteReader(bytes);
    Event event = read(in, plan, user, 0);
    in.expectEnd();
    if (event == null) {
      throw new StateFormatException("an event of a type this plan does not have");
    }
    return event;
  }

  static void write(ByteWriter out, Plan plan, Event event, long baseMs) {
    TypePlan type = plan.type(event.type());
    out.i32(type.nameHash());
    int part = out.startPart();
    out.signed(event.timeMs() - baseMs);
    out.id(event.id());
    ValueCodec.writeSlots(out, type.stored(), event.attributes());
    out.endPart(part);
  }

  /** The next event, or null if its type is gone. */
  static @Nullable Event read(ByteReader in, Plan plan, String user, long baseMs) {
    TypePlan type = plan.typeByHash(in.i32());
    ByteReader part = in.part();
    if (type == null) {
      return null;
    }
    long timeMs = part.signed() + baseMs;
    String id = part.id();
    Event event =
        new Event(id, type.type(), user, timeMs, ValueCodec.readSlots(part, type.stored()));
    part.expectEnd();
    return event;
  }
}
