// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.calendar.Durations;
import io.beckon.churn.ReturnScore;
import io.beckon.event.EventType;
import io.beckon.event.Slots;
import io.beckon.language.JobDefinition;
import io.beckon.language.ModelDefinition;
import io.beckon.language.Selector;
import io.beckon.language.SignalDefinition;
import io.beckon.language.SignalMeasure;
import io.beckon.language.TriggerDefinition;
import io.beckon.language.When;
import io.beckon.language.expression.Expression;
import io.beckon.language.expression.Frame;
import io.beckon.language.expression.Scope;
import io.beckon.language.expression.Verdict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What of a job says how risky users are: its models, and the rules of its triggers. */
final class Gauges {
  private final JobDefinition job;
  private final List<EventType> labels;
  private final List<Double> lines;
  private final Map<String, Integer> logs = new LinkedHashMap<>();
  private final List<FitLog.Roles> roles = new ArrayList<>();
  private final List<Boolean> subscribed = new ArrayList<>();
  private final Map<String, Draft> drafts = new LinkedHashMap<>();
  private final Map<Integer, List<Gauge.Line>> silences = new LinkedHashMap<>();

  /** A gauge to which lines are still added. */
  private static final class Draft {
    private final Gauge gauge;
    private final List<Gauge.Line> lines = new ArrayList<>();

    Draft(Gauge gauge) {
      this.gauge = gauge;
    }
  }

  private Gauges(JobDefinition job, List<EventType> labels, List<Double> lines) {
    this.job = job;
    this.labels = labels;
    this.lines = lines;
  }

  /**
   * Those of a job.
   *
   * @param only the one model that is wanted, without the triggers; empty: all of it
   * @param labels what is to be told beforehand; silence if empty
   * @param lines that every model is tried at
   */
  static Gauges of(
      JobDefinition job, Optional<String> only, List<EventType> labels, List<Double> lines) {
    Gauges gauges = new Gauges(job, labels, lines);
    for (ModelDefinition model : job.models()) {
      if (only.isEmpty() || only.get().equals(model.id())) {
        gauges.model(model);
      }
    }
    if (only.isEmpty()) {
      for (TriggerDefinition trigger : job.triggers()) {
        gauges.trigger(trigger);
      }
    }
    return gauges;
  }

  /** The models and measures, in the order of the job. */
  List<Gauge> all() {
    List<Gauge> all = new ArrayList<>();
    for (Draft draft : drafts.values()) {
      Gauge gauge = draft.gauge;
      all.add(
          new Gauge(
              gauge.name(),
              gauge.words(),
              gauge.above(),
              gauge.probability(),
              gauge.log(),
              gauge.kind(),
              draft.lines));
    }
    return all;
  }

  /** Which events each log is of. */
  List<FitLog.Roles> roles() {
    return List.copyOf(roles);
  }

  /** A name that none of the job's has. */
  String freeName(String name) {
    String free = name;
    while (drafts.containsKey(free)) {
      free += "-";
    }
    return free;
  }

  /** Whether a log is of subscribers, who count only while they are. */
  boolean isSubscribed(int log) {
    return subscribed.get(log);
  }

  /** The fixed waits that triggers have for the events of a log. */
  List<Gauge.Line> silences(int log) {
    return silences.getOrDefault(log, List.of());
  }

  private void model(ModelDefinition model) {
    List<Selector> starts = List.of();
    List<Selector> ends = List.of();
    if (model.subscription().isPresent()) {
      starts = model.subscription().get().starts();
      ends = model.subscription().get().ends();
    }
    int log = log(model.events(), starts, ends);
    ModelDefinition.Formula formula = model.formula();
    Gauge.Kind kind;
    boolean above = false;
    boolean probability = false;
    if (formula instanceof ModelDefinition.Formula.Return returns) {
      kind = Gauge.of(new ReturnScore(returns.model(), model.horizonMs().orElseThrow()));
      probability = true;
    } else if (formula instanceof ModelDefinition.Formula.Score score) {
      kind = Gauge.of(score.score());
      above = true;
      probability = model.family().isScorecard();
    } else if (formula instanceof ModelDefinition.Formula.Level level) {
      kind = Gauge.level(level.tauMs(), level.minHistoryMs());
    } else if (formula instanceof ModelDefinition.Formula.Drop drop) {
      kind = Gauge.drop(drop.shortMs(), drop.longMs(), drop.minLevel());
    } else {
      throw new IllegalStateException("a model of another kind");
    }
    add(model.id(), model.family().text() + " " + model.version(), above, probability, log, kind);
    for (double line : lines) {
      line(model.id(), new Gauge.Line(line, false, "--lines"));
    }
  }

  private void add(
      String name, String words, boolean above, boolean probability, int log, Gauge.Kind kind) {
    drafts.computeIfAbsent(
        name, n -> new Draft(new Gauge(n, words, above, probability, log, kind, List.of())));
  }

  private void line(String name, Gauge.Line line) {
    Draft draft = drafts.get(name);
    if (draft != null) {
      draft.lines.add(line);
    }
  }

  private void trigger(TriggerDefinition trigger) {
    String asks = "trigger " + trigger.id();
    if (trigger.when() instanceof When.Inactive inactive) {
      int log = log(inactive.events(), List.of(), List.of());
      if (inactive.delay() instanceof When.Wait.Fixed fixed) {
        double days = fixed.ms() / (double) Durations.DAY_MS;
        silences.computeIfAbsent(log, l -> new ArrayList<>()).add(new Gauge.Line(days, true, asks));
      } else if (inactive.delay() instanceof When.Wait.OwnGap gap) {
        String name = "trigger-" + trigger.id();
        add(name, "a wait by own gap", true, false, log, Gauge.wait(gap));
        line(name, new Gauge.Line(1, true, asks));
      }
    } else if (trigger.when() instanceof When.Score score) {
      score(score, asks);
    }
  }

  private void score(When.Score score, String asks) {
    SignalDefinition signal = job.signals().all().get(score.index());
    SignalMeasure measure = signal.measure();
    String name =
        signal.model().map(SignalDefinition.ModelRef::id).orElse("signal-" + signal.name());
    if (measure instanceof SignalMeasure.Model model) {
      if (model.writtenHorizonMs().isPresent()) {
        name = "signal-" + signal.name();
        int log = log(model.events(), model.starts(), model.ends());
        String words = model.model() + " " + model.version() + " with another horizon";
        add(name, words, false, true, log, Gauge.of(model.score()));
      }
    } else if (measure instanceof SignalMeasure.ActivityLevel level) {
      int log = log(level.events(), List.of(), List.of());
      add(name, "a signal", false, false, log, Gauge.level(level.tauMs(), level.minHistoryMs()));
    } else if (measure instanceof SignalMeasure.DropRatio drop) {
      int log = log(drop.events(), List.of(), List.of());
      Gauge.Kind kind = Gauge.drop(drop.shortMs(), drop.longMs(), drop.minLevel());
      add(name, "a signal", false, false, log, kind);
    }
    Draft draft = drafts.get(name);
    // A line that good users cross warns of nothing.
    if (draft != null && draft.gauge.above() == score.line().above()) {
      draft.lines.add(new Gauge.Line(score.line().at().doubleValue(), false, asks));
    }
  }

  /** The number of the log of these events. */
  private int log(List<Selector> events, List<Selector> starts, List<Selector> ends) {
    String key = key(events) + " | " + key(starts) + " | " + key(ends);
    return logs.computeIfAbsent(
        key,
        k -> {
          subscribed.add(!starts.isEmpty());
          roles.add(
              new FitLog.Roles(
                  counts(events), counts(starts), counts(ends), FitLog.Counts.ofTypes(labels)));
          return roles.size() - 1;
        });
  }

  private static String key(List<Selector> selectors) {
    return String.join(
        ", ",
        selectors.stream()
            .map(s -> s.type().name() + s.where().map(w -> "[" + w.key() + "]").orElse(""))
            .sorted()
            .toList());
  }

  /** Of selectors; what they read of a profile is missing. */
  private FitLog.Counts counts(List<Selector> selectors) {
    Slots nobody = new Slots(job.catalogue().profile());
    Frame frame = new Frame(Scope.where(nobody.type(), nobody.type()));
    return event -> {
      for (Selector selector : selectors) {
        if (selector.type().equals(event.type())) {
          Optional<Expression> where = selector.where();
          frame.set(Scope.EVENT, event.attributes()).set(Scope.USER, nobody);
          if (where.isEmpty() || where.get().test(frame) == Verdict.TRUE) {
            return true;
          }
        }
      }
      return false;
    };
  }
}
