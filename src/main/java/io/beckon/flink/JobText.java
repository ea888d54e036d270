// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.language.Definitions;
import io.beckon.language.JobDefinition;
import io.beckon.language.SourceFile;
import io.beckon.language.diagnostics.Problem;
import io.beckon.wire.AvroSchemas;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A job's definitions as their authors wrote them: what travels to the workers, each of which reads
 * and compiles them for itself. Immutable.
 */
final class JobText implements JobFactory {
  private static final long serialVersionUID = 1L;

  private final String folder;
  private final boolean live;
  private final boolean scores;
  private final ArrayList<String> paths = new ArrayList<>();
  private final ArrayList<String> texts = new ArrayList<>();

  /**
   * The definitions of one job.
   *
   * @param folder what messages call the job's folder
   */
  JobText(String folder, List<SourceFile> files) {
    this(folder, files, false, false);
  }

  private JobText(String folder, List<SourceFile> files, boolean live, boolean scores) {
    this.folder = Objects.requireNonNull(folder);
    this.live = live;
    this.scores = scores;
    for (SourceFile file : files) {
      paths.add(file.path());
      texts.add(file.text());
    }
  }

  /** The definitions of a job that runs by the clock they say. */
  static JobText live(String folder, List<SourceFile> files) {
    return new JobText(folder, files, true, false);
  }

  /** The same definitions, for the job that publishes the scores; they must name some. */
  JobText publishing() {
    JobText other = new JobText(folder, List.of(), live, true);
    other.paths.addAll(paths);
    other.texts.addAll(texts);
    return other;
  }

  /**
   * The job; for a bounded run, its send clock is the moment's time, whatever it says.
   *
   * @throws IllegalArgumentException if the definitions have errors; whoever starts a job has them
   *     checked, and shown, before
   */
  @Override
  public JobDefinition create() {
    List<SourceFile> files = new ArrayList<>();
    for (int i = 0; i < paths.size(); i++) {
      files.add(new SourceFile(paths.get(i), texts.get(i)));
    }
    Definitions.Loaded loaded = Definitions.load(folder, files, AvroSchemas::check);
    JobDefinition job =
        loaded
            .job()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        folder
                            + " has errors: "
                            + loaded.problems().sorted().stream().map(Problem::message).toList()));
    JobDefinition wanted = scores ? job.publishing() : job;
    return live ? wanted : wanted.replayed();
  }
}
