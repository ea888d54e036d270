// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.kafka;

import io.beckon.language.JobDefinition.LiveSettings;
import java.util.HashMap;
import java.util.Map;

/** What every client of a job is told. */
final class ClientProperties {
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
}
