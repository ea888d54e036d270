// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.diagnostics;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Shows problems to people and to programs. */
public final class Rendering {
  private static final Pattern SECRET =
      Pattern.compile(
          "(?i)([\\w.-]*(?:password|passwd|secret|jaas|credential|token)[\\w.-]*[\"']?\\s*:\\s*)\\S.*$");

  /** What has no better name in a summary. */
  private static final String DEFINITIONS = "definitions";

  private Rendering() {}

  /**
   * The problems, each with the line it stands in and carets below, and a summary in the last line.
   *
   * @param problems in the order in which they are shown
   * @param sourceTextByFile the text of a file, by its path in the spans; empty if there is none
   */
  public static String text(
      List<Problem> problems, Function<String, Optional<String>> sourceTextByFile) {
    StringBuilder out = new StringBuilder();
    Map<String, Optional<String[]>> lines = new HashMap<>();
    for (Problem problem : problems) {
      Optional<String[]> source =
          lines.computeIfAbsent(
              problem.span().file(), file -> sourceTextByFile.apply(file).map(Rendering::lines));
      problem(problem, source, out);
      out.append('\n');
    }
    return out.append(summary(problems)).append('\n').toString();
  }

  private static String[] lines(String text) {
    String content = text.startsWith("\uFEFF") ? text.substring(1) : text;
    return content.split("\r\n|\r|\n", -1);
  }

  private static void problem(Problem problem, Optional<String[]> source, StringBuilder out) {
    Span span = problem.span();
    out.append(severity(problem)).append('[').append(problem.code()).append("]: ");
    out.append(problem.message()).append('\n');
    String number = Integer.toString(span.line());
    String margin = " ".repeat(number.length() + 2) + "|";
    out.append(" ".repeat(number.length() + 1)).append("--> ").append(place(span)).append('\n');
    String line =
        source
            .filter(all -> span.line() >= 1 && span.line() <= all.length)
            .map(all -> all[span.line() - 1])
            .orElse("");
    if (!line.isBlank()) {
      Excerpt excerpt = Excerpt.of(line, span);
      out.append(margin).append('\n');
      out.append(' ')
          .append(number)
          .append(" | ")
          .append(withoutSecrets(visible(excerpt.text())))
          .append('\n');
      out.append(margin).append(' ').append(carets(excerpt)).append('\n');
    }
    problem
        .help()
        .ifPresent(
            help ->
                out.append(" ".repeat(number.length() + 2))
                    .append("= help: ")
                    .append(help)
                    .append('\n'));
  }

  /** What stands behind a name that promises a secret is not shown, nor is the rest of its line. */
  private static String withoutSecrets(String line) {
    return SECRET.matcher(line).replaceFirst("$1\u2026");
  }

  /**
   * The part of a line that is shown.
   *
   * @param from where the carets begin, in code points from 0
   * @param to where they end
   */
  private record Excerpt(String text, int from, int to) {
    private static final int MOST = 160;
    private static final int BEFORE = 60;
    private static final String CUT = "…";

    static Excerpt of(String line, Span span) {
      int[] points = line.codePoints().toArray();
      int from = Math.max(0, Math.min(span.column() - 1, points.length));
      int to = (int) Math.max(from, Math.min((long) from + span.length(), points.length));
      if (points.length <= MOST) {
        return new Excerpt(line, from, to);
      }
      int begin = Math.max(0, Math.min(from - BEFORE, points.length - MOST));
      int end = Math.min(points.length, begin + MOST);
      String before = begin == 0 ? "" : CUT;
      String after = end == points.length ? "" : CUT;
      String shown = before + new String(points, begin, end - begin) + after;
      int shift = before.length() - begin;
      return new Excerpt(shown, from + shift, Math.min(to, end) + shift);
    }
  }

  private static String severity(Problem problem) {
    return problem.severity().name().toLowerCase(Locale.ROOT);
  }

  private static String place(Span span) {
    return span.file() + ":" + span.line() + ":" + span.column();
  }

  /** Tabs stay, so that they are as wide as in the carets' line; what moves the cursor is shown. */
  private static String visible(String line) {
    StringBuilder out = new StringBuilder();
    line.codePoints()
        .forEach(c -> out.appendCodePoint(c != '\t' && Character.isISOControl(c) ? '\uFFFD' : c));
    return out.toString();
  }

  /** Carets below the span, as wide as a terminal shows what stands above them. */
  private static String carets(Excerpt excerpt) {
    int[] points = excerpt.text().codePoints().toArray();
    int from = excerpt.from();
    int to = excerpt.to();
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < from; i++) {
      out.append(points[i] == '\t' ? "\t" : " ".repeat(width(points[i])));
    }
    int width = 0;
    for (int i = from; i < to; i++) {
      width += points[i] == '\t' ? 1 : width(points[i]);
    }
    return out.append("^".repeat(Math.max(1, width))).toString();
  }

  /** The number of cells a terminal gives a code point: 0 if it combines, 2 if it is wide. */
  static int width(int c) {
    int type = Character.getType(c);
    if (type == Character.NON_SPACING_MARK
        || type == Character.ENCLOSING_MARK
        || (type == Character.FORMAT && c != 0xAD)) {
      return 0;
    }
    boolean wide =
        (c >= 0x1100 && c <= 0x115F)
            || (c >= 0x2E80 && c <= 0x303E)
            || (c >= 0x3041 && c <= 0xA4CF)
            || (c >= 0xA960 && c <= 0xA97F)
            || (c >= 0xAC00 && c <= 0xD7A3)
            || (c >= 0xF900 && c <= 0xFAFF)
            || (c >= 0xFE30 && c <= 0xFE6F)
            || (c >= 0xFF00 && c <= 0xFF60)
            || (c >= 0xFFE0 && c <= 0xFFE6)
            || (c >= 0x1F300 && c <= 0x1F64F)
            || (c >= 0x1F680 && c <= 0x1F6FF)
            || (c >= 0x1F900 && c <= 0x1FAFF)
            || (c >= 0x20000 && c <= 0x3FFFD);
    return wide ? 2 : 1;
  }

  /** As {@code jobs/shop: 2 errors, 1 warning}. */
  private static String summary(List<Problem> problems) {
    long errors = problems.stream().filter(p -> p.severity() == Severity.ERROR).count();
    return folder(problems)
        + ": "
        + count(errors, "error")
        + ", "
        + count(problems.size() - errors, "warning");
  }

  private static String count(long number, String what) {
    return number + " " + what + (number == 1 ? "" : "s");
  }

  /** The job's folder: what holds all the files, but not the folder of the triggers. */
  private static String folder(List<Problem> problems) {
    String common = "";
    for (int i = 0; i < problems.size(); i++) {
      String parent = parent(problems.get(i).span().file());
      common = i == 0 ? parent : common(common, parent);
    }
    if (common.equals("triggers") || common.endsWith("/triggers")) {
      common = parent(common);
    }
    return common.isEmpty() ? DEFINITIONS : common;
  }

  private static String common(String a, String b) {
    String folder = a;
    while (!folder.isEmpty() && !b.equals(folder) && !b.startsWith(folder + "/")) {
      folder = parent(folder);
    }
    return folder;
  }

  private static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash < 0 ? "" : path.substring(0, slash);
  }

  /**
   * The problems as a JSON array of objects, one a line; {@code help} is null where there is none.
   */
  public static String json(List<Problem> problems) {
    StringBuilder out = new StringBuilder("[");
    String separator = "\n";
    for (Problem problem : problems) {
      Span span = problem.span();
      out.append(separator).append("{\"code\":");
      quote(problem.code(), out);
      out.append(",\"severity\":");
      quote(severity(problem), out);
      out.append(",\"file\":");
      quote(span.file(), out);
      out.append(",\"line\":").append(span.line());
      out.append(",\"column\":").append(span.column());
      out.append(",\"length\":").append(span.length());
      out.append(",\"message\":");
      quote(problem.message(), out);
      out.append(",\"help\":");
      problem.help().ifPresentOrElse(help -> quote(help, out), () -> out.append("null"));
      out.append('}');
      separator = ",\n";
    }
    return out.append(problems.isEmpty() ? "]\n" : "\n]\n").toString();
  }

  private static void quote(String text, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < 0x20 || c == 0x7F || unpaired(text, i)) {
            out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }

  private static boolean unpaired(String text, int i) {
    char c = text.charAt(i);
    if (Character.isHighSurrogate(c)) {
      return i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1));
    }
    return Character.isLowSurrogate(c)
        && (i == 0 || !Character.isHighSurrogate(text.charAt(i - 1)));
  }
}
