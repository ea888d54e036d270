// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.deploy;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MetricOptions;

/**
 * Every option that this version of Flink knows, found in its libraries. Flink itself passes over
 * keys that it does not know without a word.
 */
final class FlinkOptions {
  private static final Pattern OPTIONS = Pattern.compile("org/apache/flink/.*Options?\\.class");

  /** Read by the operator, whose library is not published: as its documentation has them. */
  private static final Set<String> OF_THE_OPERATOR =
      Set.of(
          "kubernetes.operator.periodic.savepoint.interval",
          "kubernetes.operator.savepoint.format.type",
          "kubernetes.operator.savepoint.history.max.age",
          "kubernetes.operator.savepoint.history.max.count");

  /** Handed on to Hadoop's client, without being options of Flink's. */
  private static final Set<String> OF_THE_OBJECT_STORE =
      Set.of("s3.endpoint", "s3.path.style.access");

  private static final String REPORTER = "metrics.reporter.";

  /** Beside the class, which is looked for. */
  private static final Set<String> OF_ALL_REPORTERS =
      Set.of(
          MetricOptions.REPORTER_EXCLUDED_VARIABLES.key(),
          MetricOptions.REPORTER_EXCLUDES.key(),
          MetricOptions.REPORTER_INCLUDES.key());

  private static final Pattern PORTS = Pattern.compile("\\d{1,5}(-\\d{1,5})?");
  private static final Pattern HOST = Pattern.compile("[\\w.:-]+");

  private final Map<String, ConfigOption<?>> known;

  private FlinkOptions(Map<String, ConfigOption<?>> known) {
    this.known = known;
  }

  /** Those of the libraries on the class path. */
  static FlinkOptions find() throws IOException {
    Map<String, ConfigOption<?>> known = new TreeMap<>();
    for (String path : System.getProperty("java.class.path", "").split(File.pathSeparator)) {
      if (new File(path).getName().matches("flink-.*\\.jar")) {
        for (Class<?> type : optionClasses(path)) {
          for (ConfigOption<?> option : options(type)) {
            known.put(option.key(), option);
          }
        }
      }
    }
    return new FlinkOptions(known);
  }

  int size() {
    return known.size();
  }

  /** What is wrong with a setting; empty if Flink, or who else reads it, understands it. */
  Optional<String> complaint(String key, String value) {
    if (OF_THE_OPERATOR.contains(key) || OF_THE_OBJECT_STORE.contains(key)) {
      return Optional.empty();
    }
    if (key.startsWith(REPORTER)) {
      return ofReporter(key, value);
    }
    ConfigOption<?> option = known.get(key);
    if (option == null) {
      return Optional.of("Flink knows no `" + key + "`" + nearest(key));
    }
    return valueOf(option, key, value);
  }

  /** What all reporters have in common, below their name, and what ours has. */
  private static Optional<String> ofReporter(String key, String value) {
    String rest = key.substring(REPORTER.length());
    int dot = rest.indexOf('.');
    if (dot < 1) {
      return Optional.of("`" + key + "` names no reporter");
    }
    String own = rest.substring(dot + 1);
    if (own.equals(MetricOptions.REPORTER_FACTORY_CLASS.key())) {
      try {
        Class.forName(value, false, FlinkOptions.class.getClassLoader());
        return Optional.empty();
      } catch (ClassNotFoundException e) {
        return Optional.of("`" + key + "`: there is no class " + value);
      }
    }
    if (OF_ALL_REPORTERS.contains(own)
        || (own.equals("port") && PORTS.matcher(value).matches())
        || (own.equals("host") && HOST.matcher(value).matches())) {
      return Optional.empty();
    }
    return Optional.of(
        "`" + key + ": " + value + "`: no option of the reporter, or no value of it");
  }

  private static Optional<String> valueOf(ConfigOption<?> option, String key, String value) {
    Configuration settings = new Configuration();
    settings.setString(key, value);
    try {
      settings.getOptional(option);
      return Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.of("`" + key + ": " + value + "`: " + e.getMessage());
    }
  }

  private String nearest(String key) {
    Set<String> alike = new TreeSet<>();
    String last = key.substring(key.lastIndexOf('.') + 1);
    for (String other : known.keySet()) {
      if (other.endsWith("." + last) || other.startsWith(key)) {
        alike.add(other);
      }
    }
    return alike.isEmpty() ? "" : "; it knows " + alike;
  }

  private static List<Class<?>> optionClasses(String path) throws IOException {
    List<Class<?>> types = new ArrayList<>();
    try (JarFile jar = new JarFile(path)) {
      for (String name :
          jar.stream()
              .map(entry -> entry.getName())
              .filter(name -> OPTIONS.matcher(name).matches() && !name.contains("/shaded/"))
              .toList()) {
        String type = name.substring(0, name.length() - ".class".length()).replace('/', '.');
        types.add(Class.forName(type, true, FlinkOptions.class.getClassLoader()));
      }
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(path, e);
    }
    return types;
  }

  private static List<ConfigOption<?>> options(Class<?> type) {
    List<ConfigOption<?>> options = new ArrayList<>();
    for (Field field : type.getDeclaredFields()) {
      if (field.getType() == ConfigOption.class && Modifier.isStatic(field.getModifiers())) {
        try {
          field.setAccessible(true);
          if (field.get(null) instanceof ConfigOption<?> option) {
            options.add(option);
          }
        } catch (IllegalAccessException e) {
          throw new IllegalStateException(type + "." + field.getName(), e);
        }
      }
    }
    return options;
  }
}
