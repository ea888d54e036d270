// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.language.diagnostics.Located;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.diagnostics.Span;
import io.beckon.language.yaml.YamlReader;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** The schema files of a job's folder. What is wrong with one is told once, and only if named. */
final class SchemaFiles {
  private static final String FOLDER = "schemas/";
  private static final String AVSC = ".avsc";
  private static final Pattern NAME =
      Pattern.compile("schemas(/[A-Za-z0-9_][A-Za-z0-9._-]*)*/[A-Za-z0-9_][A-Za-z0-9._-]*\\.avsc");

  private final Map<String, SourceFile> files;
  private final SchemaCheck check;
  private final Problems problems;
  private final Set<String> sound = new HashSet<>();
  private final Set<String> told = new HashSet<>();

  /**
   * The schema files of a job.
   *
   * @param files by their path in the job's folder
   */
  SchemaFiles(Map<String, SourceFile> files, SchemaCheck check, Problems problems) {
    this.files = files;
    this.check = check;
    this.problems = problems;
  }

  /** Whether the file of this path in the job's folder is a schema. */
  static boolean isSchema(String name) {
    return name.startsWith(FOLDER) && name.endsWith(AVSC);
  }

  /** The schema file that an author names; empty, with a problem reported, if it is none. */
  Optional<SourceFile> find(Located<String> name) {
    if (!NAME.matcher(name.value()).matches()) {
      problems.error(
          "BKN-231",
          name.span(),
          "`" + name.value() + "` is not the name of a schema file",
          "schema files stand in the job's folder `schemas`; write one as `schemas/event.avsc`");
      return Optional.empty();
    }
    SourceFile file = files.get(name.value());
    if (file == null) {
      problems.error(
          "BKN-128",
          name.span(),
          "`" + name.value() + "` is missing",
          Section.suggest(name.value(), files.keySet(), "there are "));
      return Optional.empty();
    }
    return isSound(name.value(), file) ? Optional.of(file) : Optional.empty();
  }

  private boolean isSound(String name, SourceFile file) {
    if (sound.contains(name)) {
      return true;
    }
    if (!told.add(name)) {
      return false;
    }
    if (YamlReader.isTooLarge(file.text())) {
      problems.error(
          "BKN-107", new Span(file.path(), 1, 1, 1), "the file is larger than 1 MiB", "split it");
      return false;
    }
    Optional<SchemaCheck.Complaint> complaint = check.check(file.text());
    complaint.ifPresent(
        found ->
            problems.error(
                "BKN-232",
                new Span(file.path(), found.line(), found.column(), 1),
                found.message(),
                found.help()));
    if (complaint.isEmpty()) {
      sound.add(name);
    }
    return complaint.isEmpty();
  }
}
