// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
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
    return reason(decoded);
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
  void inATopicTheKeyIsTheUser() {
    assertThat(keyed("{\"tier\":\"gold\"}", "7")).isEqualTo(read("{\"user\":7,\"tier\":\"gold\"}"));
    assertThat(keyed("{\"tier\":\"gold\",\"user\":\"7\"}", "7"))
        .isEqualTo(keyed("{\"tier\":\"gold\"}", "7"));
    assertThat(keyed("{\"user\":\"7\"}", "")).isEqualTo(read("{\"user\":\"7\"}"));
    assertThat(reason(keyed("{\"user\":\"8\"}", "7")))
        .isEqualTo("WRONG_VALUE: `user` is not the record's key");
    assertThat(reason(keyed("{}", "u".repeat(513))))
        .isEqualTo("WRONG_VALUE: key is longer than 512 characters");
    assertThat(reason(profiles.decode(Shop.record("{}"), new byte[] {(byte) 0xff})))
        .isEqualTo("WRONG_VALUE: the key is not UTF-8 text");
  }

  @Test
  void aKeyWithoutAValueErasesTheUser() {
    RawRecord nothing = new RawRecord("people/0", 3, new byte[0], RawRecord.Kind.EMPTY);
    assertThat(profiles.decode(nothing, "7".getBytes(StandardCharsets.UTF_8)))
        .isEqualTo(new Profiles.Decoded.Erased("7"))
        .hasToString("Erased");
    assertThat(reason(profiles.decode(nothing, new byte[0]))).startsWith("NO_VALUE: ");
  }

  private Profiles.Decoded keyed(String json, String key) {
    return profiles.decode(Shop.record(json), key.getBytes(StandardCharsets.UTF_8));
  }

  private static String reason(Profiles.Decoded decoded) {
    DeadLetter letter = ((Profiles.Decoded.Rejected) decoded).letter();
    return letter.reason() + ": " + letter.detail();
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
