// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.simulate;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;
import java.util.function.LongConsumer;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Writes simulations to files, compressed where a name ends in {@code .gz}. A file has its name
 * once it is whole, and not before.
 */
public final class SimulationFiles {
  private static final int BUFFER_BYTES = 1 << 16;

  private final SimulationSettings settings;
  private final Effects effects;
  private final Lines lines = new Lines();

  /** Writes the simulation of these settings. */
  public SimulationFiles(SimulationSettings settings) {
    this(settings, Effects.none());
  }

  /** Writes the simulation of these settings, with what is planted. */
  public SimulationFiles(SimulationSettings settings, Effects effects) {
    this.settings = Objects.requireNonNull(settings);
    this.effects = Objects.requireNonNull(effects);
  }

  /**
   * Writes all events to one file.
   *
   * @param progress hears after every event how many there are
   */
  public Simulation.Result events(Path file, EventFormat format, LongConsumer progress)
      throws IOException {
    try (TextFile text = new TextFile(file, format)) {
      long[] count = new long[1];
      Simulation.Result result =
          new Simulation(settings, effects)
              .run(
                  event -> {
                    text.line(lines.event(event, format));
                    progress.accept(++count[0]);
                  });
      text.publish();
      return result;
    }
  }

  /**
   * Writes the events of each day of arrival to a file of its own in {@code folder}: {@code
   * events-2026-11-02.jsonl}.
   *
   * @param progress hears after every event how many there are
   */
  public Simulation.Result eventsByDay(Path folder, EventFormat format, LongConsumer progress)
      throws IOException {
    try (Days days = new Days(folder, format)) {
      Simulation.Result result =
          new Simulation(settings, effects).run(event -> progress.accept(days.write(event)));
      days.publish();
      return result;
    }
  }

  /** The file of one day after the other. */
  private final class Days implements AutoCloseable {
    private final Path folder;
    private final EventFormat format;
    private String date = "";
    private @Nullable TextFile file;
    private long count;

    Days(Path folder, EventFormat format) {
      this.folder = folder;
      this.format = format;
    }

    long write(SimulatedEvent event) throws IOException {
      String day = lines.date(event.arrivalMs());
      TextFile current = file;
      if (current == null || !day.equals(date)) {
        publish();
        date = day;
        current = new TextFile(folder.resolve("events-" + day + "." + format.ending()), format);
        file = current;
      }
      current.line(lines.event(event, format));
      return ++count;
    }

    void publish() throws IOException {
      if (file != null) {
        file.publish();
      }
    }

    @Override
    public void close() throws IOException {
      if (file != null) {
        file.close();
      }
    }
  }

  /** Writes what is true of every user, JSON Lines; purchases count for {@code withinDays}. */
  public void truth(Path file, int withinDays) throws IOException {
    Simulation simulation = new Simulation(settings, effects);
    try (TextFile text = new TextFile(file, EventFormat.JSONL)) {
      for (int user = 0; user < settings.users(); user++) {
        text.line(lines.truth(simulation.truth(user), withinDays * 86_400_000L));
      }
      text.publish();
    }
  }

  /** A file under another name until it is whole. */
  private static final class TextFile implements AutoCloseable {
    private final Path file;
    private final Path part;
    private final OutputStream stream;

    TextFile(Path file, EventFormat format) throws IOException {
      this.file = file;
      String name = String.valueOf(file.getFileName());
      this.part = file.resolveSibling("." + name + ".part");
      OutputStream plain = Files.newOutputStream(part);
      this.stream =
          new BufferedOutputStream(
              name.endsWith(".gz") ? new GZIPOutputStream(plain, BUFFER_BYTES) : plain,
              BUFFER_BYTES);
      if (format == EventFormat.CSV) {
        line(Lines.CSV_HEADER);
      }
    }

    void line(String line) throws IOException {
      stream.write(line.getBytes(StandardCharsets.ISO_8859_1));
      stream.write('\n');
    }

    void publish() throws IOException {
      stream.close();
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    @Override
    public void close() throws IOException {
      stream.close();
      Files.deleteIfExists(part);
    }
  }
}
