// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.budget;

import io.beckon.language.Intervention.Kind;
import io.beckon.policy.BudgetRequest;
import io.beckon.policy.Fact;
import io.beckon.state.ByteReader;
import io.beckon.state.StateFormatException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/** Reads what {@link StageWriter} wrote. */
final class StageReader {
  private final BudgetStage.Restore into;
  private long baseMs;

  StageReader(BudgetStage.Restore into) {
    this.into = into;
  }

  void read(Collection<byte[]> chunks) {
    TreeMap<Long, ByteReader> byNumber = new TreeMap<>();
    long last = -1;
    for (byte[] chunk : chunks) {
      ByteReader in = new ByteReader(chunk);
      int version = in.u8();
      if (version != StageWriter.VERSION) {
        throw new StateFormatException(
            "budgets and rates of version "
                + version
                + "; this release reads version "
                + StageWriter.VERSION);
      }
      long number = in.count();
      if (RequestCodec.flag(in)) {
        last = number;
      }
      if (byNumber.put(number, in) != null) {
        throw new StateFormatException("damaged state: part " + number + " is there twice");
      }
    }
    if (byNumber.isEmpty()) {
      return;
    }
    if (byNumber.firstKey() != 0 || byNumber.lastKey() != last || byNumber.size() != last + 1) {
      throw new StateFormatException(
          "damaged state: " + byNumber.size() + " parts, the last of them number " + last);
    }
    byNumber.values().forEach(this::sections);
  }

  private void sections(ByteReader chunk) {
    while (!chunk.atEnd()) {
      int tag = chunk.u8();
      ByteReader in = chunk.part();
      switch (tag) {
        case StageWriter.CLOCK -> {
          long clockMs = in.signed();
          baseMs = StageWriter.base(clockMs);
          into.clock(clockMs);
        }
        case StageWriter.SPENDING -> into.spending(in.text()).read(in);
        case StageWriter.RATE -> into.times(in.text()).read(in, baseMs);
        case StageWriter.WAITING -> waiting(in);
        case StageWriter.ISSUED -> issued(in);
        default ->
            throw new StateFormatException("budgets and rates with an unknown section " + tag);
      }
      in.expectEnd();
    }
  }

  private void waiting(ByteReader in) {
    BudgetRequest request = RequestCodec.read(in);
    Optional<List<Fact>> emptied =
        RequestCodec.flag(in) ? Optional.of(RequestCodec.readFacts(in)) : Optional.empty();
    if (!(request instanceof BudgetRequest.Spend spend)
        || (emptied.isPresent() && spend.fallback().isEmpty())) {
      throw new StateFormatException("damaged state: what waits is no command");
    }
    into.waiting(spend, emptied);
  }

  private void issued(ByteReader in) {
    int count = in.size(18);
    long untilMs = baseMs;
    for (int i = 0; i < count; i++) {
      UUID id = RequestCodec.readId(in);
      untilMs += in.signed();
      Optional<Issued.Instead> instead =
          RequestCodec.flag(in)
              ? Optional.of(
                  new Issued.Instead(
                      RequestCodec.constant(in, Kind::valueOf),
                      RequestCodec.readText(in),
                      RequestCodec.readText(in)))
              : Optional.empty();
      into.issued(new Issued(id, untilMs, instead));
    }
  }
}
