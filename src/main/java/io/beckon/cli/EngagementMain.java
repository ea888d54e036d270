// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.flink.LiveRun;
import io.beckon.language.JobDefinition;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Where Flink begins with the job that decides: {@code flink run beckon-job.jar JOB}. The job's
 * folder is read here, by the client; its text travels in the job, as do the secrets out of the
 * environment here. Everything else is said by Flink's own options.
 */
public final class EngagementMain {
  private EngagementMain() {}

  /**
   * Gives the job to Flink.
   *
   * @param args the job's folder
   * @throws Exception if it could not run; the message is for the user
   */
  public static void main(String[] args) throws Exception {
    run(args, false);
  }

  static void run(String[] args, boolean scores) throws Refusal, IOException {
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    if (args.length != 1) {
      throw Refusal.usage("name one thing, the folder of the job");
    }
    JobFolder folder = JobFolder.of(Path.of(args[0]));
    JobDefinition job =
        ValidateCommand.load(new Console(out, err, false), folder).job().orElseThrow();
    if (job.live().isEmpty()) {
      throw new Refusal(
          folder.name() + ": job.yaml reads files; a cluster runs jobs that read topics");
    }
    if (scores && job.scores().isEmpty()) {
      throw new Refusal(
          "job.yaml names no scores; add for example: scores: {signals: [last_order]}");
    }
    LiveRun.Submitted submitted =
        LiveRun.execute(folder.name(), folder.read(), System.getenv(), scores);
    submitted.warnings().forEach(warning -> err.println("warning: " + warning));
    submitted.created().forEach(topic -> err.println("created topic " + topic));
    out.println(submitted.name() + " is job " + submitted.id());
  }
}
