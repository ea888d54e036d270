// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.calendar.Durations;
import io.beckon.language.Definitions;
import io.beckon.language.Intervention;
import io.beckon.language.JobDefinition;
import io.beckon.language.TestDefinition;
import io.beckon.language.TestDefinition.Expected;
import io.beckon.language.TriggerDefinition;
import io.beckon.policy.Reason;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The jobs that people start from: every trigger is tested, explained and held by its tests. */
final class LibraryTest {
  private static final Path JOBS = Path.of("jobs");
  private static final Path PAGE = Path.of("docs", "library.md");
  private static final String MARK = "<!-- triggers:";

  private record Said(int code, String out) {}

  private static Said beckon(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Beckon.execute(new PrintWriter(out), new PrintWriter(err), args);
    return new Said(code, out + err.toString());
  }

  private static Definitions.Loaded load(String job) throws Refusal {
    JobFolder folder = JobFolder.of(JOBS.resolve(job));
    return Definitions.load(folder.name(), folder.read());
  }

  private static JobDefinition job(String name) throws Refusal {
    return load(name).job().orElseThrow();
  }

  // --- tests beside the triggers

  @ParameterizedTest
  @ValueSource(strings = {"retail", "subscription"})
  void everyTriggerHasThreeTestsAndFiresInOneAndIsSilentInAnother(String name) throws Refusal {
    Definitions.Loaded loaded = load(name);
    for (TriggerDefinition trigger : loaded.job().orElseThrow().triggers()) {
      String id = trigger.id();
      assertThat(trigger.owner()).as(id).isNotBlank();
      assertThat(trigger.description()).as(id).isNotBlank().doesNotContain("\n");
      assertThat(trigger.expiresInMs()).as(id).isPresent();
      List<TestDefinition> tests =
          loaded.tests().stream().filter(test -> test.trigger().equals(id)).toList();
      assertThat(tests).as(id).hasSizeGreaterThanOrEqualTo(3);
      assertThat(tests).as(id).anyMatch(LibraryTest::fires);
      assertThat(tests).as(id).anyMatch(test -> !fires(test));
    }
  }

  /** Whether all it waits for is there; of a shadow or a paused trigger nothing more comes. */
  private static boolean fires(TestDefinition test) {
    Set<String> last = Set.of("ISSUED", "SHADOW", "PAUSED");
    List<Expected> decisions = test.expect().decisions().orElseThrow();
    return decisions.stream()
        .flatMap(decision -> decision.fields().stream())
        .anyMatch(field -> field.name().equals("reason") && last.contains(field.value()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"retail", "subscription"})
  void theTestsPass(String name) throws Refusal {
    int tests = load(name).tests().size();
    Said said = beckon("test", JOBS.resolve(name).toString());
    assertThat(said.code()).as(said.out()).isZero();
    assertThat(said.out()).endsWith(tests + " passed, 0 failed\n");
  }

  /** A number of each trigger, moved: its tests have to notice and to show what differs. */
  @ParameterizedTest(name = "{0}/{1}: {2} → {3}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          retail       | advocate                 | 'above: 5'                    | 'above: 4'
          retail       | birthday                 | 'moment.years >= 14'          | 'moment.years >= 13'
          retail       | browse-without-buy       | 'within: 30m'                 | 'within: 31m'
          retail       | buyer-slipping-away      | 'clear_at: 0.6'               | 'clear_at: 0.7'
          retail       | cart-abandonment         | 'for: 1h'                     | 'for: 61m'
          retail       | category-interest        | 'at_least: 5'                 | 'at_least: 4'
          retail       | complaint                | 'expires_in: 1h'              | 'expires_in: 2h'
          retail       | coupon-expiring          | 'before: 2d'                  | 'before: 3d'
          retail       | first-purchase           | 'orders_365d == 1'            | 'orders_365d <= 2'
          retail       | gift-season              | 'until: 2026-12-18'           | 'until: 2026-12-19'
          retail       | invite-friends           | 'event.rating >= 5.0'         | 'event.rating >= 4.5'
          retail       | low-rating               | 'event.rating <= 2.0'         | 'event.rating <= 2.5'
          retail       | payment-failed-twice     | 'within: 1h'                  | 'within: 61m'
          retail       | points-expiring          | 'before: 7d'                  | 'before: 6d'
          retail       | referral-converted       | 'for: 365d'                   | 'for: 1d'
          retail       | registration-anniversary | 'orders_365d >= 1'            | 'orders_365d >= 0'
          retail       | repurchase-due           | 'own_gap: 1.2'                | 'own_gap: 1.3'
          retail       | review-request           | 'for: 10d'                    | 'for: 9d'
          retail       | tier-at-risk             | 'before: 30d'                 | 'before: 29d'
          retail       | tier-within-reach        | '<= 50.0'                     | '<= 50.01'
          retail       | valued-gone-quiet        | 'spend_365d >= 500.0'         | 'spend_365d >= 495.0'
          retail       | valued-slipping-away     | 'duration("336h")'            | 'duration("335h")'
          retail       | win-back                 | 'for: 60d'                    | 'for: 59d'
          subscription | activity-sinking         | 'for: 2d'                     | 'for: 1d'
          subscription | churn-likely             | 'above: 0.6'                  | 'above: 0.61'
          subscription | churn-possible           | 'above: 0.4'                  | 'above: 0.39'
          subscription | course-stalled           | 'after: 10d'                  | 'after: 9d'
          subscription | feature-struggle         | 'at_least: 3'                 | 'at_least: 2'
          subscription | goal-reached             | 'for: 90d'                    | 'for: 91d'
          subscription | lesson-stalled           | 'for: 3d'                     | 'for: 2d'
          subscription | losing-rhythm            | 'above: 0.5'                  | 'above: 0.49'
          subscription | onboarding-stalled       | 'for: 2d'                     | 'for: 1d'
          subscription | outage-apology           | 'at_least: 5'                 | 'at_least: 4'
          subscription | plan-downgraded          | 'cooldown: 30d'               | 'cooldown: 29d'
          subscription | plan-outgrown            | 'at_least: 5'                 | 'at_least: 4'
          subscription | renewal-at-risk          | 'renewal_risk >= 0.15'        | 'renewal_risk >= 0.16'
          subscription | silent                   | 'ceiling: 28d'                | 'ceiling: 29d'
          subscription | streak-at-risk           | 'for: 19h'                    | 'for: 18h'
          subscription | tickets-piling-up        | 'within: 14d'                 | 'within: 15d'
          subscription | trial-ending             | 'at: "10:00"'                 | 'at: "09:00"'
          subscription | usage-dropped            | 'by: 0.5'                     | 'by: 0.4'
          subscription | win-back                 | 'for: 60d'                    | 'for: 61d'
          """)
  void aMovedNumberIsNoticed(
      String name, String trigger, String number, String moved, @TempDir Path folder)
      throws IOException {
    Path copy = copy(JOBS.resolve(name), folder.resolve(name));
    Path file = copy.resolve("triggers").resolve(trigger + ".yaml");
    String text = Files.readString(file);
    int tests = text.indexOf("\ntests:");
    assertThat(text.substring(0, tests)).containsOnlyOnce(number);
    Files.writeString(file, text.replace(number, moved));

    Said said = beckon("test", copy.toString());

    assertThat(said.code()).as(said.out()).isEqualTo(1);
    assertThat(said.out())
        .contains("FAILED  " + trigger + "/", file + ":", " decisions\n")
        .containsPattern("(?m)^ +expected +\\| actual$")
        .containsPattern("(?m)^ +! .* \\| .*$");
    assertThat(said.out().lines().filter(line -> line.startsWith("FAILED  ")))
        .as("only its own tests notice")
        .allMatch(line -> line.startsWith("FAILED  " + trigger + "/"));
  }

  @Test
  void everyTriggerHasANumberThatIsMoved() throws Exception {
    Method moving =
        LibraryTest.class.getDeclaredMethod(
            "aMovedNumberIsNoticed",
            String.class,
            String.class,
            String.class,
            String.class,
            Path.class);
    String moved = Objects.requireNonNull(moving.getAnnotation(CsvSource.class)).textBlock();
    for (String name : List.of("retail", "subscription")) {
      for (TriggerDefinition trigger : job(name).triggers()) {
        assertThat(moved).containsPattern(name + " +\\| " + trigger.id() + " +\\|");
      }
    }
  }

  // --- models

  /** The commands in the comment above it, run again. */
  @Test
  void theShopsModelIsThatOfTheSimulatedShop(@TempDir Path folder) throws Exception {
    Path log = folder.resolve("shop.csv.gz");
    Path out = folder.resolve("orders.yaml");
    String text = Files.readString(JOBS.resolve("retail").resolve("models").resolve("orders.yaml"));
    List<String> commands =
        text.lines()
            .filter(line -> line.startsWith("#   bin/beckon "))
            .map(line -> line.substring("#   bin/beckon ".length()))
            .toList();
    assertThat(commands).hasSize(2);
    for (String command : commands) {
      String here =
          command.replace("shop.csv.gz", log.toString()).replace("orders.yaml", out.toString());
      Said said = beckon(here.split(" "));
      assertThat(said.code()).as(said.out()).isZero();
    }
    assertThat(Files.readString(out)).isEqualTo(text.substring(text.indexOf("apiVersion:")));
  }

  // --- the checklist

  @Test
  void everyJobKeepsTheChecklist() throws Refusal {
    for (String name : List.of("retail", "subscription")) {
      assertThat(beckon("validate", JOBS.resolve(name).toString()).out())
          .as("not even a warning, also of the state of a user")
          .doesNotContain("warning");
      JobDefinition job = job(name);
      for (LibraryChecklist point : LibraryChecklist.values()) {
        assertThat(point.broken(job)).as(name + ": " + point.title()).isEmpty();
      }
    }
  }

  /** Each point of the checklist, and a change that breaks it. */
  @ParameterizedTest(name = "{0}: {1}/{2}: {3} → {4}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          SERVICE   | retail       | complaint            | 'lane: service'      | 'lane: marketing'             | complaint
          SERVICE   | retail       | payment-failed-twice | 'lane: service'      | 'lane: marketing'             | payment-failed-twice
          SERVICE   | retail       | points-expiring      | 'lane: service'      | 'lane: marketing'             | points-expiring
          SERVICE   | subscription | outage-apology       | 'lane: service'      | 'lane: marketing'             | outage-apology
          SERVICE   | subscription | renewal-at-risk      | 'lane: service'      | 'lane: marketing'             | renewal-at-risk
          SERVICE   | subscription | trial-ending         | 'lane: service'      | 'lane: marketing'             | trial-ending
          MUTED     | retail       | policy               | 'at_most: 14d'       | 'at_most: 15d'                | complaint_opened
          MUTED     | retail       | policy               | ', until: complaint_resolved' | ''                   | complaint_opened
          MUTED     | subscription | policy               | 'lane: marketing, from: request_failed' | 'lane: service, from: request_failed' | request_failed
          CONSENT   | retail       | policy               | 'marketing: user.consent_marketing, ' | ''           | policy
          CONSENT   | subscription | policy               | 'lanes: {'           | 'lanes: {marketing: {exempt: [consent]}, ' | policy
          QUIET     | retail       | policy               | 'windows: ["21:00-08:00"]' | ''                      | policy
          QUIET     | subscription | policy               | 'lanes: {'           | 'lanes: {marketing: {exempt: [quiet_hours]}, ' | policy
          CAPPED    | retail       | policy               | 'at_most: 1, rolling: 24h' | 'at_most: 2, rolling: 24h' | policy
          CAPPED    | subscription | policy               | 'rolling: 24h'       | 'rolling: 23h'                | policy
          COUPONS   | retail       | browse-without-buy   | 'budget: coupons'    | ''                            | browse-without-buy
          COUPONS   | retail       | policy               | 'when_empty: {tutorial: {channel: push, template: bargain-corner, topic: bargains}}' | '' | browse-without-buy, buyer-slipping-away, cart-abandonment, win-back
          COUPONS   | subscription | policy               | 'when_empty: {tutorial: {channel: email, template: what-is-new, topic: news}}' | 'when_empty: {message: {channel: email}}' | churn-possible, win-back
          COUPONS   | subscription | policy               | 'per_user: 30.00'    | ''                            | churn-possible, win-back
          HELD_OUT  | retail       | policy               | 'global: 5%, '       | ''                            | policy
          HELD_OUT  | subscription | policy               | 'lanes: {'           | 'lanes: {marketing: {exempt: [holdout]}, ' | policy
          GOALS     | retail       | advocate             | 'goal: {event: product_shared, within: 30d}' | ''    | advocate
          ABANDONED | retail       | cart-abandonment     | 'cancel_on: {event: purchase, match: [item_id]}' | '' | cart-abandonment
          ABANDONED | retail       | repurchase-due       | 'holdout: 10%'       | ''                            | repurchase-due
          ABANDONED | retail       | valued-gone-quiet    | 'goal: {event: purchase, within: 30d, value: event.total}' | '' | valued-gone-quiet
          EXPIRES   | subscription | goal-reached         | 'expires_in: 6h'     | ''                            | goal-reached
          PEOPLE    | retail       | policy               | 'outreach: {at_most: 200' | 'tutorial: {at_most: 200' | advocate, cart-abandonment, complaint, low-rating, valued-gone-quiet, valued-slipping-away
          JOURNEYS  | subscription | policy               | 'journeys: {at_most: 6}' | ''                        | policy
          """)
  void aBrokenPointIsNoticed(
      LibraryChecklist point,
      String name,
      String file,
      String text,
      String changed,
      String broken,
      @TempDir Path folder)
      throws Exception {
    Path copy = copy(JOBS.resolve(name), folder.resolve(name));
    Path path = file.equals("policy") ? copy : copy.resolve("triggers");
    path = path.resolve(file + ".yaml");
    String written = Files.readString(path);
    int at = written.indexOf(text);
    assertThat(at).as(written).isNotNegative();
    Files.writeString(
        path, written.substring(0, at) + changed + written.substring(at + text.length()));

    JobFolder spoilt = JobFolder.of(copy);
    Definitions.Loaded loaded = Definitions.load(spoilt.name(), spoilt.read());

    assertThat(point.broken(loaded.job().orElseThrow())).containsExactly(broken.split(", "));
  }

  @Test
  void everyPointOfTheChecklistIsBrokenOnce() throws Exception {
    Method breaking =
        Stream.of(LibraryTest.class.getDeclaredMethods())
            .filter(method -> method.getName().equals("aBrokenPointIsNoticed"))
            .findFirst()
            .orElseThrow();
    String changes = Objects.requireNonNull(breaking.getAnnotation(CsvSource.class)).textBlock();
    for (LibraryChecklist point : LibraryChecklist.values()) {
      assertThat(changes).containsPattern("(?m)^" + point.name() + " +\\|");
    }
  }

  @Test
  void everyReasonHasATest() throws Refusal {
    assertThat(LibraryChecklist.unshown(List.of(load("retail"), load("subscription"))))
        .isEqualTo(LibraryChecklist.BEYOND_TESTS);
  }

  @Test
  void aReasonWithoutATestIsNoticed(@TempDir Path folder) throws Exception {
    Path copy = copy(JOBS.resolve("retail"), folder.resolve("retail"));
    Path paused = copy.resolve("triggers").resolve("invite-friends.yaml");
    Files.writeString(paused, Files.readString(paused).replace("PAUSED", "ISSUED"));
    JobFolder spoilt = JobFolder.of(copy);
    Definitions.Loaded loaded = Definitions.load(spoilt.name(), spoilt.read());
    assertThat(LibraryChecklist.unshown(List.of(loaded, load("subscription"))))
        .contains(Reason.PAUSED)
        .containsAll(LibraryChecklist.BEYOND_TESTS)
        .hasSize(LibraryChecklist.BEYOND_TESTS.size() + 1);
  }

  @Test
  void thePageHasTheChecklist() throws IOException {
    String page = Files.readString(PAGE);
    String list = page.substring(page.indexOf("\n## Checklist\n"), page.indexOf("\n" + MARK));
    List<String> titles =
        Pattern.compile("(?m)^\\| \\*\\*(.+?)\\.\\*\\* ")
            .matcher(list)
            .results()
            .map(found -> found.group(1))
            .toList();
    assertThat(titles)
        .containsExactlyElementsOf(
            Stream.of(LibraryChecklist.values()).map(LibraryChecklist::title).toList());
    for (Reason reason : LibraryChecklist.BEYOND_TESTS) {
      assertThat(list).contains("`" + reason.name() + "`");
    }
  }

  private static Path copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    }
    return to;
  }

  // --- docs/library.md

  @Test
  void thePageListsEveryTrigger() throws Exception {
    String text = Files.readString(PAGE);
    int mark = text.indexOf('\n', text.indexOf(MARK)) + 1;
    String fresh = text.substring(0, mark) + tables();
    if (Boolean.getBoolean("beckon.update")) {
      Files.writeString(PAGE, fresh);
    }
    assertThat(Files.readString(PAGE)).isEqualTo(fresh);
    int triggers = job("retail").triggers().size() + job("subscription").triggers().size();
    assertThat(Files.readString(Path.of("README.md")))
        .contains("(docs/library.md): " + triggers + " triggers to start from");
    assertThat(Files.readString(Path.of("README.zh-CN.md")))
        .contains("(docs/library.md)：" + triggers + " 个");
  }

  private static String tables() throws Exception {
    Map<String, String> titles = new TreeMap<>();
    titles.put("retail", "A shop");
    titles.put("subscription", "A subscription");
    StringBuilder out = new StringBuilder();
    for (Map.Entry<String, String> title : titles.entrySet()) {
      String name = title.getKey();
      out.append("\n## ").append(title.getValue()).append("\n\n");
      out.append("| Trigger | What it notices, and what for | Shape | Steps | Lane, mode |");
      out.append(" Goal | Held out |\n|---|---|---|---|---|---|---|\n");
      for (TriggerDefinition trigger : job(name).triggers()) {
        String file = "jobs/" + name + "/triggers/" + trigger.id() + ".yaml";
        out.append("| [`").append(trigger.id()).append("`](../").append(file).append(") | ");
        out.append(trigger.description()).append(" | `");
        out.append(shape(Path.of(file))).append("` | ");
        out.append(
            String.join(", then ", trigger.steps().stream().map(LibraryTest::step).toList()));
        out.append(" | ").append(lower(trigger.lane()));
        if (trigger.mode() != TriggerDefinition.Mode.LIVE) {
          out.append(", ").append(lower(trigger.mode()));
        }
        out.append(" | ").append(trigger.goal().map(LibraryTest::goal).orElse(""));
        out.append(" | ").append(trigger.holdout().signum() == 0 ? "" : percent(trigger));
        out.append(" |\n");
      }
    }
    return out.toString().replace("|  |", "| |").replace("|  |", "| |");
  }

  private static String step(TriggerDefinition.Step step) {
    Intervention sent = step.intervention();
    StringBuilder out = new StringBuilder();
    if (step.waitMs() > 0) {
      out.append("after ").append(Durations.format(step.waitMs())).append(' ');
    }
    out.append(lower(sent.kind()));
    sent.channel().ifPresent(channel -> out.append(" by ").append(channel));
    sent.budget().ifPresent(budget -> out.append(" from `").append(budget).append('`'));
    if (!sent.variants().isEmpty()) {
      out.append(" in ").append(sent.variants().size()).append(" variants");
    }
    step.condition().ifPresent(condition -> out.append(" `if`"));
    return out.toString();
  }

  private static String goal(TriggerDefinition.Goal goal) {
    return "`"
        + goal.ender().selector().type().name()
        + "` in "
        + Durations.format(goal.withinMs());
  }

  private static String percent(TriggerDefinition trigger) {
    return trigger.holdout().movePointRight(2).stripTrailingZeros().toPlainString() + " %";
  }

  private static String lower(Enum<?> word) {
    return word.name().toLowerCase(Locale.ROOT);
  }

  /** As it is written. */
  private static String shape(Path file) throws IOException {
    Object document =
        new Load(LoadSettings.builder().build()).loadFromString(Files.readString(file));
    if (document instanceof Map<?, ?> trigger && trigger.get("when") instanceof Map<?, ?> when) {
      return String.valueOf(when.keySet().iterator().next());
    }
    throw new AssertionError(file + " has no `when`");
  }
}
