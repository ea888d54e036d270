// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.kafka;

import java.io.IOException;

/** Why a job cannot start on Kafka; the message is one line for the user. */
public final class KafkaRefusal extends IOException {
  private static final long serialVersionUID = 1L;

  KafkaRefusal(String message) {
    super(message);
  }

  /** A refusal by somebody who uses Kafka through this package. */
  public static KafkaRefusal of(String message) {
    return new KafkaRefusal(message);
  }

  KafkaRefusal(String message, Throwable cause) {
    super(message, cause);
  }
}
