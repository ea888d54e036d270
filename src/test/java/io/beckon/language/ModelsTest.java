// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.beckon.churn.Activity;
import io.beckon.churn.Background;
import io.beckon.churn.BgNbd;
import io.beckon.churn.Billing;
import io.beckon.churn.CadenceScore;
import io.beckon.churn.Feature;
import io.beckon.churn.MbgNbd;
import io.beckon.churn.Nbd;
import io.beckon.churn.OwnCadence;
import io.beckon.churn.ReturnScore;
import io.beckon.churn.Scorecard;
import io.beckon.churn.Term;
import io.beckon.event.AttributeType;
import io.beckon.language.JobDefinition.GateSettings;
import io.beckon.language.JobDefinition.RedisSettings;
import io.beckon.language.JobDefinition.ScoreRedis;
import io.beckon.language.JobDefinition.ScoreSettings;
import io.beckon.language.SignalDefinition.ModelRef;
import io.beckon.language.diagnostics.Rendering;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Models of every family, the signals of them, and what a job does with its scores. */
class ModelsTest {
  private static final long DAY_MS = 86_400_000L;
  private static final Path BASE = Path.of("src", "test", "resources", "diagnostics", "base");

  private static final String HEAD = "apiVersion: beckon/v1\nkind: Model\nversion: 3\n";

  private static final Map<String, String> MODELS =
      Map.of(
          "lost",
          """
          model: mbg-nbd
          event: purchase
          horizon: 91d
          parameters: {r: 0.5, alpha: 43.25, a: 0.9, b: 1.6}
          """,
          "later",
          """
          model: bg-nbd
          event: purchase
          horizon: 13w
          prior_gap: 7w
          parameters: {r: 0.5, alpha: 43, a: 0.9, b: 1.6}
          """,
          "never",
          """
          model: nbd
          event: {events: [purchase, add_to_cart]}
          horizon: 30d
          parameters: {r: 5.0E-1, alpha: 43.0}
          """,
          "rhythm",
          """
          model: cadence
          event: {event: purchase, where: event.total > 5.0}
          prior_gap: 36h
          parameters: {k: 6, floor: 3d, ceiling: 28d}
          """,
          "level",
          "model: activity-level\nevent: app_open\nparameters: {tau: 28d, min_history: 14d}\n",
          "drop",
          "model: usage-drop\nevent: app_open\nparameters: {short: 7d, long: 28d}\n",
          "card",
          """
          model: scorecard
          event: app_open
          horizon: 30d
          prior_gap: 5d
          prior_weight: 3
          parameters: {intercept: -3.692}
          """
              + "features: [{ln: gap, plus: 1, weight: 0.209}, {of: level_28d, weight: -1},"
              + " {of: tenure, below: 8, weight: 0.5}, {of: age, from: 3, weight: 0.25}]\n",
          "renewal",
          """
          model: renewal-risk
          event: app_open
          horizon: 7d
          lead: 7d
          prior_gap: 5d
          parameters: {intercept: -1, slope: 0.9, offset: 0.1}
          features: [{of: days_to_renewal, from: 0.0, below: 8.0, weight: 0.7}]
          """
              + "subscription: {starts: purchase, ends: {events: [search, add_to_cart]},"
              + " first: 1w, every: 30d}\n");

  private static final String SIGNALS =
      """
      apiVersion: beckon/v1
      kind: Signals
      signals:
        lost: {model: lost}
        lost_30d: {model: lost, horizon: 30d}
        later: {model: later}
        never: {model: never}
        rhythm: {model: rhythm}
        level: {model: level}
        drop: {model: drop}
        card: {model: card}
        renewal: {model: renewal}
      """;

  private static Map<String, String> files() {
    Map<String, String> files = new TreeMap<>(JobFiles.read(BASE));
    MODELS.forEach(
        (id, text) -> files.put("models/" + id + ".yaml", HEAD + "id: " + id + "\n" + text));
    files.put("signals.yaml", SIGNALS);
    return files;
  }

  private static JobDefinition load(Map<String, String> files) {
    Definitions.Loaded loaded = JobFiles.load(files);
    assertThat(Rendering.text(loaded.problems().sorted(), JobFiles.sources(files)))
        .isEqualTo("definitions: 0 errors, 0 warnings\n");
    return loaded.job().orElseThrow();
  }

  private static SignalDefinition signal(JobDefinition job, String name) {
    return job.signals().all().stream()
        .filter(signal -> signal.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static SignalMeasure.Model model(JobDefinition job, String name) {
    return (SignalMeasure.Model) signal(job, name).measure();
  }

  @Test
  void everyFamilyIsRead() {
    JobDefinition job = load(files());
    assertThat(job.models())
        .extracting(ModelDefinition::id)
        .containsExactly("card", "drop", "later", "level", "lost", "never", "renewal", "rhythm");
    assertThat(model(job, "lost").score())
        .isEqualTo(new ReturnScore(new MbgNbd(0.5, 43.25, 0.9, 1.6), 91 * DAY_MS));
    assertThat(model(job, "later").score())
        .isEqualTo(new ReturnScore(new BgNbd(0.5, 43, 0.9, 1.6), 91 * DAY_MS));
    assertThat(model(job, "never").score())
        .isEqualTo(new ReturnScore(new Nbd(0.5, 43), 30 * DAY_MS));
    assertThat(model(job, "rhythm").score())
        .isEqualTo(new CadenceScore(new OwnCadence(6, 1.5, 2, 3 * DAY_MS, 28 * DAY_MS)));
    assertThat(signal(job, "level").measure())
        .isInstanceOfSatisfying(
            SignalMeasure.ActivityLevel.class,
            level -> {
              assertThat(level.tauMs()).isEqualTo(28 * DAY_MS);
              assertThat(level.minHistoryMs()).hasValue(14 * DAY_MS);
            });
    assertThat(signal(job, "drop").measure())
        .isInstanceOfSatisfying(
            SignalMeasure.DropRatio.class,
            drop -> {
              assertThat(drop.shortMs()).isEqualTo(7 * DAY_MS);
              assertThat(drop.longMs()).isEqualTo(28 * DAY_MS);
              assertThat(drop.minLevel()).isZero();
            });
    assertThat(model(job, "card").score())
        .isEqualTo(
            new Scorecard(
                -3.692,
                1,
                0,
                List.of(
                    new Term.Ln(Feature.GAP, 1, 0.209),
                    new Term.Linear(Feature.LEVEL_28D, -1),
                    new Term.Bin(Feature.TENURE, 0, 8, 0.5),
                    new Term.Bin(Feature.AGE, 3, 1e9, 0.25)),
                new Background(5, 3, Optional.empty())));
    assertThat(model(job, "renewal").score())
        .isEqualTo(
            new Scorecard(
                -1,
                0.9,
                0.1,
                List.of(new Term.Bin(Feature.DAYS_TO_RENEWAL, 0, 8, 0.7)),
                new Background(5, 2, Optional.of(new Billing(7, 30)))));
  }

  @Test
  void signalsSayWhichModelAndWhichEvents() {
    JobDefinition job = load(files());
    for (SignalDefinition signal : job.signals().all()) {
      assertThat(signal.type()).isEqualTo(AttributeType.DOUBLE);
      String id = signal.name().equals("lost_30d") ? "lost" : signal.name();
      assertThat(signal.model()).contains(new ModelRef(id, 3));
    }
    assertThat(model(job, "lost").writtenHorizonMs()).isEmpty();
    assertThat(model(job, "lost_30d").writtenHorizonMs()).hasValue(30 * DAY_MS);
    assertThat(model(job, "lost_30d").score())
        .isEqualTo(new ReturnScore(new MbgNbd(0.5, 43.25, 0.9, 1.6), 30 * DAY_MS));
    assertThat(model(job, "never").events())
        .extracting(selector -> selector.type().name())
        .containsExactly("purchase", "add_to_cart");
    assertThat(model(job, "rhythm").events())
        .singleElement()
        .satisfies(selector -> assertThat(selector.where()).isPresent());
    SignalMeasure.Model renewal = model(job, "renewal");
    assertThat(renewal.starts())
        .extracting(selector -> selector.type().name())
        .containsExactly("purchase");
    assertThat(renewal.ends())
        .extracting(selector -> selector.type().name())
        .containsExactly("search", "add_to_cart");
    ModelDefinition model =
        job.models().stream().filter(of -> of.id().equals("renewal")).findFirst().orElseThrow();
    assertThat(model.leadMs()).hasValue(7 * DAY_MS);
    assertThat(model.horizonMs()).hasValue(7 * DAY_MS);
    assertThat(model.score(OptionalLong.empty())).contains(renewal.score());
  }

  /** Read out of a file it says what it would say anyway. */
  @Test
  void aScoreOfAFileIsThatOfItsNumbers() {
    SignalMeasure.Model card = model(load(files()), "card");
    long day = 20_454;
    Activity activity = Activity.of(day, day + 2, day + 4);
    long closeMs = (day + 5) * DAY_MS;
    long timeMs = closeMs + 10 * DAY_MS;
    // Three active days within four: tenure is the age without a subscription.
    double level = activity.slowLevel(timeMs);
    double z = -3.692 + 0.209 * Math.log(11) - level + 0.25;
    assertThat(card.score().at(activity, timeMs)).isCloseTo(1 / (1 + Math.exp(-z)), within(1e-12));
  }

  @Test
  void whatIsDoneWithScores() {
    Map<String, String> files = files();
    files.put(
        "job.yaml",
        """
        apiVersion: beckon/v1
        kind: Job
        id: good
        sources: {clicks: {topic: shop.clicks}}
        kafka: {bootstrap_servers: "localhost:9092"}
        redis: {address: "localhost:6379"}
        scores: {signals: [lost_30d, card], redis: {}}
        gate: {stop_if_exists: ["optout:{user}"], when_away: drop}
        """);
    JobDefinition job = load(files);
    assertThat(job.redis())
        .contains(new RedisSettings("localhost", 6379, false, Optional.empty(), Map.of(), 1_000));
    assertThat(job.scores())
        .contains(
            new ScoreSettings(
                List.of("lost_30d", "card"),
                "good.scores",
                90 * DAY_MS,
                Optional.of(new ScoreRedis("beckon:{job}:{user}", 30 * DAY_MS))));
    assertThat(job.gate())
        .contains(new GateSettings(List.of("optout:{user}"), false, 100, 100, 5, 10_000));
    // The scores have a job of their own, and their topic is none of this one.
    assertThat(job.outputTopics()).doesNotContain("good.scores", "good.outcomes");

    files.put(
        "job.yaml",
        """
        apiVersion: beckon/v1
        kind: Job
        id: good
        sources: {clicks: {topic: shop.clicks}}
        kafka: {bootstrap_servers: "localhost:9092"}
        redis:
          address: "[::1]:6380"
          tls: true
          truststore: certs/redis.p12
          secrets: {user: REDIS_USER, password: REDIS_PASSWORD, truststore_password: REDIS_TRUST}
          time_limit: 250ms
        scores:
          signals: [renewal]
          topic: shop.risks
          active_for: 60d
          redis: {key: "risk:{user}", ttl: 1d}
        gate:
          stop_if_exists: ["optout:{user}:{channel}", "pause:{lane}", "pause"]
          when_away: send
          time_limit: 50ms
          batch: 20
          breaker: {after: 3, for: 1m}
        """);
    job = load(files);
    assertThat(job.redis())
        .contains(
            new RedisSettings(
                "::1",
                6380,
                true,
                Optional.of("certs/redis.p12"),
                Map.of(
                    "user", "REDIS_USER",
                    "password", "REDIS_PASSWORD",
                    "truststore_password", "REDIS_TRUST"),
                250));
    assertThat(job.scores())
        .contains(
            new ScoreSettings(
                List.of("renewal"),
                "shop.risks",
                60 * DAY_MS,
                Optional.of(new ScoreRedis("risk:{user}", DAY_MS))));
    assertThat(job.gate())
        .contains(
            new GateSettings(
                List.of("optout:{user}:{channel}", "pause:{lane}", "pause"),
                true,
                50,
                20,
                3,
                60_000));
    JobDefinition replayed = job.replayed().withTriggers(List.of());
    assertThat(replayed.gate()).isEqualTo(job.gate());
    assertThat(replayed.scores()).isEqualTo(job.scores());
    assertThat(replayed.redis()).isEqualTo(job.redis());
    assertThat(replayed.models()).isEqualTo(job.models());
  }

  @Test
  void overFilesScoresHaveNoTopic() {
    Map<String, String> files = files();
    files.computeIfPresent(
        "job.yaml", (name, text) -> text + "scores: {signals: [card], active_for: 30d}\n");
    JobDefinition job = load(files);
    assertThat(job.scores())
        .contains(new ScoreSettings(List.of("card"), "good.scores", 30 * DAY_MS, Optional.empty()));
    assertThat(job.outputTopics()).isEmpty();
  }
}
