// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.oracle;

import io.beckon.engine.Engine;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * Engines with a bug each: one source file of the engine is changed in one place, compiled in
 * memory, and loaded beside the unchanged rest of the engine by a loader of its own.
 */
final class Mutants {
  private static final Path SOURCES = Path.of("src", "main", "java", "io", "beckon");
  private static final List<String> OWN =
      List.of(
          "io.beckon.calendar.",
          "io.beckon.plan.",
          "io.beckon.state.",
          "io.beckon.signal.",
          "io.beckon.experiment.",
          "io.beckon.budget.",
          "io.beckon.detect.",
          "io.beckon.policy.",
          "io.beckon.engine.",
          EngineRunner.class.getName());

  private final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();

  /**
   * A bug.
   *
   * @param name what goes wrong, in the words of the field
   * @param file below {@code io/beckon}
   * @param original what stands in the file, exactly once; spaces and line breaks are alike
   * @param replacement what stands there instead
   */
  record Mutant(String name, String file, String original, String replacement) {
    @Override
    public String toString() {
      return name;
    }
  }

  /**
   * The engine with the bug.
   *
   * @throws IllegalArgumentException if the place is not there any more, or not only once, or if
   *     the result does not compile: then the list of mutants must follow the engine
   */
  Function<RandomCase, Outcome> engineWith(Mutant mutant) {
    return load(compile(mutant.file(), changed(mutant)));
  }

  /** The engine as it is, loaded in the same way. */
  Function<RandomCase, Outcome> engineUnchanged() {
    return load(Map.of());
  }

  private static String changed(Mutant mutant) {
    String source = read(SOURCES.resolve(mutant.file())).replaceAll("\\s+", " ");
    String original = mutant.original().replaceAll("\\s+", " ");
    int at = source.indexOf(original);
    if (at < 0 || source.indexOf(original, at + 1) >= 0) {
      throw new IllegalArgumentException(
          mutant.name() + ": not exactly once in " + mutant.file() + ": " + original);
    }
    return source.substring(0, at)
        + mutant.replacement()
        + source.substring(at + original.length());
  }

  private static String read(Path path) {
    try {
      // Line comments go, so that the file can be put on one line.
      return Files.readString(path)
          .lines()
          .map(line -> line.replaceFirst("(^|\\s)//.*", ""))
          .collect(Collectors.joining("\n"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Map<String, byte[]> compile(String file, String source) {
    Map<String, ByteArrayOutputStream> classes = new HashMap<>();
    JavaFileObject unit =
        new SimpleJavaFileObject(
            URI.create("string:///io/beckon/" + file), JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return source;
          }
        };
    StringBuilder said = new StringBuilder();
    try (StandardJavaFileManager standard =
            compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8);
        JavaFileManager inMemory = new InMemory(standard, classes)) {
      boolean compiled =
          compiler
              .getTask(
                  null,
                  inMemory,
                  problem -> said.append(problem).append('\n'),
                  List.of(
                      "-proc:none",
                      "-nowarn",
                      "-classpath",
                      place(Engine.class)
                          + System.getProperty("path.separator")
                          + place(Nullable.class)),
                  null,
                  List.of(unit))
              .call();
      if (!compiled) {
        throw new IllegalArgumentException(file + " does not compile: " + said);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Map<String, byte[]> bytes = new HashMap<>();
    classes.forEach((name, stream) -> bytes.put(name, stream.toByteArray()));
    return bytes;
  }

  private static Path place(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @SuppressWarnings("unchecked") // The runner is a Function of these very types.
  private static Function<RandomCase, Outcome> load(Map<String, byte[]> changed) {
    Loader loader = new Loader(changed);
    try {
      return (Function<RandomCase, Outcome>)
          loader.loadClass(EngineRunner.class.getName()).getConstructor().newInstance();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Keeps what is compiled. */
  private static final class InMemory extends ForwardingJavaFileManager<JavaFileManager> {
    private final Map<String, ByteArrayOutputStream> classes;

    InMemory(JavaFileManager standard, Map<String, ByteArrayOutputStream> classes) {
      super(standard);
      this.classes = classes;
    }

    @Override
    public JavaFileObject getJavaFileForOutput(
        Location location,
        String className,
        JavaFileObject.Kind kind,
        @Nullable FileObject sibling) {
      return new SimpleJavaFileObject(URI.create("mem:///" + className + ".class"), kind) {
        @Override
        public OutputStream openOutputStream() {
          ByteArrayOutputStream stream = new ByteArrayOutputStream();
          classes.put(className, stream);
          return stream;
        }
      };
    }
  }

  /** Defines the engine's classes itself; all others are those of the test. */
  private static final class Loader extends ClassLoader {
    private final Map<String, byte[]> changed;

    Loader(Map<String, byte[]> changed) {
      super(EngineRunner.class.getClassLoader());
      this.changed = changed;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      synchronized (getClassLoadingLock(name)) {
        if (OWN.stream().noneMatch(name::startsWith)) {
          return super.loadClass(name, resolve);
        }
        Class<?> loaded = findLoadedClass(name);
        return loaded == null ? define(name) : loaded;
      }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
      byte[] bytes = changed.get(name);
      if (bytes == null) {
        bytes = original(name);
      }
      return defineClass(name, bytes, 0, bytes.length);
    }

    private byte[] original(String name) throws ClassNotFoundException {
      try (var stream = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
        if (stream == null) {
          throw new ClassNotFoundException(name);
        }
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
  }
}
