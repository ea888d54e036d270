// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What is true of every file of the repository, whatever its language. */
class RepositoryTest {
  private static final Set<String> NOT_OURS = Set.of("target", "out", ".git", ".idea", ".vscode");

  /** Machine paths and package hosts; written in halves so as not to find this file. */
  private static final List<String> FORBIDDEN =
      List.of("/wo" + "rk/", "/ro" + "ot/", "repo1." + "maven", "repo." + "maven.apache.org");

  @Test
  void noFileNamesAMachineOrARegistry() throws IOException {
    List<String> complaints = new ArrayList<>();
    int[] files = {0};
    Files.walkFileTree(
        Path.of(""),
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            boolean skip =
                NOT_OURS.contains(folder.getFileName().toString())
                    || folder.equals(Path.of(".mvn", "wrapper"));
            return skip ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            // In a linked working tree .git is a file.
            if (attributes.isRegularFile() && !file.endsWith(".git")) {
              files[0]++;
              complaints.addAll(
                  complaints(
                      file.toString(),
                      new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1)));
            }
            return FileVisitResult.CONTINUE;
          }
        });
    assertThat(files[0]).isGreaterThan(50);
    assertThat(complaints).isEmpty();
  }

  @Test
  void aMachinePathAndARegistryAreFound() {
    String bad = "fine\ncp /wo" + "rk/x y\nhttps://repo1." + "maven.org\n";
    assertThat(complaints("a.txt", bad)).hasSize(2).first().asString().startsWith("a.txt:2: ");
    assertThat(complaints("a.bin", "\0" + bad)).isEmpty();
  }

  private static List<String> complaints(String name, String text) {
    if (text.indexOf('\0') >= 0) {
      return List.of();
    }
    List<String> complaints = new ArrayList<>();
    List<String> lines = text.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      for (String forbidden : FORBIDDEN) {
        if (lines.get(i).contains(forbidden)) {
          complaints.add(name + ":" + (i + 1) + ": " + lines.get(i).strip());
        }
      }
    }
    return complaints;
  }
}
