// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import java.time.LocalDate;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How scorecards learn, and what they are judged by. */
final class LearningOptions {
  @Option(
      names = "--split",
      paramLabel = "DATE",
      converter = FitOptions.DateConverter.class,
      description = {
        "Rows whose horizon ends by then are fitted to, rows from then on judge;",
        "by default the middle of the log."
      })
  private Optional<LocalDate> split = Optional.empty();

  @Option(
      names = "--folds",
      paramLabel = "N",
      description = {
        "In place of a split, for few labels: users are dealt to N heaps, each judged by a fit",
        "to the others; the file's weights are fitted to all. 2 to 20."
      })
  private int folds;

  @Option(
      names = "--penalty",
      paramLabel = "L",
      description = "How strongly weights are drawn to 0; above 0, 1 by default.")
  private double penalty = 1;

  /** Refuses what contradicts itself. */
  void check() throws Refusal {
    if (folds != 0 && (folds < 2 || folds > 20)) {
      throw Refusal.usage("--folds is a number from 2 to 20, not " + folds);
    }
    if (folds != 0 && split.isPresent()) {
      throw Refusal.usage("--split or --folds, not both");
    }
    if (!(penalty > 0) || penalty > 1e9) {
      throw Refusal.usage("--penalty is above 0 and at most 1e9, not " + penalty);
    }
  }

  Optional<LocalDate> split() {
    return split;
  }

  /** How many heaps; 0 without. */
  int folds() {
    return folds;
  }

  double penalty() {
    return penalty;
  }
}
