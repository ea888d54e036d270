// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The bill of materials that the build writes: whole, and of licences that go with Apache 2.0.
 * {@code -Dbeckon.update=true} writes the list in the documentation anew.
 */
class LicenceTest {
  /** Those of which one is enough where a library offers several. */
  private static final Set<String> ALLOWED =
      Set.of("Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "Go License");

  private static final Path LIST = Path.of("docs", "licences.md");

  private static final Pattern DEPENDENCY =
      Pattern.compile(
          "<dependency>\\s*<groupId>([^<]+)</groupId>\\s*<artifactId>([^<]+)</artifactId>(.*?)"
              + "</dependency>",
          Pattern.DOTALL);

  private static List<JsonNode> components() throws IOException {
    String sbom = System.getProperty("beckon.sbom");
    Assumptions.assumeTrue(sbom != null, "the bill of materials comes with the Maven build");
    JsonNode root = JsonMapper.shared().readTree(Files.readAllBytes(Path.of(sbom)));
    assertThat(root.path("bomFormat").asString()).isEqualTo("CycloneDX");
    return root.path("components").valueStream().toList();
  }

  private static String name(JsonNode component) {
    return component.path("group").asString() + ":" + component.path("name").asString();
  }

  private static List<String> licences(JsonNode component) {
    List<String> names = new ArrayList<>();
    for (JsonNode each : component.path("licenses")) {
      JsonNode licence = each.path("license");
      names.add(
          licence.has("id")
              ? licence.path("id").asString()
              : licence.has("name")
                  ? licence.path("name").asString()
                  : each.path("expression").asString());
    }
    return names;
  }

  @Test
  void everyLibraryIsThereWithVersionAndHash() throws IOException {
    List<JsonNode> components = components();
    Set<String> names = new TreeSet<>();
    for (JsonNode component : components) {
      names.add(name(component));
      assertThat(component.path("version").asString("")).as(name(component)).isNotEmpty();
      assertThat(component.path("purl").asString("")).as(name(component)).startsWith("pkg:maven/");
      assertThat(component.path("hashes").valueStream().map(hash -> hash.path("alg").asString()))
          .as(name(component))
          .contains("SHA-256");
    }
    String pom = Files.readString(Path.of("pom.xml"));
    Matcher dependencies =
        DEPENDENCY.matcher(pom.substring(pom.lastIndexOf("</dependencyManagement>")));
    int direct = 0;
    while (dependencies.find()) {
      if (!dependencies.group(3).contains("<scope>test</scope>")) {
        direct++;
        assertThat(names).contains(dependencies.group(1) + ":" + dependencies.group(2));
      }
    }
    assertThat(direct).as("direct dependencies").isGreaterThan(10);
  }

  @Test
  void everyLicenceGoesWithOurs() throws IOException {
    for (JsonNode component : components()) {
      assertThat(licences(component))
          .as("%s: a licence that is not allowed, or none", name(component))
          .anyMatch(ALLOWED::contains);
    }
  }

  @Test
  void theListIsInTheDocumentation() throws IOException {
    TreeMap<String, String> list = new TreeMap<>();
    for (JsonNode component : components()) {
      list.put(name(component), String.join(" or ", licences(component)));
    }
    StringBuilder text =
        new StringBuilder(
            """
            # Licences of what Beckon is built on

            Beckon is under the Apache License 2.0. Its libraries, those that they bring along, and Flink's, which
            a cluster has itself; libraries of tests are not part of it. The build writes all of them with their versions
            and hashes to `target/beckon-sbom.json`, a CycloneDX bill of materials, and a test holds this list to it.

            | library | licence |
            |---|---|
            """);
    list.forEach(
        (name, licence) ->
            text.append("| ").append(name).append(" | ").append(licence).append(" |\n"));
    if (Boolean.getBoolean("beckon.update")) {
      Files.writeString(LIST, text);
    }
    assertThat(LIST).hasContent(text.toString());
  }
}
