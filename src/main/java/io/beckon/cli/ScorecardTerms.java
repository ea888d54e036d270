// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.churn.Billing;
import io.beckon.churn.Feature;
import io.beckon.churn.Term;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What scorecards are offered to weigh, and how that is written. */
final class ScorecardTerms {
  /** The place of the silence among {@link #of}. */
  static final int GAP = 0;

  /** The place of the silence in own gaps among {@link #of}. */
  static final int GAP_RATIO = 3;

  /** The place of the activity of late among {@link #of}. */
  static final int LEVEL = 6;

  private ScorecardTerms() {}

  /**
   * The terms, with weights of 1.
   *
   * @param billing of the subscription, if there is one
   * @param asksBeforeRenewals whether the days to a renewal are always the same
   */
  static List<Term> of(Optional<Billing> billing, boolean asksBeforeRenewals) {
    List<Term> terms = new ArrayList<>();
    terms.add(new Term.Ln(Feature.GAP, 1, 1));
    terms.add(new Term.Ln(Feature.REPEATS, 1, 1));
    terms.add(new Term.Ln(Feature.AGE, 1, 1));
    terms.add(new Term.Ln(Feature.GAP_RATIO, .05, 1));
    terms.add(new Term.Ln(Feature.EWMA_GAP, .5, 1));
    terms.add(new Term.Ln(Feature.LEVEL_7D, .005, 1));
    terms.add(new Term.Ln(Feature.LEVEL_28D, .005, 1));
    if (billing.isPresent()) {
      int first = billing.get().firstDays();
      int every = billing.get().everyDays();
      terms.add(new Term.Ln(Feature.TENURE, 1, 1));
      bins(terms, Feature.TENURE, 0, first, first + every, first + 2 * every);
      if (!asksBeforeRenewals) {
        bins(terms, Feature.DAYS_TO_RENEWAL, 0, (every + 7) / 8, (every + 3) / 4, (every + 1) / 2);
      }
    }
    return List.copyOf(terms);
  }

  private static void bins(List<Term> terms, Feature feature, int... bounds) {
    for (int i = 1; i < bounds.length; i++) {
      if (bounds[i - 1] < bounds[i]) {
        terms.add(new Term.Bin(feature, bounds[i - 1], bounds[i], 1));
      }
    }
  }

  /** A term for people, without its weight. */
  static String words(Term term) {
    String feature = term.feature().text();
    if (term instanceof Term.Ln ln) {
      return "ln(" + feature + " + " + number(ln.plus()) + ")";
    }
    if (term instanceof Term.Bin bin) {
      return feature + " " + number(bin.from()) + " to " + number(bin.below());
    }
    return feature;
  }

  /** A term as a document has it. */
  static String yaml(Term term) {
    String feature = term.feature().text();
    String weight = ", weight: " + term.weight() + "}";
    if (term instanceof Term.Ln ln) {
      return "{ln: " + feature + ", plus: " + ln.plus() + weight;
    }
    if (term instanceof Term.Bin bin) {
      return "{of: " + feature + ", from: " + bin.from() + ", below: " + bin.below() + weight;
    }
    return "{of: " + feature + weight;
  }

  private static String number(double value) {
    return value == Math.rint(value)
        ? String.format(Locale.ROOT, "%.0f", value)
        : Double.toString(value);
  }
}
