// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.detect;

import io.beckon.plan.InstanceKey;
import io.beckon.plan.TriggerPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Which occurrence of a trigger's moment for a user: content, not a number, so that a replay names
 * it alike.
 *
 * @param match name and value of each match attribute, in the trigger's order
 * @param anchor the completing event's id
 */
public record Episode(List<MatchValue> match, String anchor) {
  /**
   * A match attribute's value.
   *
   * @param value a String, Long or Boolean
   */
  public record MatchValue(String name, Object value) {}

  /** The episode of {@code trigger} for the instance {@code key}, completed by {@code anchor}. */
  public static Episode of(TriggerPlan trigger, InstanceKey key, String anchor) {
    List<String> names = trigger.definition().when().match();
    List<MatchValue> match = new ArrayList<>(names.size());
    for (int i = 0; i < names.size(); i++) {
      match.add(new MatchValue(names.get(i), key.part(i)));
    }
    return new Episode(match, anchor);
  }

  public Episode {
    match = List.copyOf(match);
    Objects.requireNonNull(anchor);
  }

  /**
   * The episode in one text: match values joined by {@code ,}, then {@code /} and the anchor; the
   * anchor alone where nothing is matched. {@code %}, {@code ,} and {@code /} inside are
   * percent-escaped, so that different episodes have different texts.
   */
  public String text() {
    if (match.isEmpty()) {
      return escape(anchor);
    }
    StringBuilder text = new StringBuilder();
    for (MatchValue value : match) {
      if (text.length() > 0) {
        text.append(',');
      }
      text.append(escape(value.value().toString()));
    }
    return text.append('/').append(escape(anchor)).toString();
  }

  private static String escape(String text) {
    return text.replace("%", "%25").replace(",", "%2C").replace("/", "%2F");
  }
}
