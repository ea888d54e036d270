// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.kafka.EventTopic;
import io.beckon.kafka.KafkaRefusal;
import io.beckon.simulate.CanonicalEvents;
import io.beckon.simulate.Effects;
import io.beckon.simulate.EventFormat;
import io.beckon.simulate.Simulation;
import io.beckon.simulate.SimulationFiles;
import io.beckon.simulate.SimulationSettings;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.function.LongConsumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code beckon simulate}: writes the events of users that never were. */
@Command(
    name = "simulate",
    mixinStandardHelpOptions = true,
    versionProvider = Beckon.Version.class,
    sortOptions = false,
    header = "Writes the events of a simulated shop, and what is true of its users.",
    description = {
      "",
      "Window shoppers, loyal buyers, users who fade or leave, bots, and users with a wrong clock.",
      "The same options give the same bytes.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  beckon simulate --out events.jsonl",
      "  beckon simulate --users 5000 --no-clocks-ahead --out events.csv.gz --truth truth.jsonl",
      "  beckon simulate --users 1000000 --days 30 --out month/",
      "  beckon simulate --job jobs/retail --effect cart-abandonment=0.08 --out events.csv",
      "  beckon simulate --kafka localhost:9092 --topic shop.events --rate 500/s",
      "",
      "Exit codes: 0 fine, 1 files or topics that cannot be written, 2 wrong use of the command line."
    })
final class SimulateCommand implements Callable<Integer> {
  private static final int MOST_WITHIN_DAYS = 3_660;

  private static final double MOST_PER_SECOND = 1e7;

  /** How long an answer of the broker is waited for. */
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private final Console console;

  @Option(
      names = "--out",
      paramLabel = "FILE|DIR",
      description =
          "The file for the events, compressed if it ends in .gz; or a folder (it exists, or ends in"
              + " /), which gets a file for each day, and truth.jsonl.")
  private String out = "";

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description =
          "jsonl: canonical records; csv: what jobs/retail reads. By default as the file's name"
              + " says, otherwise jsonl.")
  private Optional<EventFormat> format = Optional.empty();

  @Option(
      names = "--kafka",
      paramLabel = "SERVERS",
      description =
          "Writes to a topic in place of files: the brokers to begin with, such as localhost:9092. Keys"
              + " are users, values canonical records, in the order of arrival.")
  private Optional<String> kafka = Optional.empty();

  @Option(names = "--topic", paramLabel = "TOPIC", description = "The topic for the events.")
  private Optional<String> topic = Optional.empty();

  @Option(
      names = "--create-topics",
      description = "Creates the topic if it is missing, as the brokers do by default.")
  private boolean createTopics;

  @Option(
      names = "--rate",
      paramLabel = "N/s",
      converter = RateConverter.class,
      description =
          "How many events a second go to the topic, such as 500/s; by default all it takes.")
  private Optional<Double> rate = Optional.empty();

  @Option(
      names = "--kafka-config",
      paramLabel = "FILE",
      description =
          "A file of properties for the Kafka client, such as security.protocol=SASL_SSL.")
  private Optional<Path> kafkaConfig = Optional.empty();

  @Option(names = "--users", paramLabel = "N", description = "How many users; 1000 by default.")
  private int users = 1_000;

  @Option(names = "--days", paramLabel = "D", description = "For how many days; 7 by default.")
  private int days = 7;

  @Option(names = "--seed", paramLabel = "S", description = "A number; 1 by default.")
  private long seed = 1;

  @Option(
      names = "--start",
      paramLabel = "DATE",
      converter = DateConverter.class,
      description = "The first day, UTC; 2026-11-02 by default.")
  private LocalDate start = LocalDate.of(2026, 11, 2);

  @Option(
      names = "--no-clocks-ahead",
      description =
          "No clock is ahead of the time: those that would be are behind. A job that reads a file"
              + " takes its time from the events, and such a clock makes the others' events late.")
  private boolean noClocksAhead;

  @Option(
      names = "--truth",
      paramLabel = "FILE",
      description = "The file for what is true of each user, JSON Lines.")
  private Optional<Path> truth = Optional.empty();

  @Option(
      names = "--within",
      paramLabel = "N",
      description =
          "A user would have bought anyway who bought within N days of browsing; 7 by default.")
  private int withinDays = 7;

  @Option(
      names = "--job",
      paramLabel = "JOB",
      description = "The folder of the job whose triggers have the effects of --effect.")
  private Optional<Path> job = Optional.empty();

  @Option(
      names = "--effect",
      paramLabel = "TRIGGER=CHANGE",
      description =
          "Plants an effect, such as cart-abandonment=0.08: of the users in the trigger's situation, so"
              + " many more buy in time whom neither the global nor the trigger's holdout draws."
              + " May be given for several triggers.")
  private Map<String, String> effects = new LinkedHashMap<>();

  @Option(
      names = "--baseline",
      paramLabel = "SHARE",
      description = "How many buy without an effect, where one is planted; 0.1 by default.")
  private String baseline = PlantedEffects.BASELINE;

  SimulateCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws Refusal {
    SimulationSettings settings = settings(users, days, seed, start, !noClocksAhead);
    inRange("--within", withinDays, MOST_WITHIN_DAYS);
    Effects planted = planted();
    if (kafka.isPresent()) {
      return toTopic(settings, planted, kafka.get());
    }
    if (topic.isPresent() || createTopics || rate.isPresent() || kafkaConfig.isPresent()) {
      throw Refusal.usage("--topic, --create-topics, --rate and --kafka-config are for --kafka");
    }
    if (out.isEmpty()) {
      throw Refusal.usage(
          "nowhere to write to: name a file or a folder with --out, or brokers with --kafka");
    }
    return toFiles(settings, planted);
  }

  private Effects planted() throws Refusal {
    if (effects.isEmpty()) {
      if (job.isPresent() || !baseline.equals(PlantedEffects.BASELINE)) {
        throw Refusal.usage("--job and --baseline are for --effect");
      }
      return Effects.none();
    }
    Path folder =
        job.orElseThrow(() -> Refusal.usage("--effect needs the job of its triggers: --job"));
    return PlantedEffects.of(
        ValidateCommand.load(console, JobFolder.of(folder)).job().orElseThrow(), effects, baseline);
  }

  private int toTopic(SimulationSettings settings, Effects planted, String servers) throws Refusal {
    if (!out.isEmpty()) {
      throw Refusal.usage("--kafka writes to a topic, and --out to files; name one of them");
    }
    if (format.equals(Optional.of(EventFormat.CSV))) {
      throw Refusal.usage("--format csv is for files; records of a topic are jsonl");
    }
    String name =
        topic.orElseThrow(() -> Refusal.usage("--kafka needs the topic for the events: --topic"));
    EventTopic.Target target = new EventTopic.Target(servers, name, createTopics, properties());
    try (EventTopic events = EventTopic.open(target, PATIENCE)) {
      if (events.created()) {
        console.err().println("created topic " + name);
      }
      CanonicalEvents records = new CanonicalEvents();
      Optional<Throttle> throttle = rate.map(perSecond -> new Throttle(Pace.watch(), perSecond));
      Simulation.Result result;
      try (Progress progress = new Progress(console, 0)) {
        long[] count = new long[1];
        result =
            new Simulation(settings, planted)
                .run(
                    event -> {
                      throttle.ifPresent(Throttle::await);
                      events.write(records.key(event), records.record(event));
                      progress.at(0, ++count[0]);
                    });
        events.flush();
      }
      Optional<Path> at = truth;
      if (at.isPresent()) {
        writeTruth(new SimulationFiles(settings, planted), at.get());
      }
      console.out().print(said(settings, result, "topic " + name + " on " + servers, at));
      return ExitCodes.OK;
    } catch (KafkaRefusal e) {
      throw new Refusal(String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw new Refusal(InputFiles.explain(name, e));
    }
  }

  private Map<String, String> properties() throws Refusal {
    Map<String, String> properties = new HashMap<>();
    if (kafkaConfig.isPresent()) {
      Path file = kafkaConfig.get();
      InputFiles.check(file);
      Properties read = new Properties();
      try (BufferedReader reader = Files.newBufferedReader(file)) {
        read.load(reader);
      } catch (IOException | IllegalArgumentException e) {
        throw new Refusal(file + ": not a file of properties, name=value a line");
      }
      for (String key : read.stringPropertyNames()) {
        properties.put(key, read.getProperty(key, ""));
      }
    }
    return properties;
  }

  private void writeTruth(SimulationFiles files, Path file) throws Refusal {
    makeParent(file);
    try {
      files.truth(file, withinDays);
    } catch (IOException e) {
      throw new Refusal(InputFiles.explain(file.toString(), e));
    }
  }

  private int toFiles(SimulationSettings settings, Effects planted) throws Refusal {
    Path target = Path.of(out);
    boolean folder = out.endsWith("/") || Files.isDirectory(target);
    EventFormat chosen = format.orElseGet(() -> formatOf(out));
    Optional<Path> truthFile =
        folder && truth.isEmpty() ? Optional.of(target.resolve("truth.jsonl")) : truth;
    if (truthFile.isPresent() && same(truthFile.get(), target)) {
      throw Refusal.usage("--out and --truth name the same file");
    }
    SimulationFiles files = new SimulationFiles(settings, planted);
    try (Progress progress = new Progress(console, 0)) {
      LongConsumer shown = count -> progress.at(0, count);
      Simulation.Result result;
      if (folder) {
        InputFiles.makeFolder(target);
        result = files.eventsByDay(target, chosen, shown);
      } else {
        makeParent(target);
        result = files.events(target, chosen, shown);
      }
      if (truthFile.isPresent()) {
        writeTruth(files, truthFile.get());
      }
      console.out().print(said(settings, result, out, truthFile));
    } catch (IOException e) {
      throw new Refusal(InputFiles.explain(target.toString(), e));
    }
    if (chosen == EventFormat.CSV && !folder) {
      console.out().println("To run it: beckon run jobs/retail --events " + out + " --out out");
    }
    return ExitCodes.OK;
  }

  private static String said(
      SimulationSettings settings,
      Simulation.Result result,
      String place,
      Optional<Path> truthFile) {
    return String.format(
        Locale.ROOT,
        "%,d events of %,d users from %s to %s in %s%s%n",
        result.events(),
        settings.users(),
        settings.start(),
        settings.start().plusDays(settings.days() - 1L),
        place,
        truthFile.map(file -> "; the truth in " + file).orElse(""));
  }

  /** Settings, or a complaint about the option that is out of range. */
  static SimulationSettings settings(
      int users, int days, long seed, LocalDate start, boolean clocksAhead) throws Refusal {
    inRange("--users", users, SimulationSettings.MOST_USERS);
    inRange("--days", days, SimulationSettings.MOST_DAYS);
    if (start.getYear() < 1971 || start.getYear() > 2900) {
      throw Refusal.usage("--start is in the years 1971 to 2900, not " + start.getYear());
    }
    return new SimulationSettings(users, days, seed, start, clocksAhead);
  }

  private static void inRange(String option, int value, int most) throws Refusal {
    if (value < 1 || value > most) {
      throw Refusal.usage(
          String.format(Locale.ROOT, "%s is from 1 to %d, not %d", option, most, value));
    }
  }

  private static EventFormat formatOf(String name) {
    return name.endsWith(".csv") || name.endsWith(".csv.gz") ? EventFormat.CSV : EventFormat.JSONL;
  }

  private static boolean same(Path one, Path other) {
    return one.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize());
  }

  private static void makeParent(Path file) throws Refusal {
    if (Files.isDirectory(file)) {
      throw new Refusal(file + ": a folder; name a file");
    }
    Path parent = file.toAbsolutePath().getParent();
    if (parent != null) {
      InputFiles.makeFolder(parent);
    }
  }

  /** So many a second, or a complaint in plain words. */
  static final class RateConverter implements ITypeConverter<Double> {
    @Override
    public Double convert(String value) {
      String number = value.endsWith("/s") ? value.substring(0, value.length() - 2) : value;
      try {
        double perSecond = Double.parseDouble(number);
        if (perSecond > 0 && perSecond <= MOST_PER_SECOND) {
          return perSecond;
        }
      } catch (NumberFormatException e) {
        throw new TypeConversionException(complaint(value));
      }
      throw new TypeConversionException(complaint(value));
    }

    private static String complaint(String value) {
      return "'" + value + "' is not a number of events a second, such as 500/s";
    }
  }

  /** A date, or a complaint in plain words. */
  static final class DateConverter implements ITypeConverter<LocalDate> {
    @Override
    public LocalDate convert(String value) {
      try {
        return LocalDate.parse(value);
      } catch (DateTimeParseException e) {
        throw new TypeConversionException("'" + value + "' is not a date, such as 2026-11-02");
      }
    }
  }
}
