// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cluster;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Where the build of a clone has put what a cluster is made of. Immutable. */
public final class Libraries {
  private static final String AGAIN = "; build again, online: ./mvnw -B -DskipTests package";

  private final Path target;

  /**
   * What is built in a clone.
   *
   * @param home the clone
   */
  public Libraries(Path home) {
    this.target = Objects.requireNonNull(home).resolve("target").toAbsolutePath();
  }

  /**
   * The jar that Flink is given.
   *
   * @throws ClusterRefusal if it is not there
   */
  public Path jobJar() throws ClusterRefusal {
    Path jar = target.resolve("beckon-job.jar");
    if (!Files.isRegularFile(jar)) {
      throw new ClusterRefusal("the job jar is not there: no " + jar + AGAIN);
    }
    return jar;
  }

  /**
   * The jar that makes Flink's processes show metrics.
   *
   * @throws ClusterRefusal if it is not there
   */
  Path metricsJar() throws ClusterRefusal {
    Path jar = target.resolve("beckon-metrics.jar");
    if (!Files.isRegularFile(jar)) {
      throw new ClusterRefusal("the jar for metrics is not there: no " + jar + AGAIN);
    }
    return jar;
  }

  /** The class path of Flink: without Beckon, and without the libraries of its job. */
  String flink() throws ClusterRefusal {
    return read("flink-classpath") + File.pathSeparator + read("flink-shared-classpath");
  }

  /** The class path of a Kafka broker: that of the tests, without Beckon. */
  String kafka() throws ClusterRefusal {
    return read("test-classpath");
  }

  private String read(String name) throws ClusterRefusal {
    Path file = target.resolve(name);
    try {
      List<String> libraries = new ArrayList<>();
      for (String library : Files.readString(file).strip().split(File.pathSeparator, -1)) {
        if (!Files.exists(Path.of(library))) {
          throw new ClusterRefusal(
              "the libraries of a cluster are not all there: no "
                  + Path.of(library).getFileName()
                  + AGAIN);
        }
        libraries.add(library);
      }
      return String.join(File.pathSeparator, libraries);
    } catch (ClusterRefusal e) {
      throw e;
    } catch (IOException e) {
      throw new ClusterRefusal("the libraries of a cluster are not there: no " + file + AGAIN, e);
    }
  }
}
