// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The image: what is in it is what the stack and Kubernetes look for in it. */
class ImageTest {
  private static final Path DOCKERFILE = Path.of("deploy", "Dockerfile");

  /** Instructions, those over several lines in one. */
  private static List<String> instructions() throws IOException {
    String text = Files.readString(DOCKERFILE).replaceAll("(?m)^#.*\n", "").replace("\\\n", " ");
    return text.lines().filter(line -> !line.isBlank()).toList();
  }

  private static Map<String, String> copies() throws IOException {
    Map<String, String> copies = new HashMap<>();
    for (String instruction : instructions()) {
      if (instruction.startsWith("COPY ")) {
        String[] parts = instruction.split(" ");
        assertThat(parts).hasSize(3);
        copies.put(parts[1], parts[2]);
      }
    }
    return copies;
  }

  @Test
  void itIsOfTheFlinkThatIsBuiltFor() throws IOException {
    Matcher version =
        Pattern.compile("<flink.version>([^<]+)<").matcher(Files.readString(Path.of("pom.xml")));
    assertThat(version.find()).isTrue();
    String flink = version.group(1);
    assertThat(instructions().get(0)).isEqualTo("ARG FLINK_IMAGE=flink:" + flink + "-java17");
    assertThat(Files.readString(Path.of("k8s/base/job/deployment.yaml")))
        .contains("flinkVersion: v" + flink.replaceAll("(\\d+)\\.(\\d+)\\..*", "$1_$2"));
  }

  @Test
  void theStandInIsOfTheSameLibraries() throws IOException {
    String ours = Files.readString(Path.of("pom.xml"));
    String standIn = Files.readString(Path.of("deploy", "stand-in", "pom.xml"));
    for (String version : List.of("flink.version", "log4j.version")) {
      String element = "<%s>[^<]+</%s>".formatted(version, version);
      Matcher in = Pattern.compile(element).matcher(standIn);
      assertThat(in.find()).as(version).isTrue();
      assertThat(ours).contains(in.group());
    }
  }

  @Test
  void whatItStartsIsThere() throws IOException, ReflectiveOperationException {
    String command =
        instructions().stream().filter(of -> of.startsWith("CMD ")).findFirst().orElseThrow();
    Matcher parts =
        Pattern.compile(
                "CMD \\[\"standalone-job\", \"--job-classname\", \"([\\w.]+)\", \"([^\"]+)\"]")
            .matcher(command);
    assertThat(parts.matches()).as(command).isTrue();
    assertThat(Class.forName(parts.group(1)).getMethod("main", String[].class)).isNotNull();
    assertThat(String.join(" ", instructions())).contains(parts.group(2) + " /opt/beckon/state;");
  }

  @Test
  void itEndsAsNobody() throws IOException {
    List<String> users =
        instructions().stream().filter(instruction -> instruction.startsWith("USER ")).toList();
    assertThat(users).last().asString().matches("USER [1-9]\\d*:[1-9]\\d*");
    // Whom Kubernetes lets it run as.
    assertThat(Files.readString(Path.of("k8s/base/job/deployment.yaml")))
        .contains("runAsUser: " + users.get(users.size() - 1).replaceAll("USER (\\d+):.*", "$1"));
  }

  @Test
  void whatIsCopiedIsThereAndLetThrough() throws IOException {
    List<String> letThrough =
        Files.readAllLines(Path.of(".dockerignore")).stream()
            .filter(line -> line.startsWith("!"))
            .map(line -> line.substring(1))
            .toList();
    Map<String, String> copies = copies();
    assertThat(copies).hasSizeGreaterThanOrEqualTo(2);
    for (String source : copies.keySet()) {
      assertThat(letThrough)
          .anyMatch(
              path -> path.contains("/") && (source.equals(path) || source.startsWith(path + "/")));
      if (!source.startsWith("target/")) {
        assertThat(Path.of(source)).isRegularFile();
      }
    }
  }

  @Test
  void whoLooksForSomethingInItFindsIt() throws IOException {
    Set<String> wanted = new TreeSet<>();
    Pattern inTheImage = Pattern.compile("/opt/(flink/usrlib|beckon/bin)/[\\w.-]+");
    for (Path file : texts()) {
      inTheImage
          .matcher(Files.readString(file))
          .results()
          .forEach(found -> wanted.add(found.group()));
    }
    Set<String> there = new TreeSet<>(copies().values());
    // Flink looks there by itself.
    assertThat(there.removeIf(path -> path.startsWith("/opt/flink/plugins/"))).isTrue();
    assertThat(wanted).isNotEmpty().isEqualTo(there);
  }

  @Test
  void foldersThatAreMountedAreThere() throws IOException {
    String made =
        instructions().stream().filter(of -> of.startsWith("RUN ")).findFirst().orElseThrow();
    assertThat(made).contains("/opt/beckon/job ", "/opt/beckon/state", "chown 9999:9999");
  }

  @Test
  void scriptsAreOnesTheShellCanRead() throws IOException, InterruptedException {
    for (String script :
        List.of(
            "deploy/build-image",
            "deploy/try-image",
            "deploy/image/beckon",
            "deploy/stand-in/docker-entrypoint.sh")) {
      assertThat(Files.isExecutable(Path.of(script))).as(script).isTrue();
      Matcher shell = Pattern.compile("#!.*\\b(\\w+)\n").matcher(Files.readString(Path.of(script)));
      assertThat(shell.lookingAt()).as(script).isTrue();
      assertThat(Tools.run(shell.group(1), "-n", script)).matches(Tools.Ran::ended);
    }
  }

  private static List<Path> texts() throws IOException {
    List<Path> texts = new ArrayList<>();
    for (Path folder : List.of(Path.of("deploy"), Path.of("k8s"))) {
      try (Stream<Path> files = Files.walk(folder)) {
        files
            .filter(Files::isRegularFile)
            .filter(file -> file.toString().endsWith(".yaml") || file.endsWith("beckon"))
            .forEach(texts::add);
      }
    }
    return texts;
  }
}
