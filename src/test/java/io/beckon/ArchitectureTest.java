// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/**
 * Holds the lines between packages. Every rule is also shown to fail, on classes under {@code
 * io.beckon.archfixtures} that break it: the rules take a fixture for a class of the package whose
 * name follows.
 */
class ArchitectureTest {
  private static final String ROOT = "io.beckon";
  private static final String FIXTURES = "io.beckon.archfixtures";

  private static final Set<String> LANGUAGE =
      Set.of("language", "language.diagnostics", "language.expression", "language.yaml");

  /**
   * Per package, the packages it may import besides itself: downwards in this order, never back.
   */
  private static final Map<String, Set<String>> ALLOWED =
      Map.ofEntries(
          Map.entry("", Set.of()),
          Map.entry("event", Set.of()),
          Map.entry("calendar", Set.of()),
          Map.entry("experiment", Set.of()),
          Map.entry("churn", Set.of()),
          Map.entry("churn.fit", Set.of("churn")),
          Map.entry("language.diagnostics", Set.of()),
          Map.entry("language.yaml", Set.of("language.diagnostics")),
          Map.entry("language.expression", Set.of("event", "calendar", "language.diagnostics")),
          Map.entry("language", with(LANGUAGE, "event", "calendar", "churn")),
          Map.entry("plan", with(LANGUAGE, "event", "calendar", "churn")),
          Map.entry("state", with(LANGUAGE, "event", "calendar", "churn", "plan")),
          Map.entry("signal", with(LANGUAGE, "event", "calendar", "plan", "state")),
          Map.entry("detect", with(LANGUAGE, "event", "calendar", "plan", "state", "signal")),
          Map.entry(
              "policy",
              with(
                  LANGUAGE,
                  "event",
                  "calendar",
                  "experiment",
                  "plan",
                  "state",
                  "signal",
                  "detect")),
          Map.entry(
              "budget",
              with(LANGUAGE, "event", "calendar", "plan", "state", "signal", "detect", "policy")),
          Map.entry(
              "engine",
              with(
                  LANGUAGE,
                  "event",
                  "calendar",
                  "experiment",
                  "plan",
                  "state",
                  "signal",
                  "detect",
                  "policy")),
          Map.entry("wire", core()),
          Map.entry("kafka", with(core(), "wire")),
          Map.entry("metrics", Set.of()),
          Map.entry("redis", core()),
          Map.entry("flink", with(core(), "wire", "kafka", "redis", "metrics")),
          Map.entry("simulate", Set.of()),
          Map.entry("cluster", Set.of("metrics")),
          Map.entry("cli", with(core(), "wire", "kafka", "redis", "flink", "simulate", "cluster")));

  /** Libraries that only these packages may see. */
  private static final Map<String, Set<String>> LIBRARIES =
      Map.ofEntries(
          Map.entry("dev.cel.", Set.of("language.expression")),
          Map.entry("org.snakeyaml.", Set.of("language.yaml")),
          Map.entry("tools.jackson.", Set.of("wire", "kafka", "flink", "cluster", "cli")),
          Map.entry("org.hipparchus.", Set.of("churn", "churn.fit")),
          Map.entry("org.erdtman.", Set.of("wire")),
          Map.entry("org.apache.avro.", Set.of("wire")),
          Map.entry("picocli.", Set.of("cli")),
          Map.entry("io.micrometer.", Set.of("metrics")),
          Map.entry("io.prometheus.", Set.of("metrics")),
          Map.entry("org.apache.flink.", Set.of("flink", "kafka", "metrics")),
          Map.entry("org.apache.kafka.", Set.of("kafka")),
          Map.entry("redis.clients.", Set.of("redis")),
          Map.entry("org.slf4j.", Set.of("flink", "metrics", "cli")),
          Map.entry("org.apache.logging.", Set.of("flink", "cli")));

  /** What the outer world is made of. */
  private static final List<String> OUTER_PACKAGES =
      List.of(
          "org.apache.flink",
          "org.apache.kafka",
          "redis",
          "org.slf4j",
          "org.apache.log4j",
          "org.apache.logging",
          "java.util.logging",
          "java.io",
          "java.nio.file",
          "java.nio.channels",
          "java.net",
          "java.util.concurrent",
          "java.util.random",
          "tools.jackson");

  private static final Set<String> OUTER_CLASSES =
      Set.of(
          "java.time.Clock",
          "java.time.InstantSource",
          "java.util.Random",
          "java.util.SplittableRandom",
          "java.util.Timer",
          "java.security.SecureRandom",
          "java.lang.Thread",
          "java.lang.ThreadLocal",
          "java.lang.Process",
          "java.lang.ProcessBuilder",
          "java.lang.Runtime");

  private static final Set<String> OUTER_MEMBERS =
      Set.of(
          "java.lang.System.currentTimeMillis",
          "java.lang.System.nanoTime",
          "java.lang.System.getenv",
          "java.lang.System.getProperty",
          "java.lang.System.out",
          "java.lang.System.err",
          "java.lang.System.in",
          "java.lang.Math.random",
          "java.util.UUID.randomUUID",
          "java.util.Collections.shuffle",
          "java.util.TimeZone.getDefault",
          "java.time.ZoneId.systemDefault");

  private static final Set<String> MUTABLE_TYPES =
      Set.of(
          "java.util.ArrayList",
          "java.util.ArrayDeque",
          "java.util.BitSet",
          "java.util.EnumMap",
          "java.util.HashMap",
          "java.util.HashSet",
          "java.util.LinkedHashMap",
          "java.util.LinkedHashSet",
          "java.util.TreeMap",
          "java.util.TreeSet",
          "java.lang.StringBuilder",
          "java.nio.ByteBuffer",
          "java.security.MessageDigest");

  private static final DescribedPredicate<JavaClass> IN_CORE =
      describe("are in the core", c -> core().contains(packageOf(c)));

  private static final ArchRule LAYERS =
      classes().should(onlyImport()).as("packages import downwards only");

  private static final ArchRule LIBRARIES_STAY_BEHIND_THEIR_PACKAGE =
      classes().should(onlySeeTheirLibraries()).as("libraries stay behind the package they serve");

  private static final ArchRule CORE_KNOWS_NO_OUTER_WORLD =
      noClasses()
          .that(IN_CORE)
          .should()
          .dependOnClassesThat(
              describe(
                  "do I/O, logging, threads, randomness or clocks",
                  c ->
                      OUTER_CLASSES.contains(c.getFullName())
                          || OUTER_PACKAGES.stream()
                              .anyMatch(p -> (c.getPackageName() + ".").startsWith(p + "."))));

  private static final ArchRule CORE_READS_NO_CLOCK =
      noClasses()
          .that(IN_CORE)
          .should()
          .accessTargetWhere(
              describe("reads a clock, chance or the machine", ArchitectureTest::isOuterMember));

  private static final ArchRule PACKAGES_ARE_NULL_MARKED =
      classes().should(beInNullMarkedPackage()).as("every package has a @NullMarked package-info");

  private static final ArchRule NO_STATIC_STATE =
      fields()
          .that()
          .areStatic()
          .and(describe("are written by hand", f -> !isSynthetic(f)))
          .should(notBeState())
          .allowEmptyShould(true)
          .as("no static mutable state");

  private static final List<ArchRule> RULES =
      List.of(
          LAYERS,
          LIBRARIES_STAY_BEHIND_THEIR_PACKAGE,
          CORE_KNOWS_NO_OUTER_WORLD,
          CORE_READS_NO_CLOCK,
          PACKAGES_ARE_NULL_MARKED,
          NO_STATIC_STATE);

  private static final JavaClasses MAIN =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  private static final JavaClasses BAD = new ClassFileImporter().importPackages(FIXTURES);

  @Test
  void productionCodeKeepsEveryRule() {
    assertThat(MAIN.size()).isGreaterThan(20);
    for (ArchRule rule : RULES) {
      rule.check(MAIN);
    }
  }

  @Test
  void everyPackageHasItsPlace() {
    Set<String> packages =
        MAIN.stream()
            .map(ArchitectureTest::packageOf)
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(packages).isSubsetOf(ALLOWED.keySet());
    assertThat(packages).containsAll(core());
  }

  @Test
  void theLinesDrawnHaveNoWayBack() {
    for (Map.Entry<String, Set<String>> entry : ALLOWED.entrySet()) {
      for (String imported : entry.getValue()) {
        assertThat(ALLOWED.get(imported))
            .as("%s imports %s, which must not import it", entry.getKey(), imported)
            .doesNotContain(imported.equals(entry.getKey()) ? "-" : entry.getKey());
      }
    }
  }

  @Test
  void anImportUpwardsIsFound() {
    assertFinds(LAYERS, "archfixtures.plan.ImportsUpwards");
  }

  @Test
  void aLibraryOutsideItsPackageIsFound() {
    assertFinds(LIBRARIES_STAY_BEHIND_THEIR_PACKAGE, "archfixtures.event.SeesOutside");
  }

  @Test
  void filesLogsThreadsAndClocksAreFound() {
    String violations = assertFinds(CORE_KNOWS_NO_OUTER_WORLD, "archfixtures.event.SeesOutside");
    assertThat(violations)
        .contains("java.io.IOException")
        .contains("java.nio.file.Files")
        .contains("java.time.Clock")
        .contains("java.util.Random")
        .contains("java.lang.Thread")
        .contains("java.util.concurrent.ConcurrentHashMap")
        .contains("java.util.logging.Logger")
        .contains("org.slf4j.Logger")
        .contains("org.apache.flink.api.common.typeinfo.Types")
        .contains("tools.jackson.databind.json.JsonMapper")
        .doesNotContain("HoldsAdapters");
  }

  @Test
  void readingAClockIsFound() {
    String violations = assertFinds(CORE_READS_NO_CLOCK, "archfixtures.event.ReadsClocks");
    assertThat(violations)
        .contains("System.currentTimeMillis")
        .contains("System.nanoTime")
        .contains("Instant.now")
        .contains("Math.random")
        .contains("UUID.randomUUID")
        .contains("ZoneId.systemDefault");
  }

  @Test
  void aPackageWithoutNullMarkedIsFound() {
    assertFinds(PACKAGES_ARE_NULL_MARKED, "archfixtures.unmarked.Unmarked");
  }

  @Test
  void staticStateIsFound() {
    String violations = assertFinds(NO_STATIC_STATE, "archfixtures.event.HoldsState");
    assertThat(violations).contains("counter").contains("CACHE").contains("TABLE");
    assertThat(violations).doesNotContain("LIMIT");
  }

  private static String assertFinds(ArchRule rule, String where) {
    String violations = String.join("\n", rule.evaluate(BAD).getFailureReport().getDetails());
    assertThat(violations).as(rule.getDescription()).contains(where);
    return violations;
  }

  private static Set<String> core() {
    return with(
        LANGUAGE,
        "event",
        "calendar",
        "experiment",
        "churn",
        "churn.fit",
        "plan",
        "state",
        "signal",
        "detect",
        "policy",
        "budget",
        "engine");
  }

  private static Set<String> with(Set<String> some, String... others) {
    return Stream.concat(some.stream(), Stream.of(others)).collect(Collectors.toUnmodifiableSet());
  }

  /** The package's name below the root; fixtures count as of the package that they play. */
  private static String packageOf(JavaClass type) {
    String name = type.getPackageName();
    for (String prefix : List.of(FIXTURES, ROOT)) {
      if (name.equals(prefix)) {
        return "";
      }
      if (name.startsWith(prefix + ".")) {
        return name.substring(prefix.length() + 1);
      }
    }
    return name;
  }

  private static boolean isOurs(JavaClass type) {
    return (type.getPackageName() + ".").startsWith(ROOT + ".");
  }

  private static boolean isOuterMember(JavaAccess<?> access) {
    String owner = access.getTargetOwner().getFullName();
    String name = access.getTarget().getName();
    return OUTER_MEMBERS.contains(owner + "." + name)
        || (owner.startsWith("java.time.") && name.equals("now"))
        || (owner.equals("java.lang.Object")
            && Set.of("wait", "notify", "notifyAll").contains(name));
  }

  private static boolean isSynthetic(JavaField field) {
    return field.getModifiers().contains(JavaModifier.SYNTHETIC)
        || field.getName().startsWith("$")
        || field.getName().equals("ENUM$VALUES");
  }

  private static ArchCondition<JavaClass> onlyImport() {
    return new ArchCondition<>("only import what their package may") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        String from = packageOf(type);
        Set<String> allowed = ALLOWED.getOrDefault(from, Set.of());
        for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
          JavaClass target = dependency.getTargetClass().getBaseComponentType();
          String to = packageOf(target);
          if (isOurs(target) && !to.equals(from) && !allowed.contains(to)) {
            events.add(SimpleConditionEvent.violated(type, dependency.getDescription()));
          }
        }
      }
    };
  }

  private static ArchCondition<JavaClass> onlySeeTheirLibraries() {
    return new ArchCondition<>("only see the libraries of their package") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
          String target = dependency.getTargetClass().getBaseComponentType().getFullName();
          for (Map.Entry<String, Set<String>> library : LIBRARIES.entrySet()) {
            if (target.startsWith(library.getKey())
                && !library.getValue().contains(packageOf(type))) {
              events.add(SimpleConditionEvent.violated(type, dependency.getDescription()));
            }
          }
        }
      }
    };
  }

  private static ArchCondition<JavaClass> beInNullMarkedPackage() {
    return new ArchCondition<>("be in a @NullMarked package") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        if (!type.getPackage().isAnnotatedWith(NullMarked.class)) {
          events.add(
              SimpleConditionEvent.violated(type, type.getFullName() + " is not null-marked"));
        }
      }
    };
  }

  private static ArchCondition<JavaField> notBeState() {
    return new ArchCondition<>("be final and immutable") {
      @Override
      public void check(JavaField field, ConditionEvents events) {
        JavaClass type = field.getRawType();
        boolean shared = !field.getModifiers().contains(JavaModifier.PRIVATE);
        boolean mutable =
            MUTABLE_TYPES.contains(type.getFullName())
                || type.getPackageName().startsWith("java.util.concurrent")
                || (type.isArray() && shared);
        if (!field.getModifiers().contains(JavaModifier.FINAL) || mutable) {
          events.add(SimpleConditionEvent.violated(field, field.getFullName() + " is state"));
        }
      }
    };
  }
}
