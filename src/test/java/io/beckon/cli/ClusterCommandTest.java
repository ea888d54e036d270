// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What {@code beckon cluster} refuses; what it does is shown where the job jar is built. */
final class ClusterCommandTest {
  private record Said(int code, String out, String err) {}

  private static Said beckon(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Beckon.execute(new PrintWriter(out), new PrintWriter(err), args);
    return new Said(code, out.toString(), err.toString());
  }

  private static void refused(int code, String part, String... args) {
    Said said = beckon(args);
    assertThat(said.code()).as(said.err()).isEqualTo(code);
    assertThat(said.err()).contains(part).doesNotContain("Exception", "internal error");
  }

  @Test
  void wrongUseIsExplained(@TempDir Path folder) {
    String dir = "--dir=" + folder;
    refused(2, "say what to do: start, submit, status, savepoint or stop", "cluster");
    refused(
        2, "--task-managers is from 1 to 64, not 0", "cluster", "start", dir, "--task-managers=0");
    refused(
        2,
        "--kafka-port is from 0 to 65535, not 70000",
        "cluster",
        "start",
        dir,
        "--kafka-port=70000");
    refused(
        2,
        "--metrics-port is from 0 to 65470, not 65500",
        "cluster",
        "start",
        dir,
        "--metrics-port=65500");
    refused(2, "job.yaml reads files", "cluster", "submit", "jobs/retail", dir);
    refused(1, "no such folder", "cluster", "submit", folder + "/none", dir);
    for (String command : List.of("status", "stop", "savepoint x")) {
      String[] words = ("cluster " + command).split(" ", -1);
      Said said = beckon(words[0], words[1], dir, words.length > 2 ? words[2] : "--dir=" + folder);
      assertThat(said.code()).isNotZero();
      assertThat(said.err()).contains(words.length > 2 ? "there is no cluster in " : "beckon: ");
    }
    refused(
        1,
        "there is no cluster in " + folder + "; begin with: beckon cluster start",
        "cluster",
        "status",
        dir);
  }

  @Test
  void whatTheBuildHasNotMadeIsNamed(@TempDir Path folder) {
    StringWriter err = new StringWriter();
    Console console = new Console(new PrintWriter(new StringWriter()), new PrintWriter(err), false);
    ClusterCommand command = new ClusterCommand(console, folder.resolve("no-clone"));
    CommandLine cluster = new CommandLine(command);
    command.commands().forEach(cluster::addSubcommand);
    StringBuilder message = new StringBuilder();
    cluster.setExecutionExceptionHandler(
        (failure, of, parsed) -> {
          message.append(failure.getMessage());
          return 1;
        });
    int code =
        cluster.execute(
            "start",
            "--dir=" + folder.resolve("c"),
            "--rest-port=0",
            "--kafka-port=0",
            "--redis-port=0");
    assertThat(code).isEqualTo(1);
    assertThat(message)
        .startsWith("the job jar is not there: no ")
        .endsWith("; build again, online: ./mvnw -B -DskipTests package");
    assertThat(folder.resolve("c").resolve("run")).doesNotExist();
  }

  @Test
  void aPortThatIsTakenIsNamedWithItsOption(@TempDir Path folder) throws Exception {
    InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    try (ServerSocket taken = new ServerSocket(0, 1, loopback)) {
      refused(
          1,
          "port "
              + taken.getLocalPort()
              + ", for kafka, is taken; end what has it, or choose another: --kafka-port N",
          "cluster",
          "start",
          "--dir=" + folder,
          "--rest-port=0",
          "--redis-port=0",
          "--kafka-port=" + taken.getLocalPort());
    }
  }

  @Test
  void aPortForMetricsThatIsTakenIsNamed(@TempDir Path folder) throws Exception {
    InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    try (ServerSocket taken = new ServerSocket(0, 1, loopback)) {
      int port = Math.min(taken.getLocalPort(), 65_400);
      assumeTrue(port == taken.getLocalPort(), "the port that is free is one of the last");
      refused(
          1,
          "port " + port + ", for the metrics of jobmanager-1, is taken",
          "cluster",
          "start",
          "--dir=" + folder,
          "--rest-port=0",
          "--kafka-port=0",
          "--redis-port=0",
          "--metrics-port=" + port);
    }
  }

  @Test
  void aFolderThatIsNoClusterSaysSo(@TempDir Path folder) throws Exception {
    Files.writeString(folder.resolve("cluster.properties"), "slots=\\u12");
    refused(1, "cannot be read", "cluster", "status", "--dir=" + folder);
  }
}
