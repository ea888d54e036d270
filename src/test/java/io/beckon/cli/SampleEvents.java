// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * One ordinary day of a small shop: what {@code jobs/retail/sample/events.csv} holds. People drop
 * in, look at a few products, come back to one they like, and some of them buy. A few rows are
 * there twice, as a phone sends them that got no answer, and a few are seconds out of order.
 */
final class SampleEvents {
  /** Where the events lie, from the project's root. */
  static final Path FILE = Path.of("jobs", "retail", "sample", "events.csv");

  private static final long SEED = 20_261_102L;

  /** 08:00 in the shop. */
  private static final long OPENS_MS = Instant.parse("2026-11-02T07:00:00Z").toEpochMilli();

  private static final long MINUTE_MS = 60_000L;
  private static final int USERS = 90;
  private static final String[] CATEGORIES = {"kitchen", "garden", "sound", "lamps", "bags", ""};

  private record Row(long timeMs, String text) {}

  private final Random random = new Random(SEED);
  private final List<Row> rows = new ArrayList<>();

  private SampleEvents() {}

  /** Writes the file anew. Run from the project's root. */
  public static void main(String[] args) throws IOException {
    Files.createDirectories(FILE.getParent());
    Files.writeString(FILE, csv());
  }

  /** The whole file; always the same. */
  static String csv() {
    return new SampleEvents().day();
  }

  private String day() {
    for (int user = 1; user <= USERS; user++) {
      int visits = 1 + random.nextInt(3);
      for (int visit = 0; visit < visits; visit++) {
        visit("u" + user, OPENS_MS + random.nextInt(13 * 60) * MINUTE_MS);
      }
    }
    rows.sort(Comparator.comparingLong(Row::timeMs).thenComparing(Row::text));
    List<Row> read = new ArrayList<>();
    for (Row row : rows) {
      read.add(row);
      if (random.nextInt(150) == 0) {
        read.add(row);
      }
    }
    for (int i = 1; i < read.size(); i++) {
      if (read.get(i).timeMs - read.get(i - 1).timeMs < 8_000 && random.nextInt(8) == 0) {
        Row later = read.set(i - 1, read.get(i));
        read.set(i, later);
      }
    }
    StringBuilder text = new StringBuilder("ts_ms,user,type,item,category,value\n");
    for (Row row : read) {
      text.append(row.text).append('\n');
    }
    return text.toString();
  }

  /** Looks around; with some luck one product is looked at again and again, put by, or bought. */
  private void visit(String user, long startMs) {
    long time = startMs + random.nextInt(60_000);
    int looks = 1 + random.nextInt(5);
    for (int look = 0; look < looks; look++) {
      row(time, user, "view", random.nextInt(60));
      time += 20_000 + random.nextInt(150_000);
    }
    int liked = random.nextInt(60);
    switch (random.nextInt(10)) {
      case 0, 1, 2 -> {
        // Three looks or more at one product within half an hour.
        int again = 3 + random.nextInt(3);
        for (int look = 0; look < again; look++) {
          row(time, user, "view", liked);
          time += MINUTE_MS + random.nextInt(5 * 60_000);
        }
        if (random.nextInt(3) == 0) {
          row(time + random.nextInt(100) * MINUTE_MS, user, "purchase", liked);
        }
      }
      case 3, 4 -> {
        row(time, user, "view", liked);
        time += 30_000 + random.nextInt(60_000);
        row(time, user, "cart", liked);
        if (random.nextInt(5) < 3) {
          int minutes = random.nextInt(5) == 0 ? 65 + random.nextInt(60) : 2 + random.nextInt(50);
          row(time + minutes * MINUTE_MS, user, "purchase", liked);
        }
      }
      case 5 -> row(time, user, "purchase", liked);
      default -> {
        // Only looked.
      }
    }
  }

  private void row(long timeMs, String user, String type, int item) {
    int cents = 490 + (item * 7_919) % 24_000;
    rows.add(
        new Row(
            timeMs,
            String.format(
                Locale.ROOT,
                "%d,%s,%s,sku-%03d,%s,%d.%02d",
                timeMs,
                user,
                type,
                100 + item,
                CATEGORIES[item % CATEGORIES.length],
                cents / 100,
                cents % 100)));
  }
}
