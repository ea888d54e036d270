// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.kafka.Broker;
import io.beckon.language.SourceFile;
import io.beckon.redis.RealRedis;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A shop on a real broker whose three jobs show their metrics: the one that decides, whose policy
 * and triggers run into most of what there is to count; the one of scores; and a plain one, of one
 * trigger and nothing else.
 */
final class WatchedShop implements AutoCloseable {
  static final String JOB = "watched";
  static final String SCORES_JOB = "watched-scores";
  static final String PLAIN_JOB = "plain";

  /** Part of every user's id, and of nothing else. */
  static final String USER_MARK = "person-";

  static final Duration HISTORY = Duration.ofHours(3);

  private static final int PARTITIONS = 3;
  private static final Logger LOG = LoggerFactory.getLogger(WatchedShop.class);
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final Broker broker;
  private final RealRedis redis;
  private final KafkaProducer<byte[], byte[]> producer;
  private final Random random;
  private final List<LiveRun> jobs = new ArrayList<>();
  private final int decidesPort;
  private final int scoresPort;
  private final int plainPort;
  private int sent;

  private WatchedShop(Broker broker, RealRedis redis, long seed) throws Exception {
    this.broker = broker;
    this.redis = redis;
    this.random = new Random(seed);
    this.producer = broker.producer();
    broker.create(JOB + ".events", PARTITIONS);
    broker.create(JOB + ".profiles", 1);
    this.decidesPort = freePort();
    this.scoresPort = freePort();
    this.plainPort = freePort();
  }

  /** Without jobs yet: silence would make what is sold before they run late. */
  static WatchedShop open(long seed) throws Exception {
    return new WatchedShop(Broker.start(), RealRedis.open(), seed);
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  /** Starts the jobs, which keep their state in {@code folder}. */
  void start(Path folder) throws IOException {
    List<SourceFile> shop = files(broker.servers(), redis.port());
    jobs.add(LiveRun.start(request(folder.resolve("decides"), shop, false, decidesPort)));
    jobs.add(LiveRun.start(request(folder.resolve("scores"), shop, true, scoresPort)));
    jobs.add(
        LiveRun.start(
            request(folder.resolve("plain"), plainFiles(broker.servers()), false, plainPort)));
  }

  private static LiveRun.Request request(
      Path state, List<SourceFile> files, boolean scores, int port) {
    return new LiveRun.Request(
        "jobs/x",
        files,
        1,
        state,
        Duration.ofSeconds(2),
        Optional.empty(),
        Map.of(),
        scores,
        Optional.of(new MetricsAt("127.0.0.1", port)));
  }

  /** Where the process of the job that decides shows its metrics. */
  int decidesPort() {
    return decidesPort;
  }

  /** Where that of the job of scores does. */
  int scoresPort() {
    return scoresPort;
  }

  /** Where all of them do. */
  List<String> targets() {
    return Stream.of(decidesPort, scoresPort, plainPort).map(port -> "127.0.0.1:" + port).toList();
  }

  /** The counters so far of the job that decides. */
  Map<String, Long> counters() throws InterruptedException {
    return jobs.get(0).counters();
  }

  /** What {@code port} shows. */
  static String page(int port) {
    try {
      return HTTP.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics")).build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Tells in which zone users live: each {@code step} later than the one before it is midnight
   * there, for the first of them at {@code firstMs}.
   */
  void welcome(int firstUser, int users, long firstMs, Duration step) {
    for (int i = 0; i < users; i++) {
      long secondsOfDay = (firstMs + i * step.toMillis()) / 1_000 % 86_400;
      // As far from midnight as it is there.
      long offset = secondsOfDay < 43_200 ? -secondsOfDay : 86_400 - secondsOfDay;
      String zone = ZoneOffset.ofTotalSeconds(Math.toIntExact(offset)).getId();
      Broker.send(
          producer,
          JOB + ".profiles",
          0,
          USER_MARK + (firstUser + i),
          "{\"zone\": \"%s\"}".formatted(zone).getBytes(StandardCharsets.UTF_8));
    }
    producer.flush();
  }

  /**
   * Sends events of {@code users} users, in order of time, spread evenly from {@code fromMs} to
   * {@code toMs}; some twice, some late, some that are none.
   */
  void sell(int firstUser, int users, int events, long fromMs, long toMs) {
    for (int i = 0; i < events; i++) {
      long timeMs = fromMs + (toMs - fromMs) * i / events;
      int dice = random.nextInt(100);
      String type = dice < 45 ? "view" : dice < 70 ? "cart" : dice < 95 ? "buy" : "scroll";
      String item = "\"item\": \"i" + random.nextInt(3) + "\"";
      String attributes =
          switch (type) {
            case "scroll" -> "\"depth\": 1";
            case "buy" -> item + ", \"total\": " + random.nextInt(60);
            default -> random.nextInt(20) == 0 ? "" : item;
          };
      String user = USER_MARK + (firstUser + random.nextInt(users));
      String event = event(type, user, timeMs, attributes);
      send(user, event);
      if (random.nextInt(20) == 0) {
        send(user, event);
      }
      if (random.nextInt(50) == 0) {
        send(user, event("buy", user, timeMs - 3_600_000, item));
      }
      if (random.nextInt(50) == 0) {
        send(user, event.substring(1));
      }
    }
    producer.flush();
  }

  /** Sends purchases only, spread likewise: for scores to begin with. */
  void bought(int firstUser, int users, int events, long fromMs, long toMs) {
    for (int i = 0; i < events; i++) {
      // Some come often, most do not.
      int user = (int) (users * Math.pow(random.nextDouble(), 2));
      buy(USER_MARK + (firstUser + user), fromMs + (toMs - fromMs) * i / events);
    }
    producer.flush();
  }

  /** Sends one purchase. */
  void buy(String user, long timeMs) {
    send(user, event("buy", user, timeMs, "\"item\": \"i0\", \"total\": 20"));
  }

  /** The commands of the job that decides. */
  Broker.Reader commands() {
    return broker.read(JOB + ".commands");
  }

  private String event(String type, String user, long timeMs, String attributes) {
    return "{\"id\": \"e%d\", \"type\": \"%s\", \"user\": \"%s\", \"time\": \"%s\", \"attributes\": {%s}}"
        .formatted(sent++, type, user, Instant.ofEpochMilli(timeMs), attributes);
  }

  private void send(String user, String event) {
    Broker.send(
        producer,
        JOB + ".events",
        Math.floorMod(user.hashCode(), PARTITIONS),
        user,
        event.getBytes(StandardCharsets.UTF_8));
  }

  private static List<SourceFile> files(String servers, int redisPort) {
    List<SourceFile> files = new ArrayList<>();
    files.add(
        new SourceFile(
            "jobs/x/job.yaml",
            """
            apiVersion: beckon/v1
            kind: Job
            id: %s
            time: {lateness: 2s, clock: live, quiet_after: 4s}
            sources: {events: {topic: %s.events}}
            profiles: {topic: %s.profiles}
            kafka: {bootstrap_servers: "%s", create_topics: true}
            state: {backend: rocksdb}
            scores:
              signals: [p_return, looks]
              active_for: 30d
              redis: {key: "scores:{user}", ttl: 1d}
            redis: {address: "127.0.0.1:%s", time_limit: 1s}
            gate: {stop_if_exists: ["optout:{user}"], when_away: send, time_limit: 1s}
            """
                .formatted(JOB, JOB, JOB, servers, redisPort)));
    files.add(
        new SourceFile(
            "jobs/x/events.yaml",
            """
            apiVersion: beckon/v1
            kind: Events
            events:
              view: {item: string}
              cart: {item: string}
              buy: {item: string, total: int}
              scroll: {depth: int}
            user: {zone: string}
            """));
    files.add(
        new SourceFile(
            "jobs/x/signals.yaml",
            """
            apiVersion: beckon/v1
            kind: Signals
            signals:
              looks: {count: view, over: 1h}
              p_return: {model: orders}
            """));
    files.add(
        new SourceFile(
            "jobs/x/models/orders.yaml",
            """
            apiVersion: beckon/v1
            kind: Model
            id: orders
            version: 1
            model: mbg-nbd
            event: buy
            horizon: 91d
            parameters: {r: 0.52, alpha: 43.3, a: 0.89, b: 1.61}
            prior_gap: 7w
            """));
    files.add(
        new SourceFile(
            "jobs/x/policy.yaml",
            """
            apiVersion: beckon/v1
            kind: Policy
            timezone: {from: user.zone, fallback: %s}
            caps: [{id: hourly, lane: marketing, at_most: 3, rolling: 3h}]
            arbitration: {gather: 1s, keep: 2}
            lanes: {service: {exempt: [caps, holdout, arbitration]}}
            holdout: {global: 10%%, salt: s}
            budgets:
              coupons:
                total: 1000.00
                per_day: 400.00
                when_empty: {tutorial: {channel: push, template: guide}}
              mails: {total: 1000.00, per_day: 500.00}
            rates: {sms: {channel: sms, at_most: 20, per: 2s, max_queue: 40}}
            """
                .formatted(zoneOfNoon())));
    trigger(
        files,
        """
        id: come-back
        when: {absence: {after: {event: view, match: [item]}, of: {event: buy, match: [item]}, for: 20m}}
        cancel_on: [{event: buy, match: [item]}]
        expires_in: 12h
        goal: {event: buy, within: 2m}
        holdout: 30%
        then:
          - coupon:
              channel: push
              template: t
              offer: TEN
              value: 2.50
              budget: coupons
              variants: {small: {weight: 2}, large: {weight: 1, value: 5.00}}
          - wait: 1s
          - message: {channel: push, template: t}
        """);
    trigger(
        files,
        """
        id: cart
        when: {event: cart, match: [item]}
        if: event.item != "i0"
        cooldown: 30m
        expires_in: 3h
        then: {reminder: {channel: email, template: t, budget: mails, cost: 0.10}}
        """);
    trigger(
        files,
        """
        id: thanks
        lane: service
        when: {count: {event: buy, at_least: 2, within: 6h}}
        cooldown: 10m
        expires_in: 12h
        then: {message: {channel: sms, template: t}}
        """);
    trigger(
        files,
        """
        id: look
        lane: service
        when: {event: view}
        cooldown: 5m
        expires_in: 1h
        then: {message: {channel: push, template: t}}
        """);
    return files;
  }

  /** Where it is noon or so: no budget begins anew while it is looked at. */
  private static String zoneOfNoon() {
    int behind = Instant.now().atOffset(ZoneOffset.UTC).getHour() - 12;
    return behind == 0 ? "Etc/GMT" : "Etc/GMT" + (behind > 0 ? "+" : "-") + Math.abs(behind);
  }

  private static List<SourceFile> plainFiles(String servers) {
    List<SourceFile> files = new ArrayList<>();
    files.add(
        new SourceFile(
            "jobs/x/job.yaml",
            """
            apiVersion: beckon/v1
            kind: Job
            id: %s
            time: {lateness: 2s, clock: live, quiet_after: 4s}
            sources: {events: {topic: %s.events}}
            kafka: {bootstrap_servers: "%s", create_topics: true}
            state: {backend: heap}
            """
                .formatted(PLAIN_JOB, JOB, servers)));
    files.add(
        new SourceFile(
            "jobs/x/events.yaml",
            """
            apiVersion: beckon/v1
            kind: Events
            events: {view: {item: string}}
            """));
    trigger(
        files,
        """
        id: look
        when: {event: view}
        then: {message: {channel: push, template: t}}
        """);
    return files;
  }

  private static void trigger(List<SourceFile> files, String body) {
    files.add(
        new SourceFile(
            "jobs/x/triggers/" + body.lines().findFirst().orElseThrow().substring(4) + ".yaml",
            "apiVersion: beckon/v1\nkind: Trigger\nversion: 1\n" + body));
  }

  @Override
  public void close() throws IOException {
    try (redis;
        producer) {
      for (LiveRun job : jobs) {
        job.close();
      }
    } finally {
      try {
        broker.close();
      } catch (Exception e) {
        LOG.warn("the broker of {} did not end well", JOB, e);
      }
    }
  }
}
