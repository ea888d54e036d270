// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.churn.fit.Calibration;
import io.beckon.churn.fit.Ranking;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The ROC curve and the calibration of a fit, side by side, as SVG. */
final class FitChart {
  private static final int SIDE = 320;
  private static final int LEFT = 56;
  private static final int TOP = 40;
  private static final int NEXT = 420;

  /** Half a pixel. */
  private static final double VISIBLE = .5 / SIDE;

  private FitChart() {}

  /**
   * The picture.
   *
   * @param recall what the ROC curve finds
   * @param predicted what the probabilities are of
   * @param observed what came of it
   */
  static String svg(
      Ranking ranking, Calibration calibration, String recall, String predicted, String observed) {
    StringBuilder svg = new StringBuilder();
    svg.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" width="840" height="430" viewBox="0 0 840 430" \
        font-family="sans-serif" font-size="12">
        <rect width="840" height="430" fill="white"/>
        """);
    boolean both = ranking.auc().isPresent();
    String title =
        both
            ? "ROC: AUC " + ModelDocument.digits(ranking.auc().getAsDouble(), 3)
            : "ROC: none, all came to the same";
    frame(svg, 0, title, "false positives", recall);
    if (both) {
      String points =
          thinned(ranking.curve()).stream()
              .map(p -> x(0, p.falsePositives()) + "," + y(p.recall()))
              .collect(Collectors.joining(" "));
      svg.append("<polyline fill=\"none\" stroke=\"#0b6\" stroke-width=\"2\" points=\"")
          .append(points)
          .append("\"/>\n");
    }
    frame(svg, NEXT, "Calibration, tenths", predicted, observed);
    List<Calibration.Group> groups = calibration.groups();
    for (Calibration.Group group : groups) {
      svg.append("<circle r=\"4\" fill=\"#06b\" cx=\"")
          .append(x(NEXT, group.predicted()))
          .append("\" cy=\"")
          .append(y(group.observed()))
          .append("\"/>\n");
    }
    return svg.append("</svg>\n").toString();
  }

  /** Without the points that nobody could tell from the one before. */
  private static List<Ranking.Point> thinned(List<Ranking.Point> curve) {
    List<Ranking.Point> some = new ArrayList<>();
    Ranking.Point last = curve.get(0);
    some.add(last);
    for (Ranking.Point point : curve) {
      double moved =
          Math.max(point.falsePositives() - last.falsePositives(), point.recall() - last.recall());
      if (moved >= VISIBLE) {
        some.add(point);
        last = point;
      }
    }
    some.add(curve.get(curve.size() - 1));
    return some;
  }

  private static void frame(
      StringBuilder svg, int shift, String title, String across, String upwards) {
    text(svg, x(shift, .5), "24", "middle", title);
    text(svg, x(shift, .5), String.valueOf(TOP + SIDE + 40), "middle", across);
    svg.append("<text text-anchor=\"middle\" transform=\"translate(")
        .append(shift + 16)
        .append(',')
        .append(y(.5))
        .append(") rotate(-90)\">")
        .append(upwards)
        .append("</text>\n");
    for (int tenth = 0; tenth <= 10; tenth += 2) {
      String label = ModelDocument.digits(tenth / 10.0, 1);
      text(svg, x(shift, tenth / 10.0), String.valueOf(TOP + SIDE + 18), "middle", label);
      text(svg, String.valueOf(shift + LEFT - 6), y(tenth / 10.0), "end", label);
    }
    svg.append("<path fill=\"none\" stroke=\"#888\" d=\"M")
        .append(x(shift, 0) + " " + y(1))
        .append(" V" + y(0) + " H" + x(shift, 1))
        .append("\"/>\n<path stroke=\"#bbb\" stroke-dasharray=\"4\" d=\"M")
        .append(x(shift, 0) + " " + y(0) + " L" + x(shift, 1) + " " + y(1))
        .append("\"/>\n");
  }

  private static void text(StringBuilder svg, String x, String y, String anchor, String text) {
    svg.append("<text x=\"" + x + "\" y=\"" + y + "\" text-anchor=\"" + anchor + "\">")
        .append(text)
        .append("</text>\n");
  }

  private static String x(int shift, double share) {
    return String.format(Locale.ROOT, "%.1f", shift + LEFT + share * SIDE);
  }

  private static String y(double share) {
    return String.format(Locale.ROOT, "%.1f", TOP + (1 - share) * SIDE);
  }
}
