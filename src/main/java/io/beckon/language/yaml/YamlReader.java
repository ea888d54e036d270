// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.yaml;

import io.beckon.language.diagnostics.Problems;
import io.beckon.language.diagnostics.Span;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.DocumentStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/**
 * Reads one YAML document into nodes that remember their places. Builds them from the parser's
 * events rather than composing, so that depth and aliases are bounded before anything grows.
 */
public final class YamlReader {
  private static final int MOST_BYTES = 1 << 20;
  private static final int MOST_ALIASES = 50;
  private static final int MOST_DEPTH = 50;

  /** Nodes of a document with its aliases written out: a guard against aliases of aliases. */
  private static final int MOST_NODES = 200_000;

  /** What reading puts in place of bytes that are not UTF-8. */
  private static final int REPLACED = 0xFFFD;

  private static final Pattern NULL = Pattern.compile("null|Null|NULL|~|");
  private static final Pattern BOOL = Pattern.compile("true|True|TRUE|false|False|FALSE");
  private static final Pattern INT = Pattern.compile("[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+");
  private static final Pattern FLOAT =
      Pattern.compile(
          "[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?"
              + "|[-+]?(\\.inf|\\.Inf|\\.INF)|\\.nan|\\.NaN|\\.NAN");

  /** Where a value begins with a character that means something else in YAML. */
  private static final Pattern UNQUOTED = Pattern.compile("(?:[:,\\[{-] *|^ *)([!%@`])");

  private final String file;
  private final SourceText source;
  private final Problems problems;
  private final Iterator<Event> events;
  private final Map<Anchor, Measured> anchors = new HashMap<>();
  private int aliases;
  private Span reached;

  private YamlReader(String file, SourceText source, Problems problems) {
    this.file = file;
    this.source = source;
    this.problems = problems;
    this.reached = new Span(file, 1, 1, 1);
    // More than a document may hold: its size has been checked.
    LoadSettings settings = LoadSettings.builder().setCodePointLimit(2 * MOST_BYTES).build();
    this.events = new Parse(settings).parseString(source.text()).iterator();
  }

  /**
   * Reads {@code text}, whose root must be a mapping.
   *
   * @param file what to call it in problems
   * @return empty, with a problem reported, if there is no such document; present, perhaps with
   *     problems reported, otherwise
   */
  public static Optional<YamlNode.Mapping> read(String file, String text, Problems problems) {
    if (isTooLarge(text)) {
      problems.error(
          "BKN-107", new Span(file, 1, 1, 1), "the file is larger than 1 MiB", "split it");
      return Optional.empty();
    }
    SourceText source = SourceText.of(text);
    if (!isPrintable(file, source, problems)) {
      return Optional.empty();
    }
    YamlReader reader = new YamlReader(file, source, problems);
    try {
      return reader.document();
    } catch (Refused refused) {
      return Optional.empty();
    } catch (MarkedYamlEngineException e) {
      reader.syntax(e);
      return Optional.empty();
    } catch (YamlEngineException e) {
      problems.error("BKN-101", new Span(file, 1, 1, 1), "this is not YAML");
      return Optional.empty();
    }
  }

  /** Whether {@code text} is larger than a definition file may be. */
  public static boolean isTooLarge(String text) {
    long bytes = 0;
    for (int i = 0; i < text.length() && bytes <= MOST_BYTES; i++) {
      char c = text.charAt(i);
      // A surrogate is half of a code point of four bytes.
      bytes += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
    }
    return bytes > MOST_BYTES;
  }

  private static boolean isPrintable(String file, SourceText source, Problems problems) {
    int line = 0;
    for (String content : source.lines()) {
      line++;
      int column = 0;
      for (int i = 0; i < content.length(); i += Character.charCount(content.codePointAt(i))) {
        column++;
        int c = content.codePointAt(i);
        if (c == REPLACED) {
          problems.error(
              "BKN-101",
              new Span(file, line, column, 1),
              "this is not UTF-8 text",
              "save the file as UTF-8");
          return false;
        }
        if (!StreamReader.isPrintable(c)) {
          problems.error(
              "BKN-101",
              new Span(file, line, column, 1),
              String.format("the character U+%04X is not allowed in YAML", c),
              "remove it");
          return false;
        }
      }
    }
    return true;
  }

  /** A node, its height, and its size with aliases written out. */
  private record Measured(YamlNode node, int height, int size) {}

  /** The document cannot be read further; the problem has been reported. */
  private static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1;

    Refused() {
      super("refused", null, false, false);
    }
  }

  private Refused refuse(String code, Span span, String message, String help) {
    problems.error(code, span, message, help);
    return new Refused();
  }

  /** The parser's next event; empty at the end. */
  private Optional<Event> poll() {
    try {
      Optional<Event> event = events.hasNext() ? Optional.of(events.next()) : Optional.empty();
      event.ifPresent(e -> reached = point(e.getEndMark()));
      return event;
    } catch (YamlEngineException e) {
      throw e;
    } catch (RuntimeException e) {
      // Some escapes, such as \Uffffffff, the parser does not check before it reads their number.
      throw refuse(
          "BKN-101", reached, "this or what follows is not YAML", "check escapes in quotes");
    }
  }

  private Event next() {
    return poll().orElseThrow(() -> new IllegalStateException("an event after every start"));
  }

  private Optional<YamlNode.Mapping> document() {
    Optional<YamlNode.Mapping> root = Optional.empty();
    boolean any = false;
    for (Optional<Event> next = poll(); next.isPresent(); next = poll()) {
      Event event = next.get();
      if (event instanceof DocumentStartEvent && any) {
        throw refuse(
            "BKN-106",
            point(event.getStartMark()),
            "a second document begins here",
            "write one document a file");
      }
      if (event instanceof NodeEvent node) {
        any = true;
        root = root(read(node, 1).node());
      }
    }
    if (!any) {
      problems.error("BKN-108", new Span(file, 1, 1, 1), "the file is empty");
    }
    return root;
  }

  private Optional<YamlNode.Mapping> root(YamlNode node) {
    if (node instanceof YamlNode.Mapping mapping) {
      return Optional.of(mapping);
    }
    if (node instanceof YamlNode.Scalar scalar && scalar.kind() == YamlNode.Kind.NULL) {
      problems.error("BKN-108", new Span(file, 1, 1, 1), "the file is empty");
    } else {
      problems.error(
          "BKN-109", node.span(), "the file must hold fields, as `apiVersion: beckon/v1`");
    }
    return Optional.empty();
  }

  private Measured read(NodeEvent event, int depth) {
    Span start = point(event.getStartMark());
    if (depth > MOST_DEPTH) {
      throw refuse(
          "BKN-105", start, "nested deeper than " + MOST_DEPTH + " levels", "write it flatter");
    }
    if (event instanceof AliasEvent alias) {
      return alias(alias, depth, start);
    }
    refuseTag(event, start);
    Measured measured;
    if (event instanceof ScalarEvent scalar) {
      measured = new Measured(scalar(scalar), 1, 1);
    } else if (event instanceof MappingStartEvent) {
      measured = mapping((CollectionStartEvent) event, depth, start);
    } else {
      measured = sequence((CollectionStartEvent) event, depth, start);
    }
    if (measured.size() > MOST_NODES) {
      throw refuse(
          "BKN-104",
          start,
          "with its aliases written out the file is too large",
          "write out what the aliases stand for");
    }
    // Only a finished node can be referred to: none contains itself.
    event.getAnchor().ifPresent(anchor -> anchors.put(anchor, measured));
    return measured;
  }

  private Measured alias(AliasEvent alias, int depth, Span at) {
    String name = alias.getAlias().getValue();
    Span span = new Span(file, at.line(), at.column(), 1 + name.codePointCount(0, name.length()));
    if (++aliases > MOST_ALIASES) {
      throw refuse(
          "BKN-104",
          span,
          "more than " + MOST_ALIASES + " aliases",
          "write out what they stand for");
    }
    Measured target = anchors.get(alias.getAlias());
    if (target == null) {
      throw refuse(
          "BKN-104",
          span,
          "`*" + name + "` stands for nothing",
          "an alias needs an anchor `&" + name + "` on a value that ends before it");
    }
    if (depth + target.height() - 1 > MOST_DEPTH) {
      throw refuse(
          "BKN-105", span, "nested deeper than " + MOST_DEPTH + " levels", "write it flatter");
    }
    return target;
  }

  private void refuseTag(NodeEvent event, Span at) {
    Optional<String> tag =
        event instanceof ScalarEvent scalar
            ? scalar.getTag()
            : ((CollectionStartEvent) event).getTag();
    if (tag.isPresent()) {
      problems.error(
          "BKN-110",
          at,
          "tags are not supported",
          isMeantAsText(tag.get())
              ? "put text that begins with `!` in quotes"
              : "remove it; quote what shall be text");
    }
  }

  /** Whether a tag is rather the beginning of an expression such as {@code !user.staff}. */
  private static boolean isMeantAsText(String tag) {
    return tag.length() > 1 && tag.startsWith("!");
  }

  private Measured mapping(CollectionStartEvent start, int depth, Span span) {
    List<YamlNode.Entry> entries = new ArrayList<>();
    Map<String, YamlNode.Scalar> keys = new HashMap<>();
    int height = 0;
    int size = 1;
    Span last = span;
    Event event = next();
    for (; !(event instanceof CollectionEndEvent); event = next()) {
      Measured key = read((NodeEvent) event, depth + 1);
      Measured value = read((NodeEvent) next(), depth + 1);
      height = Math.max(height, value.height());
      size += 1 + Math.min(value.size(), MOST_NODES);
      last = end(value.node(), last);
      if (!(key.node() instanceof YamlNode.Scalar scalar)) {
        problems.error("BKN-111", key.node().span(), "a field's name must be plain text");
        continue;
      }
      YamlNode.Scalar first = keys.putIfAbsent(scalar.text(), scalar);
      if (first == null) {
        entries.add(new YamlNode.Entry(scalar, value.node()));
      } else {
        problems.error(
            "BKN-102",
            scalar.span(),
            "`" + scalar.text() + "` is written twice",
            "the first is in line " + first.span().line() + "; remove one");
      }
      if (size > MOST_NODES) {
        break;
      }
    }
    Span end = start.isFlow() ? point(event.getEndMark()) : last;
    return new Measured(
        new YamlNode.Mapping(entries, span, end.line(), end.column()), 1 + height, size);
  }

  private Measured sequence(CollectionStartEvent start, int depth, Span span) {
    List<YamlNode> items = new ArrayList<>();
    int height = 0;
    int size = 1;
    Span last = span;
    Event event = next();
    for (; !(event instanceof CollectionEndEvent); event = next()) {
      Measured item = read((NodeEvent) event, depth + 1);
      height = Math.max(height, item.height());
      size += Math.min(item.size(), MOST_NODES);
      last = end(item.node(), last);
      items.add(item.node());
      if (size > MOST_NODES) {
        break;
      }
    }
    Span end = start.isFlow() ? point(event.getEndMark()) : last;
    return new Measured(
        new YamlNode.Sequence(items, span, end.line(), end.column()), 1 + height, size);
  }

  /** The end of a block after {@code node}; an alias does not move it back. */
  private Span end(YamlNode node, Span last) {
    return node.endLine() >= last.line()
        ? new Span(file, node.endLine(), node.endColumn(), 1)
        : last;
  }

  private YamlNode.Scalar scalar(ScalarEvent event) {
    Mark start = event.getStartMark().orElseThrow();
    Mark end = event.getEndMark().orElseThrow();
    int line = start.getLine() + 1;
    int column = start.getColumn() + 1;
    // Not that its value were missing, too.
    String meant = event.getTag().filter(YamlReader::isMeantAsText).orElse("");
    String text = (meant + " " + event.getValue()).strip();
    if (meant.isEmpty()) {
      text = event.getValue();
    }
    if (event.isLiteral() || event.isFolded()) {
      // The end mark stands at the beginning of the line after the block.
      int last = Math.max(line, end.getColumn() == 0 ? end.getLine() : end.getLine() + 1);
      int first = line + 1;
      while (first < last && source.line(first).isBlank()) {
        first++;
      }
      while (last > line && source.line(last).isBlank()) {
        last--;
      }
      Span at = first > last ? span(line, column, 1) : span(first, source.indent(first) + 1, LINE);
      String content = source.line(last);
      int after = content.codePointCount(0, content.length()) + 1;
      return new YamlNode.Scalar(text, YamlNode.Kind.TEXT, at, last, after);
    }
    int quote = event.isPlain() ? 0 : 1;
    boolean oneLine = start.getLine() == end.getLine();
    int length = oneLine ? end.getColumn() - start.getColumn() - 2 * quote : LINE;
    YamlNode.Kind kind = event.isPlain() && meant.isEmpty() ? kind(text) : YamlNode.Kind.TEXT;
    return new YamlNode.Scalar(
        text, kind, span(line, column + quote, length), end.getLine() + 1, end.getColumn() + 1);
  }

  private static YamlNode.Kind kind(String plain) {
    if (NULL.matcher(plain).matches()) {
      return YamlNode.Kind.NULL;
    }
    if (BOOL.matcher(plain).matches()) {
      return YamlNode.Kind.BOOL;
    }
    if (INT.matcher(plain).matches()) {
      return YamlNode.Kind.INT;
    }
    return FLOAT.matcher(plain).matches() ? YamlNode.Kind.FLOAT : YamlNode.Kind.TEXT;
  }

  /** A length: to the end of the line. */
  private static final int LINE = Integer.MAX_VALUE;

  private Span span(int line, int column, int length) {
    String content = source.line(line);
    int rest = content.codePointCount(0, content.length()) - column + 1;
    return new Span(file, line, column, Math.max(1, Math.min(length, rest)));
  }

  private Span point(Optional<Mark> mark) {
    return mark.map(m -> new Span(file, m.getLine() + 1, m.getColumn() + 1, 1))
        .orElseGet(() -> new Span(file, 1, 1, 1));
  }

  private void syntax(MarkedYamlEngineException e) {
    Span at = point(e.getProblemMark().or(e::getContextMark));
    String content = source.line(at.line());
    int tab = content.indexOf('\t');
    if (tab >= 0 && content.substring(0, tab).isBlank()) {
      problems.error(
          "BKN-103",
          new Span(file, at.line(), tab + 1, 1),
          "a tab indents this line",
          "indent with spaces");
      return;
    }
    String problem = e.getProblem();
    if (problem.contains("mapping values are not allowed")) {
      problems.error(
          "BKN-101",
          at,
          "a `:` is not expected here",
          "quote text that holds `: `, and indent the fields of one block alike");
    } else if (problem.contains("could not find expected ':'")) {
      problems.error("BKN-101", at, "a `:` is missing after a field's name", "write `name: value`");
    } else if (problem.contains("end of stream") || problem.contains("<stream end>")) {
      problems.error(
          "BKN-101",
          e.getContextMark().isPresent() ? point(e.getContextMark()) : at,
          "what begins here is not closed before the file ends",
          "close quotes and brackets");
    } else if (problem.contains("expected <block end>")) {
      problems.error(
          "BKN-101",
          at,
          "this does not belong to the block it stands in",
          "indent the fields of one block alike");
    } else if (problem.contains("expected ',' or")) {
      problems.error(
          "BKN-101",
          at,
          "a `,` or a closing bracket is missing before this",
          "separate what stands between brackets by commas"
              + e.getContextMark()
                  .map(mark -> "; this bracket opens in line " + (mark.getLine() + 1))
                  .orElse(""));
    } else {
      unquoted(at, problem);
    }
  }

  /** What is left is mostly text that YAML takes for something else. */
  private void unquoted(Span at, String problem) {
    String content = source.line(at.line());
    Matcher beginning = UNQUOTED.matcher(content);
    int begins = -1;
    while (beginning.find() && content.codePointCount(0, beginning.start(1)) < at.column()) {
      begins = beginning.start(1);
    }
    if (begins < 0) {
      problems.error("BKN-101", at, "this is not YAML: " + problem);
      return;
    }
    problems.error(
        "BKN-101",
        new Span(file, at.line(), content.codePointCount(0, begins) + 1, 1),
        "plain text cannot begin with `" + content.charAt(begins) + "`",
        "put the text in quotes");
  }
}
