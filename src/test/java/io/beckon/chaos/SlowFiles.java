// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.chaos;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.FileSystemFactory;
import org.apache.flink.core.fs.local.LocalFileSystem;

/**
 * The files of this machine, under the scheme {@code slow}: as fast as ever, and slow to write for
 * as long as a file that its settings name is there. A plugin of Flink's, loaded by its processes
 * like that of any other storage.
 */
final class SlowFiles extends LocalFileSystem {
  private static final String SCHEME = "slow";
  private static final ConfigOption<String> WHILE =
      ConfigOptions.key("slow.while").stringType().noDefaultValue();

  /** As of a disk that is shared with somebody who has no mercy. */
  private static final long BYTES_A_SECOND = 32_768;

  private static final long MS_A_FILE = 3_000;
  private static final long STEP_MS = 50;

  private final Path flag;

  private SlowFiles(Path flag) {
    this.flag = flag;
  }

  /** What a folder of this machine is called there. */
  static String uri(Path folder) {
    return SCHEME + "://" + folder.toUri().getPath();
  }

  /** The setting by which storage is slow while {@code flag} is there. */
  static String setting() {
    return WHILE.key();
  }

  /** Makes {@code plugins} a folder of Flink's plugins with this in it. */
  static void install(Path plugins) throws IOException {
    Path jar = Files.createDirectories(plugins.resolve(SCHEME)).resolve("slow.jar");
    String folder = SlowFiles.class.getPackageName().replace('.', '/');
    Path classes =
        Path.of(
            URI.create(
                SlowFiles.class.getProtectionDomain().getCodeSource().getLocation().toString()));
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar));
        Stream<Path> files = Files.list(classes.resolve(folder))) {
      List<Path> own =
          files
              .filter(file -> file.getFileName().toString().matches("SlowFiles(\\$\\w+)?\\.class"))
              .toList();
      for (Path file : own) {
        put(out, folder + "/" + file.getFileName(), Files.readAllBytes(file));
      }
      put(
          out,
          "META-INF/services/" + FileSystemFactory.class.getName(),
          Factory.class.getName().getBytes(StandardCharsets.UTF_8));
    }
  }

  private static void put(JarOutputStream jar, String name, byte[] bytes) throws IOException {
    jar.putNextEntry(new JarEntry(name));
    jar.write(bytes);
    jar.closeEntry();
  }

  @Override
  public URI getUri() {
    return URI.create(SCHEME + ":///");
  }

  @Override
  public FSDataOutputStream create(
      org.apache.flink.core.fs.Path path, FileSystem.WriteMode overwrite) throws IOException {
    return new Slow(super.create(path, overwrite));
  }

  /** Flink makes it by its name. */
  public static final class Factory implements FileSystemFactory {
    private String flag = "";

    /** For Flink. */
    public Factory() {}

    @Override
    public String getScheme() {
      return SCHEME;
    }

    @Override
    public void configure(Configuration settings) {
      flag = settings.getOptional(WHILE).orElse("");
    }

    @Override
    public FileSystem create(URI uri) {
      return new SlowFiles(Path.of(flag));
    }
  }

  private final class Slow extends FSDataOutputStream {
    private final FSDataOutputStream to;
    private boolean closed;

    Slow(FSDataOutputStream to) {
      this.to = to;
    }

    private void rest(long ms) throws IOException {
      try {
        for (long left = ms; left > 0 && Files.exists(flag); left -= STEP_MS) {
          TimeUnit.MILLISECONDS.sleep(Math.min(left, STEP_MS));
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted while storage was slow");
      }
    }

    @Override
    public void write(int one) throws IOException {
      to.write(one);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      rest(length * 1_000L / BYTES_A_SECOND);
      to.write(bytes, from, length);
    }

    @Override
    public long getPos() throws IOException {
      return to.getPos();
    }

    @Override
    public void flush() throws IOException {
      to.flush();
    }

    @Override
    public void sync() throws IOException {
      to.sync();
    }

    @Override
    public void close() throws IOException {
      if (closed) {
        return;
      }
      closed = true;
      try (OutputStream closing = to) {
        rest(MS_A_FILE);
        closing.flush();
      }
    }
  }
}
