// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.kafka.Broker;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Users who take to commands: of those who get one to come back, some buy. */
final class ShopUsers implements AutoCloseable {
  private static final Pattern USER = Pattern.compile("\"user\":\"([^\"]+)\"");
  private static final int OF_100 = 30;

  private final WatchedShop shop;
  private final Broker.Reader commands;
  private final Random random;
  private int seen;

  ShopUsers(WatchedShop shop, long seed) {
    this.shop = shop;
    this.commands = shop.commands();
    this.random = new Random(seed);
  }

  /** Looks at what came, and buys. */
  void answer(long nowMs) {
    commands.poll();
    List<String> lines = commands.lines();
    for (; seen < lines.size(); seen++) {
      String line = lines.get(seen);
      Matcher user = USER.matcher(line);
      if (line.contains("\"come-back\"") && user.find() && random.nextInt(100) < OF_100) {
        shop.buy(Objects.requireNonNull(user.group(1)), nowMs);
      }
    }
  }

  @Override
  public void close() {
    commands.close();
  }
}
