// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.calendar.Durations;
import io.beckon.calendar.UserCalendar;
import io.beckon.calendar.ZoneDays;
import io.beckon.calendar.Zones;

/** The bytes of a user's calendar: the names of its zones and where they change. */
final class CalendarCodec {
  private CalendarCodec() {}

  static void write(ByteWriter out, UserCalendar calendar, long baseMs) {
    out.u8(calendar.isChanging() ? 1 : 0);
    out.text(calendar.zone().toString());
    if (calendar.isChanging()) {
      out.text(calendar.before().toString());
      out.signed(calendar.heldDate() - Math.floorDiv(baseMs, Durations.DAY_MS));
      out.signed(calendar.heldEndMs() - baseMs);
    }
  }

  /** A zone that is not known any more is {@code fallback}. */
  static UserCalendar read(ByteReader in, long baseMs, Zones zones, ZoneDays fallback) {
    int changing = in.u8();
    if (changing > 1) {
      throw new StateFormatException("damaged state: a calendar's flag " + changing);
    }
    ZoneDays zone = zones.find(in.text()).orElse(fallback);
    if (changing == 0) {
      return UserCalendar.of(zone);
    }
    ZoneDays before = zones.find(in.text()).orElse(fallback);
    long date = in.signed() + Math.floorDiv(baseMs, Durations.DAY_MS);
    return UserCalendar.of(zone, before, date, in.signed() + baseMs);
  }
}
