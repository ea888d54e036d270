// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.plan.SignalKind;
import io.beckon.policy.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every shape, signal and reason has its rows on the pages that say what they mean. */
class VocabularyReferenceTest {
  private static final Path FOLDER = Path.of("docs", "reference");
  private static final Pattern WORD = Pattern.compile("`(\\w+)`");

  @Test
  void everyShapeSaysWhenItsMomentComesAndWhatNamesAndProvesIt() throws IOException {
    List<String> shapes = oneOf("When");
    assertThat(shapes).hasSameSizeAs(When.class.getPermittedSubclasses());
    for (String head :
        List.of(
            "| shape | its moment comes | in a job with `order: arrival` |",
            "| shape | anchor |")) {
      assertThat(rows("moments.md", head)).containsExactlyInAnyOrderElementsOf(shapes);
    }
    assertThat(rows("records.md", "| shape | `evidence` |"))
        .containsExactlyInAnyOrderElementsOf(shapes);
  }

  @Test
  void everySignalSaysWhatItIsAndWhatIsKept() throws IOException {
    List<String> signals = oneOf("Signal");
    assertThat(signals).hasSameSizeAs(SignalKind.values());
    for (String head :
        List.of("| kind | type | value | missing |", "| kind | kept | at most, bytes |")) {
      assertThat(rows("signals.md", head)).containsExactlyInAnyOrderElementsOf(signals);
    }
  }

  /** In the order of the checks. */
  @Test
  void everyReasonIsThereInItsPlace() throws IOException {
    assertThat(rows("moments.md", "| reason | |"))
        .containsExactlyElementsOf(Stream.of(Reason.values()).map(Reason::name).toList());
  }

  private static List<String> oneOf(String shape) {
    List<List<String>> choices = Shapes.named(shape).exclusive();
    assertThat(choices).as(shape).hasSize(1);
    return choices.get(0);
  }

  /** The words in code in the first cells of the table that begins with {@code head}. */
  private static List<String> rows(String page, String head) throws IOException {
    List<String> lines = Files.readAllLines(FOLDER.resolve(page));
    assertThat(lines).as(page).containsOnlyOnce(head);
    List<String> words = new ArrayList<>();
    for (int i = lines.indexOf(head) + 2; lines.get(i).startsWith("| "); i++) {
      Matcher word = WORD.matcher(lines.get(i).substring(2, lines.get(i).indexOf(" |")));
      while (word.find()) {
        words.add(word.group(1));
      }
    }
    return words;
  }
}
