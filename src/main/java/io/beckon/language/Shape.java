// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A mapping with known fields.
 *
 * @param name its heading in the reference
 * @param doc what it is, one line
 * @param exclusive of each of these exactly one is written
 * @param open whether it may hold fields beside these, which its reader checks
 */
record Shape(
    String name, String doc, boolean open, List<Field> fields, List<List<String>> exclusive) {
  Shape {
    Objects.requireNonNull(name);
    Objects.requireNonNull(doc);
    fields = List.copyOf(fields);
    exclusive = exclusive.stream().map(List::copyOf).toList();
  }

  Shape(String name, String doc, boolean open, List<Field> fields) {
    this(name, doc, open, fields, List.of());
  }

  /** The same shape, of which exactly one of these fields is written. */
  Shape oneOf(String... names) {
    if (!names().containsAll(List.of(names))) {
      throw new IllegalArgumentException(name + " lacks one of " + List.of(names));
    }
    return new Shape(
        name,
        doc,
        open,
        fields,
        Stream.concat(exclusive.stream(), Stream.of(List.of(names))).toList());
  }

  static Shape of(String name, String doc, Field... fields) {
    return new Shape(name, doc, false, List.of(fields));
  }

  static Shape open(String name, String doc, Field... fields) {
    return new Shape(name, doc, true, List.of(fields));
  }

  Optional<Field> field(String field) {
    return fields.stream().filter(f -> f.name().equals(field)).findFirst();
  }

  /** The names of the fields that may be written. */
  List<String> names() {
    return fields.stream().map(Field::name).toList();
  }
}
