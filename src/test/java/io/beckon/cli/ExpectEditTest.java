// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.language.diagnostics.Span;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ExpectEditTest {
  private static final ExpectEdit.Lists BOTH =
      new ExpectEdit.Lists(
          Optional.of(List.of("{at: 5m, reason: ISSUED}")),
          Optional.of(List.of("{kind: coupon}")),
          Optional.empty());

  /** Edits the only {@code expect:} of {@code text}, whose value ends in line {@code endLine}. */
  private static String edit(String text, int endLine, ExpectEdit.Lists lists) {
    int at = text.indexOf("expect:");
    int line = (int) text.substring(0, at).chars().filter(c -> c == '\n').count() + 1;
    int lineStart = text.lastIndexOf('\n', at) + 1;
    Span key = new Span("f", line, text.codePointCount(lineStart, at) + 1, "expect".length());
    return new ExpectEdit(text, key, endLine).replace(lists);
  }

  @Test
  void flowStyleStaysInItsLineAndCommentsStay() {
    assertThat(
            edit(
                "tests:\n  - name: a\n    expect: {decisions: []}   # why\n  - name: b\n", 3, BOTH))
        .isEqualTo(
            "tests:\n  - name: a\n    expect: {decisions: [{at: 5m, reason: ISSUED}],"
                + " commands: [{kind: coupon}]}   # why\n  - name: b\n");
  }

  @Test
  void bracesQuotesAndCommentsInsideFlowAreNotItsEnd() {
    String text =
        """
        a: {expect: {decisions: [{template: "}", episode: '}''', # }
          reason: it's}]}, until: 1d}
        """;
    assertThat(
            edit(
                text,
                2,
                new ExpectEdit.Lists(Optional.of(List.of()), Optional.empty(), Optional.empty())))
        .isEqualTo("a: {expect: {decisions: []}, until: 1d}\n");
  }

  @Test
  void blocksKeepTheirIndentationAndLineEnds() {
    String text =
        "  - name: 日本 😀\r\n    expect:\r\n        decisions: [{at: 0m}]  # later\r\n    until: 1d\r\n";
    assertThat(
            edit(
                text,
                3,
                new ExpectEdit.Lists(
                    Optional.of(List.of("{at: 1m}")), Optional.empty(), Optional.empty())))
        .isEqualTo(
            "  - name: 日本 😀\r\n    expect:\r\n        decisions: [{at: 1m}]  # later\r\n    until: 1d\r\n");
  }

  @Test
  void listsWrittenAsBlocksStayBlocks() {
    String text =
        """
        - name: a
          expect:
            decisions:
              - {at: 0m, reason: ISSUED}
            commands: []
          # the next
        - name: b
        """;
    assertThat(
            edit(
                text,
                5,
                new ExpectEdit.Lists(
                    Optional.of(List.of("{at: 1m}", "{at: 2m}")),
                    Optional.of(List.of()),
                    Optional.empty())))
        .isEqualTo(
            """
            - name: a
              expect:
                decisions:
                  - {at: 1m}
                  - {at: 2m}
                commands: []
              # the next
            - name: b
            """);
  }

  @Test
  void whatIsTooLongForALineBecomesABlock() {
    String item = "{at: 5m, reason: ISSUED, match: {item_id: p1}}";
    String text = "- expect:\n    decisions: []\n";
    assertThat(
            edit(
                text,
                2,
                new ExpectEdit.Lists(
                    Optional.of(List.of(item, item, item)), Optional.empty(), Optional.empty())))
        .isEqualTo(
            "- expect:\n    decisions:\n      - "
                + item
                + "\n      - "
                + item
                + "\n      - "
                + item
                + "\n");
  }

  @Test
  void theEndOfTheFileNeedsNoLineEnd() {
    assertThat(edit("expect:\n  decisions: []", 2, BOTH))
        .isEqualTo(
            "expect:\n  decisions: [{at: 5m, reason: ISSUED}]\n  commands: [{kind: coupon}]");
  }
}
