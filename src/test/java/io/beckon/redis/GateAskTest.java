// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beckon.detect.Episode;
import io.beckon.language.Intervention.Kind;
import io.beckon.language.TriggerDefinition.Lane;
import io.beckon.policy.Command;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 120, unit = TimeUnit.SECONDS)
class GateAskTest {
  private static final List<String> TEMPLATES =
      List.of(
          "beckon:optout:{user}",
          "beckon:optout:{user}:{channel}",
          "beckon:pause:{trigger}",
          "beckon:pause:{job}:{lane}:{kind}",
          "beckon:pause:all");

  private static Command command(String user, Optional<String> channel) {
    return new Command(
        new UUID(1, 2),
        Command.Action.ISSUE,
        "shop",
        user,
        "gold",
        1,
        new Episode(List.of(), "e1"),
        1,
        Kind.MESSAGE,
        channel,
        Optional.of("t"),
        List.of(),
        List.of(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Lane.MARKETING,
        50,
        0,
        0,
        0,
        OptionalLong.empty(),
        List.of());
  }

  @Test
  void keysAreFilledInFromTheCommand() {
    GateKeys keys = new GateKeys("shop", TEMPLATES);
    assertThat(keys.of(command("u:{1}", Optional.of("push"))))
        .containsExactly(
            Optional.of("beckon:optout:u:{1}"),
            Optional.of("beckon:optout:u:{1}:push"),
            Optional.of("beckon:pause:gold"),
            Optional.of("beckon:pause:shop:marketing:message"),
            Optional.of("beckon:pause:all"));
    assertThat(keys.of(command("u", Optional.empty())).get(1)).isEmpty();
    assertThat(List.of(0, 1, 2, 3, 4)).filteredOn(keys::isOptOut).containsExactly(0, 1);
    assertThat(keys.template(3)).isEqualTo(TEMPLATES.get(3));
  }

  @Test
  void ofManyCommandsTheFirstKeyThatExistsIsFound() throws Exception {
    try (RealRedis redis = RealRedis.open();
        GateAsk ask = new GateAsk(redis.access(10_000))) {
      redis.with(jedis -> jedis.set("beckon:optout:u3", ""));
      redis.with(jedis -> jedis.hset("beckon:optout:u5:push", "a", "b"));
      redis.with(jedis -> jedis.sadd("beckon:optout:u3:push", "x"));
      GateKeys keys = new GateKeys("shop", TEMPLATES);
      List<List<Optional<String>>> asked = new ArrayList<>();
      for (int i = 0; i < 1_000; i++) {
        asked.add(keys.of(command("u" + i, i == 5 ? Optional.empty() : Optional.of("push"))));
      }
      asked.add(keys.of(command("u5", Optional.of("push"))));
      int[] found = ask.firstExisting(asked);
      assertThat(found).hasSize(1_001);
      assertThat(found[3]).isZero();
      assertThat(found[5]).as("it has no channel").isEqualTo(GateAsk.NONE);
      assertThat(found[1_000]).isEqualTo(1);
      assertThat(found).containsOnly(GateAsk.NONE, 0, 1);
      redis.with(jedis -> jedis.set("beckon:pause:shop:marketing:message", "1"));
      found = ask.firstExisting(asked);
      assertThat(found[3]).as("in the author's order").isZero();
      assertThat(found[4]).isEqualTo(3);
      redis.kill();
      assertThatThrownBy(() -> ask.firstExisting(asked)).isInstanceOf(RedisAway.class);
      redis.start();
      assertThat(ask.firstExisting(asked)).containsOnly(GateAsk.NONE);
    }
  }
}
