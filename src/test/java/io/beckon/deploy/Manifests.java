// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Objects for Kubernetes, as kustomize makes them. */
final class Manifests {
  private Manifests() {}

  /** The documents of a text in YAML. */
  static List<JsonNode> parse(String yaml) {
    List<JsonNode> documents = new ArrayList<>();
    for (Object document : new Load(LoadSettings.builder().build()).loadAllFromString(yaml)) {
      documents.add(JsonMapper.shared().valueToTree(document));
    }
    return documents;
  }

  /**
   * What a folder builds to. Without kubectl and kustomize the test that asks is skipped.
   *
   * @param root where {@code k8s} and {@code jobs} are
   */
  static List<JsonNode> build(Path root, String folder) throws IOException, InterruptedException {
    Optional<List<String>> kustomize = kustomize();
    Assumptions.assumeTrue(
        kustomize.isPresent(), "neither kubectl nor kustomize is installed; either will do");
    List<String> command = new ArrayList<>(kustomize.get());
    command.add(root.resolve(folder).toString());
    Tools.Ran ran = Tools.run(command);
    assertThat(ran).matches(Tools.Ran::ended);
    return parse(ran.said());
  }

  private static Optional<List<String>> kustomize() {
    return Stream.of(List.of("kubectl", "kustomize"), List.of("kustomize", "build"))
        .filter(command -> Tools.isThere(command.get(0)))
        .findFirst();
  }

  /** The one object of that kind and name; a hash at the end of the name does not matter. */
  static JsonNode object(List<JsonNode> objects, String kind, String name) {
    return objects.stream()
        .filter(object -> object.path("kind").asString("").equals(kind))
        .filter(object -> name(object).matches(name + "(-[a-z0-9]{10})?"))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + kind + " " + name));
  }

  static List<JsonNode> ofKind(List<JsonNode> objects, String kind) {
    return objects.stream()
        .filter(object -> object.path("kind").asString("").equals(kind))
        .toList();
  }

  static String name(JsonNode object) {
    return object.path("metadata").path("name").asString("");
  }
}
