// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.event.CodePoints;
import io.beckon.language.InterventionReader.Names;
import io.beckon.language.PolicyReader.Policy;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.diagnostics.Span;
import io.beckon.language.yaml.YamlNode;
import io.beckon.language.yaml.YamlReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Reads the files of a job's folder into a checked {@link JobDefinition}. */
public final class Definitions {
  private static final String VERSION = "beckon/v1";
  private static final String TRIGGERS = "triggers/";
  private static final String YAML = ".yaml";

  private final String folder;
  private final Problems problems = new Problems();

  private Definitions(String folder) {
    this.folder = folder;
  }

  /**
   * What was read.
   *
   * @param job present if and only if there is no error
   * @param tests the tests of all triggers whose own definitions are sound, by file and place
   * @param problems everything found wrong
   */
  public record Loaded(Optional<JobDefinition> job, List<TestDefinition> tests, Problems problems) {
    public Loaded {
      tests = List.copyOf(tests);
    }
  }

  /**
   * Reads a job. Never throws, whatever the files hold.
   *
   * @param folder what to call the job's folder in messages
   * @param files {@code job.yaml}, {@code events.yaml}, {@code signals.yaml}, {@code policy.yaml},
   *     {@code triggers/*.yaml} and {@code schemas/**.avsc}, in any order, their paths beginning
   *     with {@code folder}
   * @param schemas judges the schemas that the job names
   */
  public static Loaded load(String folder, List<SourceFile> files, SchemaCheck schemas) {
    String bare = folder.endsWith("/") ? folder.substring(0, folder.length() - 1) : folder;
    return new Definitions(bare).load(files, schemas);
  }

  /** As {@link #load(String, List, SchemaCheck)}, for jobs without schemas: each is refused. */
  public static Loaded load(String folder, List<SourceFile> files) {
    return load(folder, files, SchemaCheck.NONE);
  }

  private Loaded load(List<SourceFile> files, SchemaCheck check) {
    Map<String, SourceFile> single = new HashMap<>();
    Map<String, SourceFile> triggerFiles = new HashMap<>();
    Map<String, SourceFile> schemaFiles = new TreeMap<>();
    for (SourceFile file : files) {
      String name = name(file.path());
      switch (name) {
        case "job.yaml", "events.yaml", "signals.yaml", "policy.yaml" -> single.put(name, file);
        default -> {
          if (isTrigger(name)) {
            triggerFiles.put(name, file);
          } else if (SchemaFiles.isSchema(name)) {
            schemaFiles.put(name, file);
          } else {
            unexpected(file.path(), name);
          }
        }
      }
    }
    Vocabulary catalogue =
        required(single, "events.yaml", "Events", Shapes.EVENTS)
            .map(section -> EventsReader.read(section, problems))
            .orElseGet(Vocabulary::unknown);
    SourceFile signals = single.get("signals.yaml");
    Vocabulary vocabulary =
        signals == null
            ? catalogue
            : open(signals, "Signals", Shapes.SIGNALS, problems)
                .map(section -> SignalsReader.read(section, catalogue, problems))
                .orElseGet(() -> catalogue.with(Signals.none(), true));
    SchemaFiles schemas = new SchemaFiles(schemaFiles, check, problems);
    JobReader.Job job =
        required(single, "job.yaml", "Job", Shapes.JOB)
            .map(section -> JobReader.read(section, vocabulary, schemas, problems))
            .orElseGet(JobReader.Job::unknown);
    if (triggerFiles.isEmpty()) {
      problems.warning(
          "BKN-130",
          start(path("job.yaml")),
          "the job has no triggers",
          "write one into `" + path(TRIGGERS) + "`");
    }
    List<TriggerFile> opened = open(triggerFiles);
    String id = job.id().orElse("");
    Policy policy =
        Optional.ofNullable(single.get("policy.yaml"))
            .map(
                file ->
                    open(file, "Policy", Shapes.POLICY, problems)
                        .map(s -> PolicyReader.read(s, id, vocabulary, names(opened), problems))
                        .orElseGet(() -> Policy.unknown(id)))
            .orElseGet(() -> Policy.none(id));
    List<TriggerDefinition> triggers = new ArrayList<>();
    List<TestDefinition> tests = new ArrayList<>();
    triggers(opened, vocabulary, job, policy, triggers, tests);
    Optional<JobDefinition> definition =
        problems.hasErrors()
            ? Optional.empty()
            : job.id().isEmpty() || job.sources().isEmpty()
                ? Optional.empty()
                : Optional.of(
                    new JobDefinition(
                        id,
                        vocabulary.catalogue(),
                        vocabulary.signals(),
                        job.time(),
                        job.sources(),
                        job.live(),
                        policy.timezone(),
                        policy.definition(),
                        job.retentionMs(),
                        triggers));
    return new Loaded(definition, tests, problems);
  }

  /**
   * A trigger's file, as far as its first fields.
   *
   * @param fileId what its name says the trigger's id is
   * @param problems its own, so that one trigger's problems are not taken for another's
   */
  private record TriggerFile(String fileId, Optional<Section> section, Problems problems) {}

  /** The files in the order of their names. */
  private static List<TriggerFile> open(Map<String, SourceFile> files) {
    List<Map.Entry<String, SourceFile>> sorted = new ArrayList<>(files.entrySet());
    sorted.sort(Map.Entry.comparingByKey(CodePoints::compare));
    List<TriggerFile> opened = new ArrayList<>();
    for (Map.Entry<String, SourceFile> entry : sorted) {
      String name = entry.getKey();
      String fileId = name.substring(TRIGGERS.length(), name.length() - YAML.length());
      Problems own = new Problems();
      opened.add(
          new TriggerFile(fileId, open(entry.getValue(), "Trigger", Shapes.TRIGGER, own), own));
    }
    return opened;
  }

  /** The ids that the triggers have, be they sound or not. */
  private static Names names(List<TriggerFile> files) {
    Set<String> ids = new LinkedHashSet<>();
    boolean complete = true;
    for (TriggerFile file : files) {
      Optional<YamlNode.Scalar> id = file.section().flatMap(Definitions::writtenId);
      id.ifPresent(scalar -> ids.add(scalar.text()));
      complete &= id.isPresent();
    }
    return new Names(ids, complete);
  }

  private void triggers(
      List<TriggerFile> files,
      Vocabulary vocabulary,
      JobReader.Job job,
      Policy policy,
      List<TriggerDefinition> triggers,
      List<TestDefinition> tests) {
    Map<String, Span> ids = new HashMap<>();
    Lint lint = new Lint(job.time(), job.retentionMs(), policy, problems);
    vocabulary.signals().all().forEach(lint::signal);
    for (TriggerFile file : files) {
      Problems own = file.problems();
      if (file.section().isPresent()) {
        Section section = file.section().get();
        Optional<TriggerDefinition> trigger =
            TriggerReader.read(
                section, file.fileId(), vocabulary, job.time().order(), policy.budgets(), own);
        List<TestDefinition> its =
            TestReader.read(
                section,
                trigger.map(TriggerDefinition::id).orElse(file.fileId()),
                trigger,
                vocabulary,
                own);
        if (trigger.isPresent()) {
          triggers.add(trigger.get());
          lint.trigger(trigger.get(), section);
          tests.addAll(its);
        }
        writtenId(section).ifPresent(id -> checkUnique(id, ids, own));
      }
      problems.addAll(own);
    }
    // What is refused may be what it lacks.
    if (!problems.hasErrors()) {
      lint.policy(triggers);
    }
  }

  private static Optional<YamlNode.Scalar> writtenId(Section section) {
    return section
        .node("id")
        .flatMap(
            node ->
                node instanceof YamlNode.Scalar scalar ? Optional.of(scalar) : Optional.empty());
  }

  private static void checkUnique(YamlNode.Scalar id, Map<String, Span> ids, Problems problems) {
    Span first = ids.putIfAbsent(id.text(), id.span());
    if (first != null) {
      problems.error(
          "BKN-206",
          id.span(),
          "two triggers are called `" + id.text() + "`",
          "the other is in " + first.file() + ":" + first.line() + "; give each an id of its own");
    }
  }

  private static boolean isTrigger(String name) {
    return name.startsWith(TRIGGERS)
        && name.endsWith(YAML)
        && name.length() > TRIGGERS.length() + YAML.length()
        && name.indexOf('/', TRIGGERS.length()) < 0;
  }

  private void unexpected(String path, String name) {
    String renamed =
        name.endsWith(".yml") ? name.substring(0, name.length() - ".yml".length()) + YAML : "";
    problems.error(
        "BKN-129",
        start(path),
        "no such file belongs to a job",
        isTrigger(TRIGGERS + name.substring(name.lastIndexOf('/') + 1)) && name.startsWith(TRIGGERS)
            ? "move it to `" + TRIGGERS + name.substring(name.lastIndexOf('/') + 1) + "`"
            : renamed.isEmpty()
                ? Section.suggest(
                    name,
                    List.of("job.yaml", "events.yaml", "signals.yaml", "policy.yaml", "triggers/…"),
                    "a job has ")
                : "call it `" + renamed + "`");
  }

  private Optional<Section> required(
      Map<String, SourceFile> files, String name, String kind, Shape shape) {
    SourceFile file = files.get(name);
    if (file == null) {
      problems.error(
          "BKN-128",
          start(path(name)),
          "`" + name + "` is missing",
          "every job has one, of kind `" + kind + "`");
      return Optional.empty();
    }
    return open(file, kind, shape, problems);
  }

  /**
   * Reads a file down to its first fields; empty, with a problem reported, if it is another kind.
   */
  private static Optional<Section> open(
      SourceFile file, String kind, Shape shape, Problems problems) {
    Optional<YamlNode.Mapping> root = YamlReader.read(file.path(), file.text(), problems);
    if (root.isEmpty()) {
      return Optional.empty();
    }
    Optional<YamlNode.Scalar> version = header(root.get(), "apiVersion");
    if (version.isPresent() && !version.get().text().equals(VERSION)) {
      problems.error(
          "BKN-126",
          version.get().span(),
          "`apiVersion: " + version.get().text() + "` is not known",
          "write `apiVersion: " + VERSION + "`");
      return Optional.empty();
    }
    Optional<YamlNode.Scalar> written = header(root.get(), "kind");
    if (written.isPresent() && !written.get().text().equals(kind)) {
      problems.error(
          "BKN-127",
          written.get().span(),
          "this file must be of kind `" + kind + "`, not `" + written.get().text() + "`",
          "write `kind: " + kind + "`, or move the file");
      return Optional.empty();
    }
    return Section.of(root.get(), shape, start(file.path()), problems);
  }

  private static Optional<YamlNode.Scalar> header(YamlNode.Mapping root, String name) {
    for (YamlNode.Entry entry : root.entries()) {
      if (entry.key().text().equals(name)
          && entry.value() instanceof YamlNode.Scalar scalar
          && !Section.isNothing(scalar)) {
        return Optional.of(scalar);
      }
    }
    return Optional.empty();
  }

  private String name(String path) {
    return path.startsWith(folder + "/") ? path.substring(folder.length() + 1) : path;
  }

  private String path(String name) {
    return folder.isEmpty() ? name : folder + "/" + name;
  }

  private static Span start(String path) {
    return new Span(path, 1, 1, 1);
  }
}
