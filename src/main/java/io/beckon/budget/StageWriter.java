// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.budget;

import io.beckon.state.ByteWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes a stage in chunks. Each chunk: version, its number, whether it is the last; then sections,
 * each a tag, a length and its contents:
 *
 * <pre>
 *   1 clock     the time it has come to; in the first chunk, first
 *   2 spending  one a budget: id, total, by day, week, month
 *   3 rate      one a rate: id, times
 *   4 waiting   one a command, in the order of arrival: the request, why its fallback
 *   5 issued    up to 1,024 ids each, by the time they are forgotten
 * </pre>
 */
final class StageWriter {
  static final int VERSION = 1;

  static final int CLOCK = 1;
  static final int SPENDING = 2;
  static final int RATE = 3;
  static final int WAITING = 4;
  static final int ISSUED = 5;

  private static final int CHUNK_BYTES = 1 << 16;
  private static final int IDS_A_SECTION = 1_024;

  private final List<byte[]> chunks = new ArrayList<>();
  private final ByteWriter out = new ByteWriter();
  private final long baseMs;

  /** The bytes of the sections since the last chunk. */
  private int pending;

  private final ByteWriter section = new ByteWriter();

  StageWriter(long clockMs) {
    this.baseMs = base(clockMs);
    section.reset();
    section.signed(clockMs);
    end(CLOCK);
  }

  static long base(long clockMs) {
    return clockMs == Long.MIN_VALUE ? 0 : clockMs;
  }

  private void end(int tag) {
    byte[] contents = section.toBytes();
    section.reset();
    if (pending > 0 && pending + contents.length > CHUNK_BYTES) {
      cut(false);
    }
    out.u8(tag);
    out.count(contents.length);
    out.bytes(contents, 0, contents.length);
    pending += contents.length;
  }

  private void cut(boolean last) {
    byte[] sections = out.toBytes();
    out.reset();
    out.u8(VERSION);
    out.count(chunks.size());
    out.u8(last ? 1 : 0);
    out.bytes(sections, 0, sections.length);
    chunks.add(out.toBytes());
    out.reset();
    pending = 0;
  }

  void spending(String budget, Spending spending) {
    if (spending.isEmpty()) {
      return;
    }
    section.text(budget);
    spending.write(section);
    end(SPENDING);
  }

  void rate(String rate, IssueTimes times) {
    section.text(rate);
    times.write(section, baseMs);
    end(RATE);
  }

  void waiting(Waiting waiting) {
    RequestCodec.write(section, waiting.spend());
    section.u8(waiting.emptied().isPresent() ? 1 : 0);
    waiting.emptied().ifPresent(facts -> RequestCodec.writeFacts(section, facts));
    end(WAITING);
  }

  void issued(List<Issued> all) {
    for (int from = 0; from < all.size(); from += IDS_A_SECTION) {
      List<Issued> some = all.subList(from, Math.min(all.size(), from + IDS_A_SECTION));
      section.count(some.size());
      long beforeMs = baseMs;
      for (Issued issued : some) {
        RequestCodec.writeId(section, issued.id());
        section.signed(issued.untilMs() - beforeMs);
        beforeMs = issued.untilMs();
        section.u8(issued.instead().isPresent() ? 1 : 0);
        issued
            .instead()
            .ifPresent(
                instead -> {
                  RequestCodec.constant(section, instead.kind());
                  RequestCodec.writeText(section, instead.channel());
                  RequestCodec.writeText(section, instead.template());
                });
      }
      end(ISSUED);
    }
  }

  List<byte[]> chunks() {
    cut(true);
    return chunks;
  }
}
