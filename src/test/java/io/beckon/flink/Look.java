// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import java.util.Random;

/** What a hand-written job would call an event: a class that Flink serializes field by field. */
public final class Look {
  static final String VIEW = "view";
  static final String PURCHASE = "purchase";
  static final String RARE = "rare";

  /** 2026-11-02T00:00:00Z. */
  private static final long START_MS = 1_793_577_600_000L;

  private static final long DAY_MS = 86_400_000;
  private static final double STEP_MS = 86.4;
  private static final int EVENTS_A_USER = 20;
  private static final long SEED = 7;

  public String id = "";
  public String type = "";
  public String user = "";
  public String item = "";
  public double value;
  public long timeMs;

  /** Called by Flink. */
  public Look() {}

  private Look(String id, String type, String user, String item, double value, long timeMs) {
    this.id = id;
    this.type = type;
    this.user = user;
    this.item = item;
    this.value = value;
    this.timeMs = timeMs;
  }

  /**
   * Views in order of time, a million a day, one event in a hundred a purchase and one something
   * rare; then one event of somebody else a day later, so that everything before is decided.
   */
  static Look[] stream(int count) {
    Random random = new Random(SEED);
    Look[] looks = new Look[count + 1];
    for (int i = 0; i < count; i++) {
      long timeMs = START_MS + Math.round(i * STEP_MS);
      // A thousand users are there at a time, each for some twenty events within half an hour.
      int user = i / EVENTS_A_USER + random.nextInt(1_000);
      // One user in ten or so looks at one item three times.
      int item = (user * 37 + random.nextInt(100)) % 5_000;
      int kind = random.nextInt(100);
      String type = kind == 0 ? PURCHASE : kind == 1 ? RARE : VIEW;
      String id = String.format("%016x%016x", random.nextLong(), random.nextLong());
      looks[i] = new Look(id, type, "u" + user, "i" + item, 1.5 + item % 200, timeMs);
    }
    looks[count] = new Look("end", VIEW, "nobody", "i0", 1.5, looks[count - 1].timeMs + DAY_MS);
    return looks;
  }

  /** Who and what stays out of logs. */
  @Override
  public String toString() {
    return "Look[" + type + " at " + timeMs + "]";
  }
}
