// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ClientPropertiesTest {
  @Test
  void nothingIsLeftOfASecretThatHasAnotherWithinIt() {
    assertThat(
            ClientProperties.withoutSecrets(
                "Login of opensesame-4711 failed", List.of("opensesame", "opensesame-4711")))
        .isEqualTo("Login of [hidden] failed");
  }

  @Test
  void partsOfASecretAreHidden() {
    assertThat(
            ClientProperties.withoutSecrets(
                "no value for sesame4711 in 'required'",
                List.of("a.b.LoginModule required username=\"me\" password=\"sesame4711\";")))
        .isEqualTo("no value for [hidden] in 'required'");
  }

  @Test
  void whatIsNoSecretStands() {
    assertThat(ClientProperties.withoutSecrets("no brokers", List.of("", "secret-1")))
        .isEqualTo("no brokers");
  }
}
