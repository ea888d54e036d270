// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import java.util.Locale;

/**
 * Tells a waiting person how far a long run is: on a terminal one line that is rewritten, elsewhere
 * a line every ten seconds. Short runs elsewhere stay silent.
 */
final class Progress implements AutoCloseable {
  private static final long SECOND_NS = 1_000_000_000L;

  private final Console console;
  private final long totalBytes;
  private final long startNs;
  private final long everyNs;
  private long shownNs;
  private int width;

  /**
   * A progress of nothing yet.
   *
   * @param totalBytes how many bytes there are to read; 0 if that is not known
   */
  Progress(Console console, long totalBytes) {
    this.console = console;
    this.totalBytes = totalBytes;
    this.startNs = System.nanoTime();
    this.everyNs = console.terminal() ? SECOND_NS / 5 : 10 * SECOND_NS;
    this.shownNs = startNs;
  }

  /** Says how far it is now; cheap to call often. */
  void at(long bytesRead, long events) {
    long now = System.nanoTime();
    if (now - shownNs >= everyNs) {
      show(line(bytesRead, totalBytes, events, now - startNs), now);
    }
  }

  /** Says how far some work after reading is; cheap to call often. */
  void working(String what, long done, long all) {
    long now = System.nanoTime();
    if (now - shownNs >= everyNs) {
      show(String.format(Locale.ROOT, "%s: %d %%", what, done * 100 / Math.max(1, all)), now);
    }
  }

  private void show(String line, long now) {
    shownNs = now;
    if (console.terminal()) {
      console.err().print("\r" + line + " ".repeat(Math.max(0, width - line.length())));
      width = line.length();
    } else {
      console.err().println(line);
    }
    console.err().flush();
  }

  /** The text of one report. */
  static String line(long bytesRead, long totalBytes, long events, long elapsedNs) {
    String share = totalBytes == 0 ? "" : Math.min(100, bytesRead * 100 / totalBytes) + " %, ";
    double seconds = Math.max(1, elapsedNs) / (double) SECOND_NS;
    return String.format(
        Locale.ROOT, "%s%,d events, %,d events/s", share, events, Math.round(events / seconds));
  }

  /** Takes the rewritten line away. */
  @Override
  public void close() {
    if (console.terminal() && width > 0) {
      console.err().print("\r" + " ".repeat(width) + "\r");
      console.err().flush();
    }
  }
}
