// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line, {@code bin/beckon}. */
@Command(
    name = "beckon",
    versionProvider = Beckon.Version.class,
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    header = "Watches what users do, and decides whether and how to step in.",
    description = {
      "",
      "JOB is the folder of a job's definitions, such as jobs/retail.",
      "'beckon COMMAND --help' tells more of each command.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  beckon demo",
      "  beckon validate jobs/retail",
      "  beckon test jobs/retail",
      "  beckon run jobs/retail --events jobs/retail/sample/events.csv --out out",
      "",
      "Exit codes: 0 fine, 1 wrong input or a failed test, 2 wrong use of the command line."
    })
public final class Beckon {
  /** The version of this source. */
  static final String VERSION = "0.1.0-SNAPSHOT";

  private Beckon() {}

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] args) {
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    System.exit(execute(new Console(out, err, Boolean.getBoolean("beckon.terminal")), args));
  }

  /** Runs one command, writing to {@code out} and {@code err}, and gives its exit code. */
  public static int execute(PrintWriter out, PrintWriter err, String... args) {
    return execute(new Console(out, err, false), args);
  }

  static int execute(Console console, String... args) {
    CommandLine commands =
        new CommandLine(new Beckon())
            .addSubcommand(new ValidateCommand(console))
            .addSubcommand(new PlanCommand(console))
            .addSubcommand(new DiffCommand(console))
            .addSubcommand(new TestCommand(console))
            .addSubcommand(new BacktestCommand(console))
            .addSubcommand(new RunCommand(console))
            .addSubcommand("fit", FitCommand.of(console))
            .addSubcommand(new EvaluateCommand(console))
            .addSubcommand(new ExplainCommand(console, System.in))
            .addSubcommand(new SchemaCommand(console))
            .addSubcommand(new SimulateCommand(console))
            .addSubcommand(new DemoCommand(console))
            .addSubcommand(cluster(console))
            .setOut(console.out())
            .setErr(console.err())
            .setColorScheme(Help.defaultColorScheme(Help.Ansi.OFF))
            .setUsageHelpWidth(100)
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setParameterExceptionHandler((wrong, given) -> usage(console, wrong))
            .setExecutionExceptionHandler((failure, command, parsed) -> failed(console, failure));
    int code = commands.execute(args);
    console.out().flush();
    console.err().flush();
    return code;
  }

  private static CommandLine cluster(Console console) {
    ClusterCommand command =
        new ClusterCommand(console, Path.of(System.getProperty("beckon.home", "")));
    CommandLine cluster = new CommandLine(command);
    command.commands().forEach(cluster::addSubcommand);
    return cluster;
  }

  private static int usage(Console console, ParameterException wrong) {
    console.err().println("beckon: " + usageMessage(wrong));
    String command = wrong.getCommandLine().getCommandSpec().qualifiedName();
    console.err().println("Try '" + command + " --help'.");
    return ExitCodes.USAGE;
  }

  private static String usageMessage(ParameterException wrong) {
    CommandLine command = wrong.getCommandLine();
    if (wrong instanceof UnmatchedArgumentException unmatched
        && !command.getSubcommands().isEmpty()
        && !unmatched.getUnmatched().get(0).startsWith("-")) {
      String name = unmatched.getUnmatched().get(0);
      return (command.getParent() == null
              ? "no command is called '" + name + "'"
              : "'" + name + "' is no model")
          + "; there are: "
          + String.join(", ", command.getSubcommands().keySet());
    }
    return oneLine(wrong);
  }

  private static int failed(Console console, Exception failure) {
    if (failure instanceof Refusal refusal) {
      console.err().println("beckon: " + refusal.getMessage());
      return refusal.exitCode();
    }
    if ("1".equals(System.getenv("BECKON_DEBUG"))) {
      failure.printStackTrace(console.err());
    }
    console
        .err()
        .println(
            "beckon: internal error: "
                + oneLine(failure)
                + "; please report it, with what BECKON_DEBUG=1 shows");
    return ExitCodes.FAILED;
  }

  private static String oneLine(Throwable failure) {
    String message = Optional.ofNullable(failure.getMessage()).orElse("");
    String line = message.lines().findFirst().orElse("").strip();
    return line.isEmpty() ? failure.getClass().getSimpleName() : line;
  }

  /** What {@code --version} shows. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"beckon " + VERSION};
    }
  }
}
