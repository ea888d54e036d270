// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A job on the simulated shop whose cart reminder is an experiment. */
final class ExperimentJob {
  private static final String HEAD = "apiVersion: beckon/v1\nkind: %s\n";

  private ExperimentJob() {}

  /** Writes the job into {@code folder} and gives it back. */
  static Path write(Path folder) throws IOException {
    writeOne(folder);
    others(folder);
    return folder;
  }

  /** Writes the job with nothing but its experiment. */
  static Path writeOne(Path folder) throws IOException {
    Files.createDirectories(folder.resolve("triggers"));
    file(
        folder,
        "job.yaml",
        "Job",
        """
        id: shop
        time: {lateness: 10s, order: settled, clock: replay}
        source: {format: jsonl}
        """);
    file(
        folder,
        "events.yaml",
        "Events",
        """
        events:
          product_view: {item_id: string, category: string, price: decimal}
          add_to_cart: {item_id: string, category: string, price: decimal}
          purchase: {item_id: string, category: string, total: decimal}
        user: {tier: string, country: string}
        """);
    file(
        folder,
        "policy.yaml",
        "Policy",
        """
        timezone: {fallback: Europe/Berlin}
        quiet_hours: {windows: ["22:00-08:00"]}
        holdout: {global: 5%, salt: "2026Q4"}
        budgets: {november: {total: 100000000.00, unit: EUR}}
        """);
    trigger(
        folder,
        "cart-abandonment",
        """
        mode: live
        lane: marketing
        when:
          absence:
            after: {event: {event: add_to_cart, match: [item_id]}}
            of: {event: purchase, match: [item_id]}
            for: 1h
        cancel_on: {event: purchase, match: [item_id]}
        cooldown: 3d
        holdout: 15%
        goal: {event: purchase, match: [item_id], within: 3d, value: event.total}
        then:
          - coupon: {channel: push, template: cart-waiting, offer: CART-5, value: 2.50, budget: november}
        """);
    return folder;
  }

  private static void others(Path folder) throws IOException {
    trigger(
        folder,
        "look-again",
        """
        mode: live
        lane: service
        when:
          absence:
            after: {count: {event: product_view, at_least: 4, within: 30m, match: [item_id]}}
            of: {event: purchase, match: [item_id]}
            for: 2h
        cooldown: 7d
        then:
          - message: {channel: push, template: still-there}
        """);
    trigger(
        folder,
        "thanks",
        """
        mode: live
        lane: service
        when: {event: {event: purchase}}
        cooldown: 7d
        then:
          - message: {channel: push, template: thanks}
        """);
    trigger(
        folder,
        "quietly",
        """
        mode: shadow
        lane: service
        when: {event: {event: purchase}}
        cooldown: 7d
        then:
          - message: {channel: push, template: thanks}
        """);
  }

  private static void trigger(Path folder, String id, String rest) throws IOException {
    file(
        folder,
        "triggers/" + id + ".yaml",
        "Trigger",
        "id: " + id + "\nversion: 1\nowner: growth\ndescription: For an experiment.\n" + rest);
  }

  private static void file(Path folder, String name, String kind, String rest) throws IOException {
    Files.writeString(folder.resolve(name), HEAD.formatted(kind) + rest);
  }
}
