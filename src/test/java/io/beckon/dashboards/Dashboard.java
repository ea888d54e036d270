// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.dashboards;

import io.beckon.dashboards.Panel.Query;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A dashboard, and its JSON as Grafana takes it. */
public record Dashboard(
    String title, String description, List<Variable> variables, List<Panel> panels) {
  private static final int SCHEMA = 42;
  private static final int HEIGHT = 8;
  private static final int FLAT = 4;
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  public Dashboard {
    variables = List.copyOf(variables);
    panels = List.copyOf(panels);
  }

  /** The file's name. */
  public String file() {
    return name() + ".json";
  }

  private String name() {
    return title.toLowerCase(Locale.ROOT);
  }

  String json() {
    ObjectNode root = JSON.createObjectNode();
    root.put("uid", "beckon-" + name());
    root.put("title", "Beckon / " + title);
    root.put("description", description);
    root.putArray("tags").add("beckon");
    root.put("schemaVersion", SCHEMA);
    root.put("editable", true);
    root.put("graphTooltip", 1);
    root.put("timezone", "browser");
    root.put("refresh", "30s");
    root.putObject("time").put("from", "now-6h").put("to", "now");
    ObjectNode link = root.putArray("links").addObject();
    link.put("title", "Beckon").put("type", "dashboards").put("asDropdown", false);
    link.put("icon", "").put("tooltip", "").put("targetBlank", false);
    link.put("includeVars", false).put("keepTime", true);
    link.putArray("tags").add("beckon");
    variables(root.putObject("templating").putArray("list"));
    ArrayNode all = root.putArray("panels");
    int x = 0;
    int y = 0;
    int row = 0;
    int id = 1;
    for (Panel panel : panels) {
      int height = panel.kind() == Panel.Kind.STAT ? FLAT : HEIGHT;
      if (x + panel.width() > 24) {
        x = 0;
        y += row;
        row = 0;
      }
      row = Math.max(row, height);
      panel(all.addObject(), panel, id++, x, y, height);
      x += panel.width();
    }
    return JSON.writeValueAsString(root) + "\n";
  }

  private void variables(ArrayNode list) {
    ObjectNode source = list.addObject();
    source.put("name", "datasource").put("label", "Prometheus").put("type", "datasource");
    source.put("query", "prometheus");
    for (Variable variable : variables) {
      ObjectNode node = list.addObject();
      node.put("name", variable.name()).put("label", variable.title()).put("type", "query");
      source(node.putObject("datasource"));
      node.putObject("query").put("query", variable.query()).put("refId", variable.name());
      if (!variable.pattern().isEmpty()) {
        node.put("regex", "/" + variable.pattern() + "/");
      }
      node.put("refresh", 2);
      node.put("sort", 1);
      node.put("includeAll", variable.many());
      node.put("multi", variable.many());
      if (variable.many()) {
        ObjectNode current = node.putObject("current");
        current.putArray("text").add("All");
        current.putArray("value").add("$__all");
      }
    }
  }

  private static void source(ObjectNode node) {
    node.put("type", "prometheus").put("uid", "${datasource}");
  }

  private static void panel(ObjectNode node, Panel panel, int id, int x, int y, int height) {
    node.put("id", id);
    node.put("type", panel.kind().type());
    node.put("title", panel.title());
    node.put(
        "description",
        panel.mayBeEmpty().isEmpty()
            ? panel.description()
            : panel.description() + " Empty " + panel.mayBeEmpty() + ".");
    source(node.putObject("datasource"));
    node.putObject("gridPos").put("x", x).put("y", y).put("w", panel.width()).put("h", height);
    ObjectNode fields = node.putObject("fieldConfig");
    fields(fields.putObject("defaults"), panel);
    fields.putArray("overrides");
    options(node.putObject("options"), panel);
    if (panel.kind() == Panel.Kind.TABLE) {
      ObjectNode organize = node.putArray("transformations").addObject();
      organize.put("id", "organize");
      ObjectNode how = organize.putObject("options");
      how.putObject("excludeByName").put("Time", true);
      how.putObject("indexByName");
      how.putObject("renameByName").put("Value", panel.queries().get(0).legend());
    }
    ArrayNode targets = node.putArray("targets");
    char ref = 'A';
    for (Query query : panel.queries()) {
      ObjectNode target = targets.addObject();
      target.put("refId", String.valueOf(ref++));
      source(target.putObject("datasource"));
      target.put("expr", query.expression());
      target.put("legendFormat", query.legend());
      // Grafana tells the buckets of a histogram apart in courses only.
      boolean course = panel.kind().isCourse() || panel.kind() == Panel.Kind.DISTRIBUTION;
      target.put("instant", !course);
      target.put("range", course);
      target.put(
          "format",
          switch (panel.kind()) {
            case TABLE -> "table";
            case DISTRIBUTION -> "heatmap";
            case TIMESERIES, PARTS, STAT, BARGAUGE -> "time_series";
          });
    }
  }

  private static void fields(ObjectNode defaults, Panel panel) {
    defaults.put("unit", panel.unit());
    defaults.put("min", 0);
    boolean course = panel.kind().isCourse();
    if (panel.unit().equals("percentunit") && panel.kind() != Panel.Kind.TIMESERIES) {
      defaults.put("max", 1);
    }
    defaults.putObject("color").put("mode", course ? "palette-classic" : "thresholds");
    ObjectNode thresholds = defaults.putObject("thresholds").put("mode", "absolute");
    ArrayNode steps = thresholds.putArray("steps");
    ObjectNode base = steps.addObject();
    base.putNull("value").put("color", "green");
    for (Panel.Step step : panel.steps()) {
      if (step.from() == 0) {
        // What begins at nothing takes the place of green.
        base.put("color", step.colour());
      } else {
        steps.addObject().put("value", step.from()).put("color", step.colour());
      }
    }
    if (course) {
      boolean parts = panel.kind() == Panel.Kind.PARTS;
      ObjectNode custom = defaults.putObject("custom");
      custom.put("lineWidth", 1).put("fillOpacity", parts ? 60 : 10).put("showPoints", "never");
      custom.put("spanNulls", false);
      custom.putObject("stacking").put("mode", parts ? "normal" : "none").put("group", "A");
    }
  }

  private static void options(ObjectNode options, Panel panel) {
    switch (panel.kind()) {
      case TIMESERIES, PARTS -> {
        options
            .putObject("legend")
            .put("displayMode", "list")
            .put("placement", "bottom")
            .put("showLegend", true)
            .putArray("calcs");
        options.putObject("tooltip").put("mode", "multi").put("sort", "desc");
      }
      case STAT, BARGAUGE, DISTRIBUTION -> {
        ObjectNode reduce = options.putObject("reduceOptions");
        reduce.putArray("calcs").add("lastNotNull");
        reduce.put("fields", "").put("values", false);
        if (panel.kind() == Panel.Kind.STAT) {
          options.put("orientation", "auto").put("colorMode", "value").put("graphMode", "none");
          options.put("justifyMode", "auto").put("textMode", "auto");
        } else {
          options.put("orientation", "horizontal").put("displayMode", "basic");
          options.put("valueMode", "text").put("showUnfilled", true);
        }
      }
      case TABLE -> options.put("showHeader", true);
    }
  }
}
