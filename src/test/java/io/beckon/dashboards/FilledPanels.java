// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.dashboards;

import io.beckon.metrics.RealPrometheus;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Whether panels show something: of the job that decides, called {@code watched}, which has
 * everything; of its job of scores; and of the job called {@code plain}, which has nothing but a
 * trigger.
 *
 * <p>Every query has an answer in one of them. A panel that says why it may be empty is empty in
 * another; one that does not is filled wherever its dashboard belongs.
 */
public final class FilledPanels {
  private static final String OF_SCORES = "Churn";
  private static final String OF_BOTH = "Health";

  private FilledPanels() {}

  /** What is not so. */
  public static List<String> complaints(RealPrometheus prometheus, Instant from, Instant to)
      throws IOException {
    List<String> complaints = new ArrayList<>();
    for (Dashboard dashboard : Dashboards.all()) {
      String title = dashboard.title();
      boolean both = title.equals(OF_BOTH);
      View full =
          view(title, from, to, title.equals(OF_SCORES) ? "watched-scores" : "watched", "watched");
      View plain = view(title, from, to, "plain", "plain");
      full.choices(prometheus)
          .forEach(
              (name, values) -> {
                if (!values.contains(full.chosen().get(name))) {
                  complaints.add(title + ": $" + name + " has only the values " + values);
                }
              });
      List<View.Answer> everything = full.answers(prometheus);
      List<View.Answer> nothing = plain.answers(prometheus);
      List<View.Answer> scores =
          both
              ? view(title, from, to, "watched-scores", "watched").answers(prometheus)
              : everything;
      Set<String> emptied = new TreeSet<>();
      Set<String> listed = new TreeSet<>();
      for (int i = 0; i < everything.size(); i++) {
        Panel panel = everything.get(i).panel();
        String name = title + " / " + panel.title();
        String query = name + ": " + everything.get(i).query().expression();
        if (everything.get(i).isEmpty() && scores.get(i).isEmpty()) {
          complaints.add("no answer: " + query);
        }
        boolean somewhere = nothing.get(i).isEmpty() || scores.get(i).isEmpty();
        if (!panel.mayBeEmpty().isEmpty()) {
          listed.add(name);
          if (somewhere) {
            emptied.add(name);
          }
        } else if (somewhere && !title.equals(OF_SCORES)) {
          complaints.add(
              "empty in the plain job or that of scores, and does not say why: " + query);
        }
      }
      listed.removeAll(emptied);
      listed.forEach(name -> complaints.add("is said to be empty at times, and never is: " + name));
    }
    return complaints;
  }

  private static View view(String title, Instant from, Instant to, String job, String decides) {
    return View.of(
        title,
        Map.of(
            "job",
            job,
            "decides",
            decides,
            "signal",
            "p_return",
            "trigger",
            decides.equals("plain") ? (title.equals(OF_SCORES) ? "none" : "look") : "come-back"),
        from,
        to,
        Duration.ofSeconds(1));
  }
}
