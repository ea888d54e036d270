// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.churn.Billing;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which events begin and end a subscription, and when it is renewed: all of it, or nothing. */
final class SubscriptionOptions {
  @Option(
      names = "--subscription-starts",
      paramLabel = "TYPE",
      description = "The event type that begins a subscription. May be repeated.")
  private List<String> starts = new ArrayList<>();

  @Option(
      names = "--subscription-ends",
      paramLabel = "TYPE",
      description = "The event type that ends it. May be repeated.")
  private List<String> ends = new ArrayList<>();

  @Option(
      names = "--first",
      paramLabel = "DAYS",
      converter = FitOptions.DaysConverter.class,
      description = "From its start to the first renewal, such as 7d.")
  private Optional<Integer> first = Optional.empty();

  @Option(
      names = "--every-renewal",
      paramLabel = "DAYS",
      converter = FitOptions.DaysConverter.class,
      description = "From one renewal to the next, such as 30d.")
  private Optional<Integer> every = Optional.empty();

  /** When it is renewed; empty if nothing of it was said. */
  Optional<Billing> billing() throws Refusal {
    if (starts.isEmpty() && ends.isEmpty() && first.isEmpty() && every.isEmpty()) {
      return Optional.empty();
    }
    if (starts.isEmpty() || ends.isEmpty() || first.isEmpty() || every.isEmpty()) {
      throw Refusal.usage(
          "a subscription needs all of --subscription-starts, --subscription-ends, --first and"
              + " --every-renewal");
    }
    return Optional.of(new Billing(first.get(), every.get()));
  }

  List<String> starts() {
    return List.copyOf(starts);
  }

  List<String> ends() {
    return List.copyOf(ends);
  }
}
