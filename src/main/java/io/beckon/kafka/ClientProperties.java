// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.kafka;

import io.beckon.language.JobDefinition.LiveSettings;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** What every client of a job is told. */
final class ClientProperties {
  private static final String HIDDEN = "[hidden]";

  /** What a value of {@code sasl.jaas.config} is made of, apart from what is secret in it. */
  private static final Pattern PARTS = Pattern.compile("[\\s\"';=]+");

  private static final Set<String> WORDS = Set.of("required", "username", "password");

  /** Shorter ones would be found in any sentence. */
  private static final int LEAST_PART = 4;

  private static final Comparator<String> LONGEST_FIRST =
      Comparator.comparingInt(String::length).reversed().thenComparing(Comparator.naturalOrder());

  private ClientProperties() {}

  /**
   * The job's properties and secrets.
   *
   * @param environment where the secrets' values are
   * @throws KafkaRefusal if one is not there
   */
  static Map<String, String> of(LiveSettings settings, Map<String, String> environment)
      throws KafkaRefusal {
    Map<String, String> properties = new HashMap<>(settings.properties());
    for (Map.Entry<String, String> secret : settings.secrets().entrySet()) {
      String value = environment.getOrDefault(secret.getValue(), "");
      if (value.isEmpty()) {
        throw new KafkaRefusal(
            "the environment variable "
                + secret.getValue()
                + " is not set; it holds the Kafka property "
                + secret.getKey());
      }
      properties.put(secret.getKey(), value);
    }
    return properties;
  }

  /**
   * What Kafka says, without what it may have quoted of a secret: of one that is malformed it does.
   * The longest are hidden first, so that nothing is left of one that has another within it.
   */
  static String withoutSecrets(String message, Collection<String> secrets) {
    Set<String> telling = new TreeSet<>(LONGEST_FIRST);
    for (String secret : secrets) {
      telling.add(secret);
      for (String part : PARTS.split(secret)) {
        if (part.length() >= LEAST_PART && !WORDS.contains(part) && !part.contains("LoginModule")) {
          telling.add(part);
        }
      }
    }
    telling.remove("");
    String clean = message;
    for (String each : telling) {
      clean = clean.replace(each, HIDDEN);
    }
    return clean;
  }
}
