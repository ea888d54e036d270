// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.plan.Plan;
import io.beckon.plan.Upgrade;
import io.beckon.plan.Upgrade.Change;
import io.beckon.plan.Upgrade.Kept;
import io.beckon.plan.Upgrade.Kind;
import io.beckon.plan.Upgrade.Verdict;
import io.beckon.state.StateFormatException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the plan keeps whose states a job stores, by name: stored beside them, so that a job started
 * with edited definitions can say what becomes of what was observed. One line each: kind, hash in
 * hex, name.
 */
final class StoredPlan {
  private static final Logger LOG = LoggerFactory.getLogger(StoredPlan.class);

  private StoredPlan() {}

  static List<String> lines(Plan plan) {
    return Upgrade.kept(plan).stream()
        .map(kept -> kept.kind() + " " + Long.toHexString(kept.hash()) + " " + kept.name())
        .toList();
  }

  /** Logs what of the stored is not kept as it was; nothing if everything is. */
  static void log(List<String> stored, Plan plan) {
    changes(stored, plan).forEach(LOG::info);
  }

  /** What is not kept as it was, after a line that counts; none if everything is. */
  static List<String> changes(List<String> stored, Plan plan) {
    List<Change> changes =
        Upgrade.between(
            stored.stream().flatMap(line -> kept(line).stream()).toList(), Upgrade.kept(plan));
    long kept = changes.stream().filter(change -> change.verdict() == Verdict.KEEP).count();
    List<String> lines = new ArrayList<>();
    if (kept == changes.size()) {
      return lines;
    }
    lines.add("goes on with edited definitions: keep " + kept + " of " + stored.size());
    for (Change change : changes) {
      if (change.verdict() != Verdict.KEEP) {
        lines.add(change.verdict().text() + " " + change.kind().text() + " " + change.name());
      }
    }
    return lines;
  }

  /** What a line says; nothing if it is of a kind that only a later release knows. */
  private static Optional<Kept> kept(String line) {
    String[] parts = line.split(" ", 3);
    if (parts.length < 3) {
      throw new StateFormatException("damaged state: what was kept is '" + line + "'");
    }
    try {
      long hash = Long.parseUnsignedLong(parts[1], 16);
      return Arrays.stream(Kind.values())
          .filter(kind -> kind.name().equals(parts[0]))
          .findFirst()
          .map(kind -> new Kept(kind, parts[2], hash));
    } catch (NumberFormatException e) {
      throw new StateFormatException("damaged state: what was kept is '" + line + "'");
    }
  }
}
