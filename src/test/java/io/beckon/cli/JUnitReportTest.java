// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;

final class JUnitReportTest {
  @Test
  void whateverIsInATestTheXmlParses() throws Exception {
    String awkward = "<a> & \"b\" ]]> \u0000\u001b \ud800 😀 \ufffe";
    String xml =
        JUnitReport.xml(
            "jobs/" + awkward,
            List.of(
                new JUnitReport.Case("t1", awkward, "f.yaml", 3, 1_500_000, Optional.of(awkward)),
                new JUnitReport.Case("t1", "fine", "f.yaml", 9, 0, Optional.empty()),
                new JUnitReport.Case("t2", "fine", "g.yaml", 1, 0, Optional.empty())));
    Element root =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)))
            .getDocumentElement();
    assertThat(root.getTagName()).isEqualTo("testsuites");
    assertThat(root.getAttribute("tests")).isEqualTo("3");
    assertThat(root.getAttribute("failures")).isEqualTo("1");
    assertThat(root.getElementsByTagName("testsuite").getLength()).isEqualTo(2);
    Element first = (Element) root.getElementsByTagName("testcase").item(0);
    assertThat(first.getAttribute("name")).startsWith("<a> & \"b\" ]]> \ufffd\ufffd \ufffd 😀");
    assertThat(first.getAttribute("time")).isEqualTo("0.002");
    assertThat(first.getElementsByTagName("failure").item(0).getTextContent()).contains("]]>");
  }
}
