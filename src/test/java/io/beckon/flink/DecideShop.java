// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.language.Definitions;
import io.beckon.language.JobDefinition;
import io.beckon.language.SourceFile;
import java.util.ArrayList;
import java.util.List;

/** A shop that decides: a policy of everything, and triggers that run into all of it. */
final class DecideShop {
  private DecideShop() {}

  static JobDefinition job(List<SourceFile> files) {
    Definitions.Loaded loaded = Definitions.load("jobs/x", files);
    return loaded
        .job()
        .orElseThrow(() -> new AssertionError(loaded.problems().sorted().toString()));
  }

  /** The job over files, with events as of {@link LiveShop#random}. */
  static List<SourceFile> overFiles(String id, String order) {
    return files(
        """
        apiVersion: beckon/v1
        kind: Job
        id: %s
        time: {lateness: 30m, order: %s}
        source: {format: jsonl}
        """
            .formatted(id, order),
        POLICY);
  }

  static List<SourceFile> files(String job, String policy) {
    List<SourceFile> files = new ArrayList<>();
    files.add(new SourceFile("jobs/x/job.yaml", job));
    files.add(new SourceFile("jobs/x/policy.yaml", policy));
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
            user: {tier: string}
            """));
    trigger(
        files,
        """
        id: come-back
        priority: 60
        when: {absence: {after: {event: view, match: [item]}, of: {event: buy, match: [item]}, for: 20m}}
        cancel_on: [{event: buy, match: [item]}]
        cooldown: {per: match, for: 1h}
        expires_in: 12h
        goal: {event: buy, within: 6h, match: [item], value: event.total}
        holdout: 10%
        then:
          - coupon:
              channel: push
              template: t
              offer: TEN
              value: 2.50
              budget: coupons
              variants: {small: {weight: 2}, large: {weight: 1, value: 5.00}}
          - wait: 30m
          - message: {channel: sms, template: t}
        """);
    trigger(
        files,
        """
        id: cart
        priority: 40
        when: {event: cart}
        cancel_on: [{event: buy}]
        cooldown: 30m
        expires_in: 3h
        goal: {event: buy, within: 1h}
        then: {reminder: {channel: email, template: t, budget: mails, cost: 0.10}}
        """);
    trigger(
        files,
        """
        id: thanks
        lane: service
        when: {count: {event: buy, at_least: 2, within: 6h}}
        cooldown: 1h
        expires_in: 2h
        then: {message: {channel: sms, template: t}}
        """);
    trigger(
        files,
        """
        id: look
        priority: 80
        when: {event: view}
        expires_in: 1h
        then: {message: {channel: push, template: t}}
        """);
    return files;
  }

  static final String POLICY =
      """
      apiVersion: beckon/v1
      kind: Policy
      timezone: {fallback: Europe/Berlin}
      quiet_hours: {windows: ["22:00-07:00"], release: {spread: 20m}}
      caps:
        - {id: hourly, lane: marketing, at_most: 3, rolling: 3h}
        - {id: sms-daily, channel: sms, at_most: 2, calendar: day}
      arbitration: {gather: 30s, keep: 1}
      lanes: {service: {exempt: [caps, holdout, arbitration]}}
      holdout: {global: 10%, salt: s}
      budgets:
        coupons:
          total: 300.00
          per_day: 60.00
          per_user: 20.00
          when_empty: {tutorial: {channel: push, template: guide}}
        mails: {per_day: 1.50}
      rates:
        coupon: {at_most: 2, per: 20m, max_queue: 3}
        tutorial: {at_most: 1, per: 30m, when_full: drop}
        sms: {channel: sms, at_most: 2, per: 10m, max_queue: 4}
        looks: {trigger: look, at_most: 3, per: 15m}
      """;

  private static void trigger(List<SourceFile> files, String body) {
    files.add(
        new SourceFile(
            "jobs/x/triggers/" + body.lines().findFirst().orElseThrow().substring(4) + ".yaml",
            "apiVersion: beckon/v1\nkind: Trigger\nversion: 1\n" + body));
  }
}
