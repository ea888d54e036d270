// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.dashboards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The dashboards are what Grafana's own types say they are, down to the options of each kind of
 * panel: TypeScript's compiler refuses a key that is misspelt and a value that there is not. Where
 * the two packages come from, {@code .ci/run} tells.
 */
class GrafanaTypesTest {
  private static final Path FOLDER = Path.of("deploy", "grafana", "dashboards");
  private static final List<Path> PACKAGES =
      Stream.of(Path.of("target", "grafana-types"), Path.of("target", "pictures"))
          .map(folder -> folder.resolve("node_modules").toAbsolutePath())
          .toList();

  /** Types of options are those of Grafana's panels, where texts may stand for constants. */
  private static final String TYPES =
      """
      import type { Dashboard } from '@grafana/schema';
      import type { Options as TimeSeries, FieldConfig } from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
      import type { Options as Stat } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
      import type { Options as BarGauge } from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
      import type { Options as Table } from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
      type Told<T> = T extends string ? `${T}`
        : T extends readonly (infer E)[] ? Told<E>[]
        : T extends object ? { [K in keyof T]?: Told<T[K]> }
        : T;
      """;

  private static final Map<String, String> OPTIONS =
      Map.of("timeseries", "TimeSeries", "stat", "Stat", "bargauge", "BarGauge", "table", "Table");

  @BeforeAll
  static void packagesAreThere() {
    assumeTrue(
        packages().findAny().isPresent(),
        "Grafana's types are not there; npm install --no-save --prefix target/grafana-types"
            + " @grafana/schema@13.2.2 typescript@5.7.3");
  }

  private static Stream<Path> packages() {
    return PACKAGES.stream()
        .filter(
            folder ->
                Files.exists(folder.resolve("typescript").resolve("bin").resolve("tsc"))
                    && Files.exists(folder.resolve("@grafana").resolve("schema")));
  }

  @Test
  void theyAreOfGrafanasTypes(@TempDir Path folder) throws Exception {
    assertThat(complaints(folder, source(""))).isEmpty();
  }

  @Test
  void whatIsMisspeltIsFound(@TempDir Path folder) throws Exception {
    assertThat(complaints(folder, source("overview.json")))
        .contains("'\"titel\"' does not exist")
        .contains("'\"reduceOption\"' does not exist")
        .contains("Type '\"sideways\"' is not assignable");
  }

  /** All dashboards as literals; one of them with mistakes. */
  private static String source(String spoilt) throws IOException {
    StringBuilder source = new StringBuilder(TYPES);
    try (Stream<Path> files = Files.list(FOLDER)) {
      for (Path file : files.sorted().toList()) {
        String text = Files.readString(file);
        String called = Objects.requireNonNull(file.getFileName()).toString();
        if (called.equals(spoilt)) {
          text =
              text.replaceFirst("\"title\"", "\"titel\"")
                  .replace("\"reduceOptions\"", "\"reduceOption\"")
                  .replace("\"orientation\" : \"horizontal\"", "\"orientation\" : \"sideways\"");
        }
        JsonNode dashboard = JsonMapper.shared().readTree(text);
        String name = called.replace(".json", "");
        constant(source, name, "Dashboard", dashboard);
        for (JsonNode panel : dashboard.path("panels")) {
          String id = name + panel.path("id").asInt();
          String type = Objects.requireNonNull(OPTIONS.get(panel.path("type").asString()));
          constant(source, id, type, panel.path("options"));
          JsonNode custom = panel.path("fieldConfig").path("defaults").path("custom");
          if (custom.isObject()) {
            constant(source, id + "_fields", "FieldConfig", custom);
          }
        }
      }
    }
    return source.toString();
  }

  private static void constant(StringBuilder source, String name, String type, JsonNode value) {
    source.append("export const ").append(name).append(": Told<").append(type).append("> = ");
    source.append(value).append(";\n");
  }

  private static String complaints(Path folder, String source) throws Exception {
    Path packages = packages().findFirst().orElseThrow();
    Files.createSymbolicLink(folder.resolve("node_modules"), packages);
    Files.writeString(folder.resolve("dashboards.ts"), source);
    Process compiler =
        new ProcessBuilder(
                "node",
                packages.resolve("typescript").resolve("bin").resolve("tsc").toString(),
                "--noEmit",
                "--strict",
                "--skipLibCheck",
                "--module",
                "esnext",
                "--moduleResolution",
                "bundler",
                "--target",
                "es2022",
                "dashboards.ts")
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .start();
    String said = new String(compiler.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    compiler.waitFor();
    Files.delete(folder.resolve("node_modules"));
    return said;
  }
}
