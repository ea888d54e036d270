// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.kafka.Broker;
import io.beckon.language.JobDefinition;
import io.beckon.language.SourceFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.producer.KafkaProducer;

/**
 * A live job in which every event but a {@code back} and a {@code scroll} is a moment, and every
 * moment is sent, unless the last gate says no: views at once, carts by way of a budget; a {@code
 * back} revokes what a cart has brought.
 *
 * @param gate the sections {@code redis} and {@code gate} of {@code job.yaml}, or nothing
 */
record GateShop(String id, String servers, String gate) {
  static final int PARTITIONS = 2;

  /** As most tests have it; {@code %s} is the rest of the gate. */
  static String gate(int port, String rest) {
    return """
        redis: {address: "127.0.0.1:%s", time_limit: 10s}
        gate:
          stop_if_exists:
            - "beckon:optout:{user}"
            - "beckon:optout:{user}:{channel}"
            - "beckon:pause:{trigger}"
            - "beckon:pause:{job}:{lane}:{kind}"
        %s
        """
        .formatted(port, rest.indent(2));
  }

  List<SourceFile> files() {
    List<SourceFile> files = new ArrayList<>();
    files.add(
        new SourceFile(
            "jobs/x/job.yaml",
            """
            apiVersion: beckon/v1
            kind: Job
            id: %s
            time: {lateness: 10s, order: arrival, clock: live, quiet_after: 1h}
            sources: {events: {topic: %s}}
            kafka: {bootstrap_servers: "%s"}
            %s
            """
                .formatted(id, events(), servers, gate)));
    files.add(
        new SourceFile(
            "jobs/x/policy.yaml",
            """
            apiVersion: beckon/v1
            kind: Policy
            timezone: {fallback: UTC}
            budgets: {coupons: {total: 1000000, per_day: 1000000}}
            """));
    files.add(
        new SourceFile(
            "jobs/x/events.yaml",
            """
            apiVersion: beckon/v1
            kind: Events
            events: {view: {}, cart: {}, back: {}, scroll: {}}
            user: {tier: string}
            """));
    files.add(
        trigger(
            """
            id: look
            when: {event: view}
            expires_in: 1h
            then: {message: {channel: push, template: t}}
            """));
    files.add(
        trigger(
            """
            id: cart
            when: {event: cart}
            cancel_on: {event: back}
            expires_in: 1h
            then: {coupon: {channel: sms, template: t, offer: TEN, value: 1.50, budget: coupons}}
            """));
    return files;
  }

  private static SourceFile trigger(String body) {
    return new SourceFile(
        "jobs/x/triggers/" + body.lines().findFirst().orElseThrow().substring(4) + ".yaml",
        "apiVersion: beckon/v1\nkind: Trigger\nversion: 1\n" + body);
  }

  JobFactory factory() {
    return JobText.live("jobs/x", files());
  }

  JobDefinition job() {
    return factory().create();
  }

  String events() {
    return id + ".events";
  }

  LiveRun.Request request(Path folder, Optional<String> savepoint) {
    return new LiveRun.Request(
        "jobs/x", files(), PARTITIONS, folder, Duration.ofMillis(200), savepoint, Map.of());
  }

  /** An event of now; to be followed by a flush. */
  void send(KafkaProducer<byte[], byte[]> producer, String id, String type, String user) {
    Broker.send(
        producer,
        events(),
        Math.floorMod(user.hashCode(), PARTITIONS),
        user,
        "{\"id\": \"%s\", \"type\": \"%s\", \"user\": \"%s\", \"time\": \"%s\", \"attributes\": {}}"
            .formatted(id, type, user, Instant.now())
            .getBytes(StandardCharsets.UTF_8));
  }
}
