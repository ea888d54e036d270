// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProfilesTest {
  private final Profiles profiles = new Profiles(Shop.CATALOGUE);

  private Profiles.Decoded.Read read(String json) {
    Profiles.Decoded decoded = profiles.decode(Shop.record(json));
    assertThat(decoded).as(json).isInstanceOf(Profiles.Decoded.Read.class);
    return (Profiles.Decoded.Read) decoded;
  }

  private String refusal(String json) {
    Profiles.Decoded decoded = profiles.decode(Shop.record(json));
    assertThat(decoded).as(json).isInstanceOf(Profiles.Decoded.Rejected.class);
    DeadLetter letter = ((Profiles.Decoded.Rejected) decoded).letter();
    return letter.reason() + ": " + letter.detail();
  }

  @Test
  void attributesStandBesideTheUserOrInTheirOwnObject() {
    Profiles.Decoded.Read flat = read("{\"tier\":\"gold\",\"user\":7,\"age\":\"41\",\"more\":[1]}");
    assertThat(flat.user()).isEqualTo("7");
    assertThat(flat.attributes().stringAt(0)).isEqualTo("gold");
    assertThat(flat.attributes().longAt(1)).isEqualTo(41);
    assertThat(
            read("{\"user\":\"7\",\"attributes\":{\"age\":41,\"tier\":\"gold\",\"user\":\"x\"}}"))
        .isEqualTo(flat);
    assertThat(read("{\"user\":\"7\"}").attributes().has(0)).as("nothing is left over").isFalse();
  }

  @Test
  void linesThatAreNoProfilesAreDeadLetters() {
    assertThat(refusal("{\"tier\":\"gold\"}")).isEqualTo("NO_USER: `user` is missing");
    assertThat(refusal("{\"user\":\"\"}")).isEqualTo("NO_USER: `user` is missing");
    assertThat(refusal("{\"user\":true}"))
        .isEqualTo("WRONG_VALUE: `user` is neither text nor a whole number");
    assertThat(refusal("{\"user\":\"u\",\"age\":1.5}"))
        .isEqualTo("WRONG_VALUE: attribute `age` is not a whole number of 64 bits");
    assertThat(refusal("{\"user\":\"" + "u".repeat(513) + "\"}"))
        .isEqualTo("WRONG_VALUE: user is longer than 512 characters");
    assertThat(refusal("\"u\"")).isEqualTo("BROKEN_RECORD: not a JSON object");
    assertThat(refusal("{\"user\":\"u\"")).startsWith("BROKEN_RECORD: not valid JSON");
  }
}
