// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The Dockerfile, built and started by the scripts that the documentation names; with {@code
 * -Dbeckon.image=true}, as it takes minutes.
 */
@Tag("packaged")
class ImageRunTest {
  /** Of build-image: what the image is made of could not be fetched. */
  private static final int NOT_FETCHED = 3;

  @Test
  @Timeout(value = 20, unit = TimeUnit.MINUTES)
  void theImageIsBuiltAndItsEntryPointStartsTheJob() throws Exception {
    assumeImagesCanBeRun();
    build();
    Tools.Ran tried = Tools.run(List.of("deploy/try-image"), 5);
    assertThat(tried).matches(Tools.Ran::ended);
    assertThat(tried.complained())
        .contains(
            "the job runs", "a checkpoint is complete, on s3://", "decisions are in", "passed");
  }

  static void assumeImagesCanBeRun() throws IOException, InterruptedException {
    Assumptions.assumeTrue(
        Boolean.getBoolean("beckon.image"), "takes minutes: -Dbeckon.image=true has it run");
    for (String tool : List.of("buildah", "debootstrap", "unshare")) {
      Assumptions.assumeTrue(Tools.isThere(tool), tool + " is not installed: apt-get install");
    }
    Assumptions.assumeTrue(
        Tools.run("id", "-u").said().strip().equals("0"), "an image's files want root");
    Assumptions.assumeTrue(
        Tools.run("unshare", "-n", "-m", "ip", "link", "set", "lo", "up").ended(),
        "namespaces are not allowed here");
  }

  /** Builds the image, or goes on with the one that is there if nothing in it changed. */
  static void build() throws IOException, InterruptedException {
    Tools.Ran built = Tools.run(List.of("deploy/build-image", "--stand-in"), 15);
    Assumptions.assumeTrue(built.code() != NOT_FETCHED, built.complained());
    assertThat(built).matches(Tools.Ran::ended);
  }
}
