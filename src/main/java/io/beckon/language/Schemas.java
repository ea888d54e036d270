// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.language.Field.Presence;
import io.beckon.language.FieldType.Form;
import io.beckon.language.FieldType.Nested;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;

/**
 * JSON Schemas (draft 2020-12) of the kinds of files, for editors: they say what the field
 * catalogue says of names, types and ranges. What depends on the catalogue of events or on other
 * fields is left to validation.
 */
public final class Schemas {
  private static final String DURATION = "^(0|[1-9][0-9]{0,11})(ms|s|m|h|d|w)$";
  private static final String DAYS = "^(0|[1-9][0-9]{0,11})(d|w)$";
  private static final String SHARE = "^(0|[1-9][0-9]*)(\\.[0-9]+)?%$";
  private static final String TIME = "([01][0-9]|2[0-3]):[0-5][0-9]";
  private static final String WINDOW = "^" + TIME + "-(" + TIME + "|24:00)$";
  private static final String SCALAR = "[\"string\", \"number\", \"boolean\"]";

  /** The shapes that the schema at hand refers to and has not written yet, or has. */
  private final Set<String> reached = new LinkedHashSet<>();

  private Schemas() {}

  /** The schema of each kind of file, by the schema's own file name. */
  public static Map<String, String> all() {
    Map<String, String> schemas = new LinkedHashMap<>();
    schemas.put("job.schema.json", new Schemas().document(Shapes.JOB));
    schemas.put("events.schema.json", new Schemas().document(Shapes.EVENTS));
    schemas.put("model.schema.json", new Schemas().document(Shapes.MODEL));
    schemas.put("signals.schema.json", new Schemas().document(Shapes.SIGNALS));
    schemas.put("policy.schema.json", new Schemas().document(Shapes.POLICY));
    schemas.put("trigger.schema.json", new Schemas().document(Shapes.TRIGGER));
    return schemas;
  }

  private String document(Shape root) {
    Json json = new Json();
    json.text("$schema", "https://json-schema.org/draft/2020-12/schema");
    json.text("title", "Beckon " + root.name());
    shape(root, json);
    Json defs = new Json();
    // Writing one may reach others.
    for (int i = 0; i < reached.size(); i++) {
      Shape shape = Shapes.named(List.copyOf(reached).get(i));
      Json own = new Json();
      shape(shape, own);
      defs.raw(shape.name(), own.toString());
    }
    if (!reached.isEmpty()) {
      json.raw("$defs", defs.toString());
    }
    return indented(json.toString());
  }

  private void shape(Shape shape, Json json) {
    json.text("description", plain(shape.doc()));
    json.text("type", "object");
    Json properties = new Json();
    List<String> required = new ArrayList<>();
    for (Field field : shape.fields()) {
      Json property = new Json();
      String otherwise =
          field.otherwise().isEmpty() ? "" : " Without it: " + field.otherwise() + ".";
      property.text("description", plain(field.doc() + otherwise));
      type(field.type(), property);
      properties.raw(field.name(), property.toString());
      if (field.presence() == Presence.REQUIRED) {
        required.add(field.name());
      }
    }
    json.raw("properties", properties.toString());
    if (!required.isEmpty()) {
      json.raw("required", list(required));
    }
    if (!shape.exclusive().isEmpty()) {
      StringJoiner all = new StringJoiner(", ", "[", "]");
      for (List<String> names : shape.exclusive()) {
        StringJoiner one = new StringJoiner(", ", "{\"oneOf\": [", "]}");
        names.forEach(name -> one.add("{\"required\": [" + quoted(name) + "]}"));
        all.add(one.toString());
      }
      json.raw("allOf", all.toString());
    }
    json.raw("additionalProperties", Boolean.toString(shape.open()));
  }

  private void type(FieldType type, Json json) {
    if (type instanceof FieldType.Word word) {
      json.text("type", "string");
      json.text(
          "pattern",
          word.form() == Form.ID ? "^[a-z0-9][a-z0-9-]{0,63}$" : "^[a-z][a-z0-9_]{0,63}$");
    } else if (type instanceof FieldType.Whole whole) {
      json.text("type", "integer");
      json.raw("minimum", Long.toString(whole.min()));
      json.raw("maximum", Long.toString(whole.max()));
    } else if (type instanceof FieldType.Decimal decimal) {
      json.text("type", "number");
      decimal
          .least()
          .map(BigDecimal::toPlainString)
          .ifPresent(least -> json.raw(decimal.open() ? "exclusiveMinimum" : "minimum", least));
      decimal.most().map(BigDecimal::toPlainString).ifPresent(most -> json.raw("maximum", most));
    } else if (type instanceof FieldType.Duration) {
      json.text("type", "string");
      json.text("pattern", DURATION);
    } else if (type instanceof FieldType.Days) {
      json.text("type", "string");
      json.text("pattern", DAYS);
    } else if (type instanceof FieldType.TimeOfDay) {
      json.text("type", "string");
      json.text("pattern", "^([01][0-9]|2[0-3]):[0-5][0-9]$");
    } else if (type instanceof FieldType.Flag) {
      json.text("type", "boolean");
    } else if (type instanceof FieldType.Choice choice) {
      json.raw("enum", list(choice.allowed()));
    } else if (type instanceof FieldType.Choices choices) {
      json.text("type", "array");
      json.raw("items", "{\"enum\": " + list(choices.allowed()) + "}");
      json.raw("uniqueItems", "true");
    } else if (type instanceof FieldType.Share) {
      json.raw(
          "anyOf",
          "[{\"type\": \"number\", \"minimum\": 0, \"maximum\": 1}, "
              + "{\"type\": \"string\", \"pattern\": "
              + quoted(SHARE)
              + "}]");
    } else if (type instanceof FieldType.Texts texts) {
      json.text("type", "array");
      json.raw("items", "{\"type\": " + SCALAR + "}");
      json.raw("minItems", Integer.toString(texts.min()));
      if (texts.max() < Integer.MAX_VALUE) {
        json.raw("maxItems", Integer.toString(texts.max()));
      }
      json.raw("uniqueItems", "true");
    } else if (type instanceof FieldType.Interval) {
      json.text("type", "array");
      json.raw("items", "{\"type\": \"number\", \"minimum\": 0, \"maximum\": 1}");
      json.raw("minItems", "2");
      json.raw("maxItems", "2");
    } else if (type instanceof FieldType.Windows) {
      json.text("type", "array");
      json.raw("items", "{\"type\": \"string\", \"pattern\": " + quoted(WINDOW) + "}");
      json.raw("minItems", "1");
    } else if (type instanceof FieldType.Date) {
      json.text("type", "string");
      json.text("pattern", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$");
    } else if (type instanceof FieldType.Moment || type instanceof FieldType.EventName) {
      json.text("type", "string");
    } else if (type instanceof FieldType.EventNames) {
      json.text("type", "array");
      json.raw("items", "{\"type\": \"string\"}");
      json.raw("minItems", "1");
      json.raw("uniqueItems", "true");
    } else if (type instanceof FieldType.Names) {
      json.text("type", "array");
      json.raw("items", "{\"type\": \"string\"}");
      json.raw("uniqueItems", "true");
    } else if (type instanceof Nested nested) {
      json.text("$ref", reference(nested.shape()));
    } else if (type instanceof FieldType.Several several) {
      several(several, json);
    } else if (type instanceof FieldType.Table table) {
      json.text("type", "object");
      if (!table.values().isEmpty()) {
        json.raw("additionalProperties", anyOf(table.values()));
      }
    } else if (type instanceof FieldType.Special special && !special.forms().isEmpty()) {
      if (!special.forms().contains(new FieldType.Anything())) {
        json.raw("anyOf", forms(special.forms()));
      }
    } else if (!(type instanceof FieldType.Anything)) {
      // Text, expressions and the like: any single value is read as text.
      json.raw("type", SCALAR);
    }
  }

  private void several(FieldType.Several several, Json json) {
    String item = "{\"$ref\": " + quoted(reference(several.shape())) + "}";
    Json array = several.single() ? new Json() : json;
    array.text("type", "array");
    array.raw("items", item);
    array.raw("minItems", Integer.toString(several.min()));
    array.raw("maxItems", Integer.toString(several.max()));
    if (several.single()) {
      json.raw("anyOf", "[" + item + ", " + array + "]");
    }
  }

  private String reference(String shape) {
    reached.add(shape);
    return "#/$defs/" + shape.replace(" ", "%20");
  }

  private String anyOf(List<FieldType> types) {
    Json json = new Json();
    if (types.size() == 1) {
      type(types.get(0), json);
    } else {
      json.raw("anyOf", forms(types));
    }
    return json.toString();
  }

  private String forms(List<FieldType> types) {
    StringJoiner forms = new StringJoiner(", ", "[", "]");
    for (FieldType type : types) {
      Json form = new Json();
      type(type, form);
      forms.add(form.toString());
    }
    return forms.toString();
  }

  /** Markdown without its links and quotes of code. */
  private static String plain(String markdown) {
    return markdown
        .replaceAll("\\[([^]]+)]\\([^)]*\\)", "$1")
        .replace("\\|", "or")
        .replace("`", "");
  }

  private static String list(List<String> texts) {
    return texts.stream().map(Schemas::quoted).toList().toString();
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  /** One JSON object, in one line. */
  private static final class Json {
    private final StringJoiner members = new StringJoiner(", ", "{", "}");

    void text(String name, String value) {
      raw(name, quoted(value));
    }

    void raw(String name, String value) {
      members.add(quoted(name) + ": " + value);
    }

    @Override
    public String toString() {
      return members.toString();
    }
  }

  /** JSON with a line for each member of what does not fit one line. */
  private static String indented(String json) {
    StringBuilder out = new StringBuilder();
    int depth = 0;
    int i = 0;
    while (i < json.length()) {
      char c = json.charAt(i);
      int end = c == '{' || c == '[' || c == '"' ? end(json, i) : i;
      if ((c == '{' || c == '[') && end - i >= 80) {
        depth++;
        out.append(c).append('\n').append("  ".repeat(depth));
        i++;
      } else if (end > i) {
        out.append(json, i, end);
        i = end;
      } else if (c == '}' || c == ']') {
        depth--;
        out.append('\n').append("  ".repeat(depth)).append(c);
        i++;
      } else if (c == ',') {
        out.append(",\n").append("  ".repeat(depth));
        // The space after it.
        i += 2;
      } else {
        out.append(c);
        i++;
      }
    }
    return out.append('\n').toString();
  }

  /** The place after the value that begins at {@code start} with a bracket or a quote. */
  private static int end(String json, int start) {
    int depth = 0;
    boolean quoted = false;
    for (int i = start; i < json.length(); i++) {
      char c = json.charAt(i);
      if (quoted) {
        if (c == '\\') {
          i++;
        } else if (c == '"') {
          quoted = false;
        }
      } else if (c == '"') {
        quoted = true;
      } else if (c == '{' || c == '[') {
        depth++;
      } else if (c == '}' || c == ']') {
        depth--;
      }
      if (!quoted && depth == 0) {
        return i + 1;
      }
    }
    return json.length();
  }
}
