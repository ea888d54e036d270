// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.diagnostics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SuggestionsTest {
  private static final List<String> NAMES = List.of("price", "category", "cat", "ca", "currency");

  @Test
  void oneLetterMissingTooManyWrongOrSwapped() {
    assertThat(Suggestions.closest("catgory", NAMES)).contains("category");
    assertThat(Suggestions.closest("When", List.of("then", "when"))).contains("when");
    assertThat(Suggestions.closest("pricee", NAMES)).contains("price");
    assertThat(Suggestions.closest("prize", NAMES)).contains("price");
    assertThat(Suggestions.closest("cuurrenyc", NAMES)).contains("currency");
  }

  @Test
  void theNearestWinsAndOfEquallyNearTheFirstInTheAlphabet() {
    assertThat(Suggestions.closest("cats", NAMES)).contains("cat");
    assertThat(Suggestions.closest("cab", List.of("cat", "car", "caz"))).contains("car");
    assertThat(Suggestions.closest("cab", List.of("caz", "cat", "car"))).contains("car");
  }

  @Test
  void anotherWordIsNoGuess() {
    assertThat(Suggestions.closest("discount", NAMES)).isEmpty();
    assertThat(Suggestions.closest("prxxxe", NAMES)).isEmpty();
    // As many slips as letters would suggest anything for a short word.
    assertThat(Suggestions.closest("xy", NAMES)).isEmpty();
    assertThat(Suggestions.closest("", NAMES)).isEmpty();
  }

  @Test
  void distances() {
    assertThat(Suggestions.distance("", "abc")).isEqualTo(3);
    assertThat(Suggestions.distance("abc", "acb")).isEqualTo(1);
    assertThat(Suggestions.distance("kitten", "sitting")).isEqualTo(3);
    assertThat(Suggestions.distance("same", "same")).isZero();
  }
}
