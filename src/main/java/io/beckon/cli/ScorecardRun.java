// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.calendar.Durations;
import io.beckon.churn.Background;
import io.beckon.churn.Billing;
import io.beckon.churn.History;
import io.beckon.churn.Term;
import io.beckon.churn.fit.Examples;
import io.beckon.churn.fit.Histories;
import io.beckon.churn.fit.Question;
import io.beckon.churn.fit.ScorecardFit;
import io.beckon.churn.fit.Timeline;
import io.beckon.language.JobDefinition;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Fits a scorecard as the command line says.
 *
 * @param label what is to be told; silence if empty
 * @param leadDays asks before renewals only
 */
record ScorecardRun(
    Console console,
    FitOptions options,
    LearningOptions learning,
    SubscriptionOptions subscription,
    List<String> label,
    int horizonDays,
    int everyDays,
    int activeDays,
    OptionalInt leadDays) {

  /** So many rows are fitted to at most; of larger logs every second user, or every third. */
  private static final long MOST_ROWS = 500_000;

  private static final double PRIOR_WEIGHT = 2;

  int run() throws Refusal {
    learning.check();
    Optional<Billing> billing = subscription.billing();
    String id = options.id();
    options.checkFiles();
    int version = options.version();
    JobDefinition definition = options.definition(console);
    FitLog.Roles roles =
        new FitLog.Roles(
            FitLog.Counts.ofTypes(options.types(definition)),
            FitLog.Counts.ofTypes(FitOptions.types(definition, subscription.starts())),
            FitLog.Counts.ofTypes(FitOptions.types(definition, subscription.ends())),
            FitLog.Counts.ofTypes(FitOptions.types(definition, label)));
    FitLog log = options.read(definition, roles, console);
    long to = log.lastDate() - horizonDays;
    long from = log.firstDate();
    if (to <= from) {
      throw new Refusal(
          "the events, "
              + FitReport.span(log)
              + ", are too few days for a horizon of "
              + horizonDays
              + "; a model needs a longer log, or a shorter --horizon");
    }
    OptionalLong split = split(from, to);
    long known = split.orElse(log.lastDate());
    long priorGapMs = priorGapMs(log.users(), known);
    Background background =
        new Background(priorGapMs / (double) Durations.DAY_MS, PRIOR_WEIGHT, billing);
    Question question =
        new Question(
            everyDays, activeDays, horizonDays, label.isEmpty(), billing, leadDays, log::closeMs);
    List<Term> terms = ScorecardTerms.of(billing, leadDays.isPresent());
    List<Timeline> users = log.users();
    long rows = question.count(users, from, to);
    int everyUser = (int) Math.max(1, (rows + MOST_ROWS - 1) / MOST_ROWS);
    if (everyUser > 1) {
      users = everyOther(users, everyUser);
    }
    Examples examples = question.examples(users, terms, background, from, to);
    ScorecardFit fit = fit(examples, terms, background, split);
    ScorecardDocument document =
        new ScorecardDocument(id, version, this, log, billing, split, everyUser, priorGapMs, fit);
    new ScorecardReport(document, console.out()).print();
    options.write(document.yaml(), document.svg(), console);
    return ExitCodes.OK;
  }

  private static List<Timeline> everyOther(List<Timeline> users, int step) {
    List<Timeline> some = new ArrayList<>();
    for (int i = 0; i < users.size(); i += step) {
      some.add(users.get(i));
    }
    return some;
  }

  /** From when on rows judge; none with folds. */
  private OptionalLong split(long from, long to) throws Refusal {
    if (learning.folds() > 0) {
      return OptionalLong.empty();
    }
    long split =
        learning.split().map(LocalDate::toEpochDay).orElse(from + (to + horizonDays - from) / 2);
    if (split - horizonDays < from || split > to) {
      throw new Refusal(
          "nothing to fit to or to judge by, with a horizon of "
              + horizonDays
              + " days and a split on "
              + ModelDocument.date(split)
              + "; name another --split, a shorter --horizon, or --folds");
    }
    return OptionalLong.of(split);
  }

  /** From what is known at a date. */
  private static long priorGapMs(List<Timeline> users, long date) {
    List<History> histories = new ArrayList<>();
    for (Timeline user : users) {
      int count = user.activeUntil(date);
      if (count > 0) {
        long first = user.activeDate(0);
        histories.add(new History(count - 1, user.activeDate(count - 1) - first, date - first));
      }
    }
    return Fitted.priorGapMs(Histories.of(histories));
  }

  private ScorecardFit fit(
      Examples examples, List<Term> terms, Background background, OptionalLong split)
      throws Refusal {
    double penalty = learning.penalty();
    if (split.isEmpty()) {
      if (!ScorecardFit.canCross(examples, learning.folds())) {
        throw oneKind(examples);
      }
      return ScorecardFit.crossed(examples, terms, background, learning.folds(), penalty);
    }
    Examples before = ScorecardFit.before(examples, horizonDays, split.getAsLong());
    if (before.positives() == 0 || before.positives() == before.size()) {
      throw oneKind(before);
    }
    return ScorecardFit.split(examples, terms, background, horizonDays, split.getAsLong(), penalty);
  }

  private Refusal oneKind(Examples examples) {
    return new Refusal(
        "of "
            + examples.size()
            + " rows to fit to, "
            + (examples.positives() == 0 ? "none" : examples.positives())
            + (label.isEmpty() ? " fell silent" : " came to " + String.join(" or ", label))
            + "; a model needs some that did and some that did not: a longer log, another --horizon"
            + (learning.folds() > 0 ? ", or fewer --folds" : ", or --folds"));
  }

  /** What is asked, in words. */
  String asked() {
    String of = subscription.starts().isEmpty() ? "users" : "subscribers";
    String when =
        leadDays.isPresent()
            ? leadDays.getAsInt() + " days before each renewal of " + of
            : "every " + (everyDays == 1 ? "day" : everyDays + " days") + " of " + of;
    return when + " active in the " + activeDays + " days before";
  }

  /** What is to be told, in words. */
  String told() {
    return (label.isEmpty() ? "silent for" : String.join(" or ", label) + " within")
        + " the next "
        + horizonDays
        + " days";
  }
}
