// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import java.io.StringWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/** Test results as the JUnit XML that build servers read: one suite a trigger. */
final class JUnitReport {
  /**
   * A test's result.
   *
   * @param failure what was wrong, empty if it passed
   */
  record Case(
      String trigger, String name, String file, int line, long tookNs, Optional<String> failure) {}

  private JUnitReport() {}

  /** The XML of {@code cases}, suites and tests in their order. */
  static String xml(String job, List<Case> cases) {
    Map<String, List<Case>> suites = new LinkedHashMap<>();
    for (Case one : cases) {
      suites.computeIfAbsent(one.trigger(), trigger -> new ArrayList<>()).add(one);
    }
    StringWriter text = new StringWriter();
    try {
      XMLStreamWriter xml = XMLOutputFactory.newInstance().createXMLStreamWriter(text);
      xml.writeStartDocument("UTF-8", "1.0");
      xml.writeCharacters("\n");
      xml.writeStartElement("testsuites");
      attributes(xml, job, cases);
      for (Map.Entry<String, List<Case>> suite : suites.entrySet()) {
        xml.writeCharacters("\n  ");
        xml.writeStartElement("testsuite");
        attributes(xml, suite.getKey(), suite.getValue());
        for (Case one : suite.getValue()) {
          write(xml, job, one);
        }
        xml.writeCharacters("\n  ");
        xml.writeEndElement();
      }
      xml.writeCharacters("\n");
      xml.writeEndElement();
      xml.writeCharacters("\n");
      xml.writeEndDocument();
      xml.close();
    } catch (XMLStreamException e) {
      throw new IllegalStateException("XML could not be written to memory", e);
    }
    return text.toString();
  }

  private static void write(XMLStreamWriter xml, String job, Case one) throws XMLStreamException {
    xml.writeCharacters("\n    ");
    xml.writeStartElement("testcase");
    xml.writeAttribute("classname", allowed(job + "." + one.trigger()));
    xml.writeAttribute("name", allowed(one.name()));
    xml.writeAttribute("file", allowed(one.file()));
    xml.writeAttribute("line", Integer.toString(one.line()));
    xml.writeAttribute("time", seconds(one.tookNs()));
    if (one.failure().isPresent()) {
      String failure = one.failure().get();
      xml.writeCharacters("\n      ");
      xml.writeStartElement("failure");
      xml.writeAttribute("message", "decisions or commands are not as expected");
      xml.writeCharacters(allowed(failure));
      xml.writeEndElement();
      xml.writeCharacters("\n    ");
    }
    xml.writeEndElement();
  }

  private static void attributes(XMLStreamWriter xml, String name, List<Case> cases)
      throws XMLStreamException {
    xml.writeAttribute("name", allowed(name));
    xml.writeAttribute("tests", Integer.toString(cases.size()));
    xml.writeAttribute(
        "failures", Long.toString(cases.stream().filter(c -> c.failure().isPresent()).count()));
    xml.writeAttribute("errors", "0");
    xml.writeAttribute("time", seconds(cases.stream().mapToLong(Case::tookNs).sum()));
  }

  private static String seconds(long ns) {
    return String.format(Locale.ROOT, "%.3f", ns / 1e9);
  }

  /** XML 1.0 has no place for most control characters and lone surrogates, not even escaped. */
  private static String allowed(String text) {
    StringBuilder kept = new StringBuilder(text.length());
    text.codePoints()
        .map(
            c ->
                c == '\t'
                        || c == '\n'
                        || c == '\r'
                        || (c >= 0x20 && c < 0xD800)
                        || (c > 0xDFFF && c < 0xFFFE)
                        || c > 0xFFFF
                    ? c
                    : 0xFFFD)
        .forEach(kept::appendCodePoint);
    return kept.toString();
  }
}
