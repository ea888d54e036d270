// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

/**
 * Where Flink begins with the job that publishes scores: {@code flink run -c
 * io.beckon.cli.ScoresMain beckon-job.jar JOB}. Otherwise as {@link EngagementMain}.
 */
public final class ScoresMain {
  private ScoresMain() {}

  /**
   * Gives the job to Flink.
   *
   * @param args the job's folder
   * @throws Exception if it could not run; the message is for the user
   */
  public static void main(String[] args) throws Exception {
    EngagementMain.run(args, true);
  }
}
