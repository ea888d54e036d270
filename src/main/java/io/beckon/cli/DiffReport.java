// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.calendar.Durations;
import io.beckon.language.JobDefinition;
import io.beckon.language.JobDefinition.SourceDefinition;
import io.beckon.language.ModelDefinition;
import io.beckon.language.SourceFile;
import io.beckon.language.TriggerDefinition;
import io.beckon.language.TriggerDefinition.Mode;
import io.beckon.language.diagnostics.Span;
import io.beckon.plan.Plan;
import io.beckon.plan.SignalPlan;
import io.beckon.plan.SignalRead;
import io.beckon.plan.StoredSlots;
import io.beckon.plan.TriggerPlan;
import io.beckon.plan.Upgrade;
import io.beckon.plan.Upgrade.Change;
import io.beckon.plan.Upgrade.Kind;
import io.beckon.plan.Upgrade.Verdict;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What becomes of the states of one edition of a job under the next, for people and programs. */
final class DiffReport {
  /** A length of time in the text of a shape. */
  private static final Pattern LENGTH = Pattern.compile("(\\b(?:for|within) )(\\d+)(?!\\S)");

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private final Side old;
  private final Side now;
  private final List<Change> changes;
  private final Map<String, Verdict> signals = new HashMap<>();

  /** A job's definitions as they are in one folder. */
  record Edition(String name, List<SourceFile> files, JobDefinition job) {
    Edition {
      Objects.requireNonNull(name);
      Objects.requireNonNull(job);
      files = List.copyOf(files);
    }
  }

  DiffReport(Edition before, Edition after) {
    this.old = new Side(before);
    this.now = new Side(after);
    this.changes = Upgrade.between(Upgrade.kept(old.plan), Upgrade.kept(now.plan));
    for (Change change : changes) {
      if (change.kind() == Kind.SIGNAL) {
        signals.put(change.name(), change.verdict());
      }
    }
  }

  /** An edition, compiled. */
  private static final class Side {
    private final Edition edition;
    private final Plan plan;
    private final Map<String, TriggerPlan> triggers = new HashMap<>();
    private final Map<String, TriggerDefinition> definitions = new HashMap<>();
    private final Map<String, SignalPlan> signals = new HashMap<>();

    Side(Edition edition) {
      this.edition = edition;
      this.plan = Plan.compile(edition.job());
      plan.triggers().forEach(trigger -> triggers.put(trigger.id(), trigger));
      edition.job().triggers().forEach(trigger -> definitions.put(trigger.id(), trigger));
      for (SignalPlan signal : plan.signals()) {
        for (int slot : signal.slots()) {
          signals.put(plan.job().signals().all().get(slot).name(), signal);
        }
      }
    }

    Optional<TriggerDefinition> definition(String id) {
      return Optional.ofNullable(definitions.get(id));
    }

    TriggerPlan trigger(String id) {
      return Objects.requireNonNull(triggers.get(id), id);
    }

    String shape(Change change) {
      return change.kind() == Kind.TRIGGER
          ? LENGTH
              .matcher(Upgrade.shape(trigger(change.name())))
              .replaceAll(ms -> ms.group(1) + Durations.format(Long.parseLong(ms.group(2))))
          : line(edition.job().signals().all().get(signal(change.name()).slots().get(0)).span());
    }

    SignalPlan signal(String name) {
      return Objects.requireNonNull(signals.get(name), name);
    }

    /** What the author wrote there. */
    private String line(Span span) {
      for (SourceFile file : edition.files()) {
        if (file.path().equals(span.file())) {
          return file.text().lines().skip(span.line() - 1L).findFirst().orElse("").strip();
        }
      }
      throw new IllegalStateException("no such file: " + span.file());
    }

    /** The trigger's file, without the tests beside it. */
    String text(TriggerDefinition trigger) {
      StringBuilder text = new StringBuilder();
      boolean tests = false;
      for (SourceFile file : edition.files()) {
        if (!file.path().equals(trigger.span().file())) {
          continue;
        }
        for (String line : file.text().lines().toList()) {
          if (!line.isBlank() && !line.startsWith(" ") && !line.startsWith("#")) {
            tests = line.startsWith("tests:");
          }
          if (!tests) {
            text.append(line.strip()).append('\n');
          }
        }
      }
      return text.toString();
    }
  }

  /** Whether something observed is lost, or the savepoint would be refused. */
  boolean loses() {
    return changes.stream().anyMatch(change -> change.verdict().loses()) || !refusals().isEmpty();
  }

  /** What is worth knowing beside the verdict. */
  private List<String> notes(Change change) {
    return switch (change.kind()) {
      case TRIGGER -> triggerNotes(change);
      case SIGNAL -> signalNotes(change);
      case CAP, MUTE, BUDGET, RATE ->
          change.verdict() == Verdict.REMOVED
              ? List.of("what was counted under it is forgotten")
              : List.of();
    };
  }

  private List<String> triggerNotes(Change change) {
    List<String> notes = new ArrayList<>();
    Optional<TriggerDefinition> before = old.definition(change.name());
    Optional<TriggerDefinition> after = now.definition(change.name());
    if (change.verdict() == Verdict.REMOVED) {
      notes.add(
          after.isPresent()
              ? "a draft now, which observes nothing; what is held of it is dropped"
              : "what it observed and what is held of it is dropped");
      return notes;
    }
    if (before.isPresent() && after.isPresent()) {
      edited(before.get(), after.get(), notes);
    }
    if (change.verdict() == Verdict.ADDED) {
      notes.add("begins with the first event after the start");
    }
    reset(change, notes);
    String fresh =
        reads(now.trigger(change.name())).stream()
            .filter(name -> signals.get(name) == Verdict.RESET)
            .collect(Collectors.joining(", "));
    if (!fresh.isEmpty()) {
      notes.add("reads what begins anew: " + fresh);
    }
    return notes;
  }

  private void edited(TriggerDefinition before, TriggerDefinition after, List<String> notes) {
    if (before.version() != after.version()) {
      notes.add("version " + before.version() + " to " + after.version());
    } else if (!old.text(before).equals(now.text(after))) {
      notes.add("edited, but its version is still " + after.version() + ": let it grow");
    }
    if (before.mode() != after.mode()) {
      notes.add(mode(before.mode()) + " to " + mode(after.mode()));
    }
  }

  private static String mode(Mode mode) {
    return mode.name().toLowerCase(Locale.ROOT);
  }

  private void reset(Change change, List<String> notes) {
    if (change.verdict() == Verdict.RESET) {
      notes.add("was " + old.shape(change));
      notes.add("now " + now.shape(change));
    }
  }

  private List<String> signalNotes(Change change) {
    List<String> notes = new ArrayList<>();
    switch (change.verdict()) {
      case RESET -> reset(change, notes);
      case REMOVED -> notes.add("nothing reads it any more");
      case ADDED -> notes.add("counts from the start on");
      case KEEP -> {
        if (!old.signals.containsKey(change.name())) {
          String was =
              old.signals.entrySet().stream()
                  .filter(
                      each -> each.getValue().shapeHash() == now.signal(change.name()).shapeHash())
                  .map(Map.Entry::getKey)
                  .sorted()
                  .collect(Collectors.joining(", "));
          notes.add("the same as " + was + " was");
        }
      }
    }
    return notes;
  }

  /** The signals that a trigger reads, by name. */
  private Set<String> reads(TriggerPlan trigger) {
    TreeSet<String> names = new TreeSet<>();
    for (SignalRead read : trigger.reads()) {
      names.add(now.plan.job().signals().all().get(read.slot()).name());
    }
    trigger
        .scored()
        .ifPresent(
            scored ->
                scored
                    .slots()
                    .forEach(slot -> names.add(now.plan.job().signals().all().get(slot).name())));
    return names;
  }

  /** Why a savepoint of the old edition would not serve the new one. */
  private List<String> refusals() {
    List<String> refusals = new ArrayList<>();
    if (!old.edition.job().id().equals(now.edition.job().id())) {
      refusals.add(
          "the job's id is another one, and so is every command's: what went out may go out again");
    }
    if (old.edition.job().live().isEmpty() || now.edition.job().live().isEmpty()) {
      return refusals;
    }
    TreeSet<String> gone = new TreeSet<>(sources(old));
    gone.removeAll(sources(now));
    gone.forEach(
        name -> refusals.add("the source " + name + " is gone, and a savepoint knows its place"));
    if (old.edition.job().followsGoals() && !now.edition.job().followsGoals()) {
      refusals.add("no trigger has a goal any more: leave the last one as a draft");
    }
    return refusals;
  }

  private static List<String> sources(Side side) {
    return side.edition.job().sources().stream().map(SourceDefinition::name).toList();
  }

  /** What else is good to know: nothing of it loses what was observed. */
  private List<String> hints() {
    List<String> hints = new ArrayList<>();
    Map<String, ModelDefinition> before = models(old);
    models(now)
        .forEach(
            (id, model) -> {
              ModelDefinition was = before.get(id);
              if (was == null) {
                hints.add("model " + id + ": added");
              } else if (was.version() != model.version()) {
                hints.add("model " + id + ": version " + was.version() + " to " + model.version());
              }
            });
    before.keySet().stream()
        .filter(id -> !models(now).containsKey(id))
        .forEach(id -> hints.add("model " + id + ": removed"));
    TreeSet<String> fresh = new TreeSet<>(profile(now));
    fresh.removeAll(profile(old));
    if (!fresh.isEmpty()) {
      hints.add(
          "newly kept of profiles: "
              + String.join(", ", fresh)
              + "; missing of a user until the user's profile is read again");
    }
    return hints;
  }

  private static Map<String, ModelDefinition> models(Side side) {
    return side.edition.job().models().stream()
        .collect(
            Collectors.toMap(ModelDefinition::id, Function.identity(), (a, b) -> b, TreeMap::new));
  }

  private static List<String> profile(Side side) {
    List<String> names = new ArrayList<>();
    StoredSlots profile = side.plan.profile();
    for (int i = 0; i < profile.count(); i++) {
      names.add(side.edition.job().catalogue().profile().attribute(profile.slot(i)).name());
    }
    return names;
  }

  private long count(Verdict verdict) {
    return changes.stream().filter(change -> change.verdict() == verdict).count();
  }

  /** For people: stable. */
  String text() {
    StringBuilder out = new StringBuilder();
    out.append(old.edition.name()).append(" to ").append(now.edition.name()).append('\n');
    int widest = changes.stream().mapToInt(change -> change.name().length()).max().orElse(0);
    Optional<Kind> kind = Optional.empty();
    for (Change change : changes) {
      if (!kind.equals(Optional.of(change.kind()))) {
        kind = Optional.of(change.kind());
        out.append('\n').append(title(change.kind())).append('\n');
      }
      List<String> notes = notes(change);
      boolean isLong = change.verdict() == Verdict.RESET;
      String beside = isLong || notes.isEmpty() ? "" : String.join("; ", notes);
      out.append(
          String.format(
                  Locale.ROOT,
                  "  %-7s  %-" + Math.max(1, Math.min(widest, 40)) + "s  %s",
                  change.verdict().text(),
                  change.name(),
                  beside)
              .stripTrailing());
      out.append('\n');
      if (isLong) {
        notes.forEach(note -> out.append("             ").append(note).append('\n'));
      }
    }
    section(out, "Also", hints());
    section(out, "A savepoint would not serve", refusals());
    out.append('\n')
        .append(count(Verdict.KEEP))
        .append(" kept, ")
        .append(count(Verdict.RESET))
        .append(" begun anew, ")
        .append(count(Verdict.ADDED))
        .append(" added, ")
        .append(count(Verdict.REMOVED))
        .append(" removed\n");
    return out.toString();
  }

  private static void section(StringBuilder out, String title, List<String> lines) {
    if (!lines.isEmpty()) {
      out.append('\n').append(title).append('\n');
      lines.forEach(line -> out.append("  ").append(line).append('\n'));
    }
  }

  private static String title(Kind kind) {
    return switch (kind) {
      case TRIGGER -> "Triggers";
      case SIGNAL -> "Signals";
      case CAP -> "Caps";
      case MUTE -> "Mutes";
      case BUDGET -> "Budgets";
      case RATE -> "Rates";
    };
  }

  /** For programs. */
  String json() {
    ObjectNode root = JSON.createObjectNode();
    root.put("job", now.edition.job().id());
    root.put("loses", loses());
    ArrayNode all = root.putArray("changes");
    for (Change change : changes) {
      ObjectNode node = all.addObject();
      node.put("kind", change.kind().text());
      node.put("name", change.name());
      node.put("verdict", change.verdict().text());
      notes(change).forEach(node.putArray("notes")::add);
    }
    hints().forEach(root.putArray("hints")::add);
    refusals().forEach(root.putArray("refusals")::add);
    return JSON.writeValueAsString(root);
  }
}
