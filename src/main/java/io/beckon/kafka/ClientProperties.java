// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.kafka;

import io.beckon.language.JobDefinition.LiveSettings;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** What every client of a job is told. */
final class ClientProperties {
  private static final String HIDDEN = "[hidden]";

  /** What a value of {@code sasl.jaas.config} is made of, apart from what is secret in it. */
  private static final Pattern PARTS = Pattern.compile("[\\s\"';=]+");

  private static final Set<String> WORDS = Set.of("required", "username", "password");

  /** Shorter ones would be found in any sentence. */
  private static final int LEAST_PART = 4;

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
   */
  static String withoutSecrets(
      String message, LiveSettings settings, Map<String, String> properties) {
    String clean = message;
    for (String name : settings.secrets().keySet()) {
      String value = properties.getOrDefault(name, "");
      clean = value.isEmpty() ? clean : clean.replace(value, HIDDEN);
      for (String part : PARTS.split(value)) {
        if (part.length() >= LEAST_PART && !WORDS.contains(part) && !part.contains("LoginModule")) {
          clean = clean.replace(part, HIDDEN);
        }
      }
    }
    return clean;
  }
}
