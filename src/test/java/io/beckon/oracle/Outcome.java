// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.oracle;

import java.math.BigDecimal;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * What came of a case, in terms that neither side owns. Decisions and commands in the order in
 * which they came to be.
 *
 * @param late ids of late events, in the order they were read
 * @param prevented by trigger, those not zero
 * @param displaced live instances that went beyond {@code max_instances}, by trigger
 * @param noInstance selected events without a match attribute, by trigger
 * @param open absences still open at the end, by trigger
 */
public record Outcome(
    List<Judged> decisions,
    List<Sent> commands,
    List<String> late,
    int duplicates,
    int idsForgotten,
    Map<String, Integer> prevented,
    Map<String, Integer> displaced,
    Map<String, Integer> noInstance,
    Map<String, Integer> open) {

  /** A moment's final decision. */
  public record Judged(
      String user,
      String trigger,
      String match,
      String anchor,
      long momentMs,
      long decisionMs,
      String reason) {}

  /**
   * A command.
   *
   * @param params its params as text, {@code name=value}
   */
  public record Sent(
      String action,
      String user,
      String trigger,
      String match,
      String anchor,
      long momentMs,
      String params) {}

  /** A param's value as text, whoever computed it. */
  public static String text(Object value) {
    return value instanceof BigDecimal decimal
        ? (decimal.signum() == 0 ? "0" : decimal.stripTrailingZeros().toPlainString())
        : value.toString();
  }

  /**
   * The same with revocations in a fixed order: which of several that one event revokes goes first
   * is nowhere promised.
   */
  public Outcome comparable() {
    return new Outcome(
        decisions.stream().sorted(Comparator.comparing(Judged::user)).toList(),
        commands.stream()
            .sorted(
                Comparator.comparing(Sent::user)
                    .thenComparing(Sent::action)
                    .thenComparing(s -> s.action().equals("CANCEL") ? s.toString() : ""))
            .toList(),
        late,
        duplicates,
        idsForgotten,
        prevented,
        displaced,
        noInstance,
        open);
  }
}
