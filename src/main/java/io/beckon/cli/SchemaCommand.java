// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.language.Schemas;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code beckon schema}: writes the JSON Schemas of definitions, for editors. */
@Command(
    name = "schema",
    mixinStandardHelpOptions = true,
    versionProvider = Beckon.Version.class,
    header = "Writes the JSON Schemas of definitions, so that editors complete and check them.",
    description = {
      "",
      "One file a kind: job, events, signals, policy and trigger. Above a definition, the line",
      "# yaml-language-server: $schema=../schemas/trigger.schema.json",
      "names its schema to editors.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  beckon schema",
      "  beckon schema --out .schemas",
      "",
      "Exit codes: 0 fine, 1 files that cannot be written, 2 wrong use of the command line."
    })
final class SchemaCommand implements Callable<Integer> {
  private final Console console;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "The folder they are written to; schemas by default.")
  private Path out = Path.of("schemas");

  SchemaCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Map<String, String> schemas = Schemas.all();
    try {
      Files.createDirectories(out);
      for (Map.Entry<String, String> schema : schemas.entrySet()) {
        Files.writeString(out.resolve(schema.getKey()), schema.getValue());
      }
    } catch (IOException e) {
      console.err().println("beckon: cannot write to " + out + ": " + e.getMessage());
      return ExitCodes.FAILED;
    }
    console.out().println(out + ": " + schemas.size() + " schemas");
    return ExitCodes.OK;
  }
}
