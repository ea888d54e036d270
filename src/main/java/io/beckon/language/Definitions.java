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
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Reads the files of a job's folder into a checked {@link JobDefinition}. */
public final class Definitions {
  private static final String VERSION = "beckon/v1";
  private static final String TRIGGERS = "triggers/";
  private static final String MODELS = "models/";
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
   *     {@code models/*.yaml}, {@code triggers/*.yaml} and {@code schemas/**.avsc}, in any order,
   *     their paths beginning with {@code folder}
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
    Map<String, SourceFile> modelFiles = new HashMap<>();
    Map<String, SourceFile> schemaFiles = new TreeMap<>();
    for (SourceFile file : files) {
      String name = name(file.path());
      switch (name) {
        case "job.yaml", "events.yaml", "signals.yaml", "policy.yaml" -> single.put(name, file);
        default -> {
          if (isIn(TRIGGERS, name)) {
            triggerFiles.put(name, file);
          } else if (isIn(MODELS, name)) {
            modelFiles.put(name, file);
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
    List<OneOfMany> openedModels = open(modelFiles, MODELS, "Model", Shapes.MODEL);
    Models models = models(openedModels, catalogue);
    SourceFile signals = single.get("signals.yaml");
    Vocabulary vocabulary =
        signals == null
            ? catalogue
            : open(signals, "Signals", Shapes.SIGNALS, problems)
                .map(section -> SignalsReader.read(section, catalogue, models, problems))
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
    List<OneOfMany> opened = open(triggerFiles, TRIGGERS, "Trigger", Shapes.TRIGGER);
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
    if (!vocabulary.isSignalsBroken()) {
      lint(models, openedModels, vocabulary.signals());
    }
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
                        triggers,
                        models.sound(),
                        job.redis().redis(),
                        job.redis().scores(),
                        job.redis().gate(),
                        false));
    return new Loaded(definition, tests, problems);
  }

  /**
   * A file of which a job has many, as far as its first fields.
   *
   * @param fileId what its name says its id is
   * @param problems its own, so that one file's problems are not taken for another's
   */
  private record OneOfMany(String fileId, Optional<Section> section, Problems problems) {
    Optional<YamlNode.Scalar> writtenId() {
      return section.flatMap(Definitions::writtenId);
    }
  }

  /** The files of a folder in the order of their names. */
  private static List<OneOfMany> open(
      Map<String, SourceFile> files, String folder, String kind, Shape shape) {
    List<Map.Entry<String, SourceFile>> sorted = new ArrayList<>(files.entrySet());
    sorted.sort(Map.Entry.comparingByKey(CodePoints::compare));
    List<OneOfMany> opened = new ArrayList<>();
    for (Map.Entry<String, SourceFile> entry : sorted) {
      String name = entry.getKey();
      String fileId = name.substring(folder.length(), name.length() - YAML.length());
      Problems own = new Problems();
      opened.add(new OneOfMany(fileId, open(entry.getValue(), kind, shape, own), own));
    }
    return opened;
  }

  private Models models(List<OneOfMany> files, Vocabulary vocabulary) {
    List<ModelDefinition> models = new ArrayList<>();
    Map<String, Span> ids = new HashMap<>();
    for (OneOfMany file : files) {
      file.section()
          .flatMap(section -> ModelReader.read(section, file.fileId(), vocabulary, file.problems()))
          .ifPresent(models::add);
      file.writtenId().ifPresent(id -> checkUnique("models", id, ids, file.problems()));
      problems.addAll(file.problems());
    }
    Names names = names(files);
    return new Models(models, names.known(), names.complete());
  }

  private void lint(Models models, List<OneOfMany> files, Signals signals) {
    Set<String> read = new HashSet<>();
    signals.all().forEach(signal -> signal.model().ifPresent(model -> read.add(model.id())));
    for (ModelDefinition model : models.sound()) {
      files.stream()
          .flatMap(file -> file.section().stream())
          .filter(section -> section.keySpan("id").file().equals(model.span().file()))
          .forEach(section -> Lint.model(model, read.contains(model.id()), section, problems));
    }
  }

  /** The ids that the files have, be they sound or not. */
  private static Names names(List<OneOfMany> files) {
    Set<String> ids = new LinkedHashSet<>();
    boolean complete = true;
    for (OneOfMany file : files) {
      Optional<YamlNode.Scalar> id = file.writtenId();
      id.ifPresent(scalar -> ids.add(scalar.text()));
      complete &= id.isPresent();
    }
    return new Names(ids, complete);
  }

  private void triggers(
      List<OneOfMany> files,
      Vocabulary vocabulary,
      JobReader.Job job,
      Policy policy,
      List<TriggerDefinition> triggers,
      List<TestDefinition> tests) {
    Map<String, Span> ids = new HashMap<>();
    Lint lint = new Lint(job.time(), job.retentionMs(), policy, vocabulary.signals(), problems);
    vocabulary.signals().all().forEach(lint::signal);
    for (OneOfMany file : files) {
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
        writtenId(section).ifPresent(id -> checkUnique("triggers", id, ids, own));
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

  private static void checkUnique(
      String what, YamlNode.Scalar id, Map<String, Span> ids, Problems problems) {
    Span first = ids.putIfAbsent(id.text(), id.span());
    if (first != null) {
      problems.error(
          "BKN-206",
          id.span(),
          "two " + what + " are called `" + id.text() + "`",
          "the other is in " + first.file() + ":" + first.line() + "; give each an id of its own");
    }
  }

  private static boolean isIn(String folder, String name) {
    return name.startsWith(folder)
        && name.endsWith(YAML)
        && name.length() > folder.length() + YAML.length()
        && name.indexOf('/', folder.length()) < 0;
  }

  private void unexpected(String path, String name) {
    String renamed =
        name.endsWith(".yml") ? name.substring(0, name.length() - ".yml".length()) + YAML : "";
    String last = name.substring(name.lastIndexOf('/') + 1);
    Optional<String> folder =
        Stream.of(TRIGGERS, MODELS)
            .filter(of -> name.startsWith(of) && isIn(of, of + last))
            .findFirst();
    problems.error(
        "BKN-129",
        start(path),
        "no such file belongs to a job",
        folder.isPresent()
            ? "move it to `" + folder.get() + last + "`"
            : renamed.isEmpty()
                ? Section.suggest(
                    name,
                    List.of(
                        "job.yaml",
                        "events.yaml",
                        "signals.yaml",
                        "policy.yaml",
                        "models/…",
                        "triggers/…"),
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
