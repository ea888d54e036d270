// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.calendar.Durations;
import io.beckon.churn.History;
import io.beckon.churn.fit.Histories;
import io.beckon.churn.fit.Timeline;
import io.beckon.churn.fit.Warnings;
import io.beckon.event.EventType;
import io.beckon.language.JobDefinition;
import io.beckon.language.ModelDefinition;
import io.beckon.language.SourceFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code beckon evaluate}: what models, and rules on them, are worth on recorded events. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    versionProvider = Beckon.Version.class,
    sortOptions = false,
    header = "Tries models and warning rules on recorded events, so that a line can be chosen.",
    description = {
      "",
      "JOB is the folder of a job: all its models, and what its triggers warn of by a score or by",
      "silence. A MODEL is one file of beckon fit, tried alone; --job says how events are read.",
      "Beside them, for comparison: days of silence, and the user's own gaps.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  beckon evaluate jobs/retail --events year.csv.gz --from 2026-07-01",
      "  beckon evaluate churn.yaml --job jobs/app --events year.csv.gz --label cancel --lines 0.2,0.3",
      "",
      "Exit codes: 0 fine, 1 wrong input, 2 wrong use of the command line."
    })
final class EvaluateCommand implements Callable<Integer> {
  private static final double[] SILENCES = {7, 14, 28, 60};
  private static final double[] GAPS = {2, 3, 6};
  private static final double PRIOR_WEIGHT = 2;

  private final Console console;

  @Parameters(
      paramLabel = "JOB|MODEL",
      description = "The folder of a job, or the file of a model.")
  private Path what = Path.of("");

  @Option(
      names = "--job",
      paramLabel = "JOB",
      description = "With a MODEL: the folder of the job that says how events are read.")
  private Optional<Path> job = Optional.empty();

  @Option(
      names = "--events",
      paramLabel = "FILE",
      arity = "1..*",
      required = true,
      description = "The events, in the format that job.yaml says, in any order.")
  private List<Path> events = new ArrayList<>();

  @Option(
      names = "--label",
      paramLabel = "TYPE",
      description = {
        "The event that is to be told beforehand, such as cancel; may be repeated.",
        "By default it is silence, of the events of each model."
      })
  private List<String> label = new ArrayList<>();

  @Option(
      names = "--horizon",
      paramLabel = "DAYS",
      converter = FitOptions.DaysConverter.class,
      description = "How far ahead, whole days; by default as the first model says, or 30d.")
  private Optional<Integer> horizon = Optional.empty();

  @Option(
      names = "--from",
      paramLabel = "DATE",
      converter = FitOptions.DateConverter.class,
      description =
          "Users are looked at from then on; name the day after what models were fitted to.")
  private Optional<LocalDate> from = Optional.empty();

  @Option(
      names = "--every",
      paramLabel = "DAYS",
      converter = FitOptions.DaysConverter.class,
      description = "How often a user makes a row of the ranking; 7d by default.")
  private int everyDays = 7;

  @Option(
      names = "--active",
      paramLabel = "DAYS",
      converter = FitOptions.DaysConverter.class,
      description = "Users without an event for longer are not looked at; 90d by default.")
  private int activeDays = 90;

  @Option(
      names = "--lines",
      paramLabel = "X",
      split = ",",
      description = {
        "Lines to try every model at, such as 0.2,0.3. Always tried are those of the triggers,",
        "and those that alarm 5, 10 and 20 % of the quiet windows."
      })
  private List<Double> lines = new ArrayList<>();

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "A number for the intervals' samples; 1 by default.")
  private long seed = 1;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "A folder for the rows of each model, all rules, and pictures.")
  private Optional<Path> out = Optional.empty();

  EvaluateCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws Refusal {
    for (Path file : events) {
      InputFiles.check(file);
    }
    if (out.isPresent()) {
      InputFiles.makeFolder(out.get());
    }
    Optional<String> only = Optional.empty();
    JobDefinition definition;
    if (Files.isRegularFile(what)) {
      JobFolder folder =
          JobFolder.of(
              job.orElseThrow(
                  () ->
                      Refusal.usage("a model alone does not say how events are read; add --job")));
      String file = FitOptions.fileName(what);
      definition = load(folder, withModel(folder, file));
      only = Optional.of(file.replaceFirst("\\.ya?ml$", ""));
    } else if (job.isPresent()) {
      throw Refusal.usage("--job goes with the file of a model; " + what + " is none");
    } else {
      JobFolder folder = JobFolder.of(what);
      definition = load(folder, folder.read());
    }
    List<EventType> labels = FitOptions.types(definition, label);
    Gauges gauges = Gauges.of(definition, only, labels, lines);
    if (gauges.roles().isEmpty()) {
      throw new Refusal(
          what
              + ": no models, and no trigger that warns by a score or by silence;"
              + " 'beckon fit' makes models");
    }
    int horizonDays = horizonDays(definition, only);
    List<FitLog> logs = read(definition, gauges.roles());
    List<Evaluation> evaluations = new ArrayList<>();
    try (Progress progress = new Progress(console, 0)) {
      for (int log = 0; log < logs.size(); log++) {
        Evaluation.Looks looks = looks(logs.get(log), horizonDays);
        for (Gauge gauge : of(log, gauges, logs.get(log), looks)) {
          evaluations.add(Evaluation.of(gauge, logs.get(log), looks, progress));
        }
      }
    }
    EvaluationReport report = new EvaluationReport(evaluations, told(horizonDays));
    report.print(console.out(), logs.get(0), activeDays);
    if (out.isPresent()) {
      write(report.files(), out.get());
    }
    return ExitCodes.OK;
  }

  private int horizonDays(JobDefinition definition, Optional<String> only) {
    if (horizon.isPresent()) {
      return horizon.get();
    }
    for (ModelDefinition model : definition.models()) {
      if (model.horizonMs().isPresent() && (only.isEmpty() || only.get().equals(model.id()))) {
        return (int) Math.max(1, Math.min(400, model.horizonMs().getAsLong() / Durations.DAY_MS));
      }
    }
    return 30;
  }

  private JobDefinition load(JobFolder folder, List<SourceFile> files) throws Refusal {
    return RunOptions.ofFiles(ValidateCommand.load(console, folder, files).job().orElseThrow());
  }

  /** The job's files with the model among them, in place of one of its name. */
  private List<SourceFile> withModel(JobFolder folder, String file) throws Refusal {
    InputFiles.check(what);
    String path = folder.name() + "/models/" + file;
    List<SourceFile> files = new ArrayList<>(folder.read());
    files.removeIf(other -> other.path().equals(path));
    try {
      files.add(new SourceFile(path, Files.readString(what)));
    } catch (IOException e) {
      throw new Refusal(InputFiles.explain(what.toString(), e));
    }
    return files;
  }

  private List<FitLog> read(JobDefinition definition, List<FitLog.Roles> roles) throws Refusal {
    List<FitLog> logs;
    try (Progress progress = new Progress(console, InputFiles.bytes(events))) {
      logs = FitLog.readAll(definition, roles, events, progress);
    } catch (IOException e) {
      throw new Refusal(InputFiles.explain(events.get(0).toString(), e));
    }
    if (logs.stream().allMatch(log -> log.events() == 0)) {
      throw new Refusal("no event in the files that a model or a rule is about");
    }
    return logs;
  }

  private Evaluation.Looks looks(FitLog log, int horizonDays) throws Refusal {
    long first = from.map(LocalDate::toEpochDay).orElse(log.firstDate());
    if (first > log.lastDate() - horizonDays) {
      throw new Refusal(
          "the events, "
              + FitReport.span(log)
              + ", end before a horizon of "
              + horizonDays
              + " days after "
              + ModelDocument.date(first)
              + "; name an earlier --from or a shorter --horizon");
    }
    return new Evaluation.Looks(
        first,
        everyDays,
        activeDays,
        new Warnings.Terms(horizonDays, label.isEmpty(), log.lastDate()),
        seed);
  }

  /** The models and measures of a log, and what they are compared with. */
  private static List<Gauge> of(int number, Gauges gauges, FitLog log, Evaluation.Looks looks) {
    List<Gauge> all = new ArrayList<>();
    for (Gauge gauge : gauges.all()) {
      if (gauge.log() == number) {
        all.add(gauge);
      }
    }
    List<Gauge.Line> silences = new ArrayList<>(gauges.silences(number));
    for (double days : SILENCES) {
      boolean inTime = !looks.terms().bySilence() || days < looks.terms().horizonDays();
      if (days <= looks.activeDays() && inTime) {
        silences.add(new Gauge.Line(days, true, ""));
      }
    }
    all.add(
        compared(
            "days-silent", "days since the last event", number, gauges, Gauge.silence(), silences));
    List<History> histories = new ArrayList<>();
    for (Timeline user : log.users()) {
      if (user.activeDates() > 0) {
        int count = user.activeDates();
        long span = user.activeDate(count - 1) - user.activeDate(0);
        histories.add(new History(count - 1, span, span));
      }
    }
    double prior = Math.max(Histories.of(histories).medianGap(), 1.0 / 24);
    List<Gauge.Line> gaps = new ArrayList<>();
    for (double factor : GAPS) {
      gaps.add(new Gauge.Line(factor, true, ""));
    }
    String own = "the silence in own gaps, drawn to " + ModelDocument.digits(prior, 1) + " days";
    all.add(compared("own-gaps", own, number, gauges, Gauge.ownGaps(prior, PRIOR_WEIGHT), gaps));
    return all;
  }

  private static Gauge compared(
      String name, String words, int log, Gauges gauges, Gauge.Kind kind, List<Gauge.Line> lines) {
    String other = gauges.freeName(log == 0 ? name : name + "-" + (log + 1));
    Gauge.Kind asked = gauges.isSubscribed(log) ? Gauge.whileSubscribed(kind) : kind;
    return new Gauge(other, words, true, false, log, asked, lines);
  }

  private String told(int horizonDays) {
    return (label.isEmpty() ? "silence for" : String.join(" or ", label) + " within")
        + " the next "
        + horizonDays
        + " days";
  }

  private void write(List<SourceFile> files, Path folder) throws Refusal {
    for (SourceFile file : files) {
      Path path = folder.resolve(file.path());
      try {
        Files.writeString(path, file.text(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new Refusal(InputFiles.explain(path.toString(), e));
      }
    }
    console.out().println();
    console.out().println(files.size() + " files written to " + folder);
  }
}
