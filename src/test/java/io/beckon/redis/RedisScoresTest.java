// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beckon.language.JobDefinition.ScoreRedis;
import io.beckon.redis.RedisScores.Outcome;
import io.beckon.redis.ScoreWrite.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.Jedis;

@Timeout(value = 120, unit = TimeUnit.SECONDS)
class RedisScoresTest {
  private static final ScoreRedis KEY = new ScoreRedis("beckon:{job}:{user}", 60_000);

  private static RealRedis redis;

  @BeforeAll
  static void startRedis() throws Exception {
    redis = RealRedis.open();
  }

  @AfterAll
  static void stopRedis() throws Exception {
    redis.close();
  }

  @BeforeEach
  void empty() {
    redis.with(Jedis::flushAll);
  }

  private static RedisScores scores() {
    return new RedisScores(redis.access(5_000), "shop", KEY);
  }

  private static ScoreWrite write(String user, long timeMs, String... fields) {
    List<Field> all = new ArrayList<>();
    for (int i = 0; i < fields.length; i += 2) {
      all.add(new Field(fields[i], fields[i + 1]));
    }
    return ScoreWrite.of(user, timeMs, all);
  }

  private static Map<String, String> hash(String user) {
    return redis.with(jedis -> jedis.hgetAll("beckon:shop:" + user));
  }

  @Test
  void aRecordReplacesAnOlderOneWholeAndIsNeverReplacedByIt() throws Exception {
    try (RedisScores scores = scores()) {
      assertThat(
              scores.write(
                  List.of(
                      write("u1", 10, "churn", "0.5", "p", "0.25"), write("u2", -5, "churn", "1"))))
          .containsExactly(Outcome.WRITTEN, Outcome.WRITTEN);
      assertThat(hash("u1")).isEqualTo(Map.of("time", "10", "churn", "0.5", "p", "0.25"));
      assertThat(hash("u2")).isEqualTo(Map.of("time", "-5", "churn", "1"));
      assertThat(
              scores.write(
                  List.of(write("u1", 9, "churn", "0.9"), write("u2", 1_700_000_000_000L))))
          .containsExactly(Outcome.OLDER, Outcome.WRITTEN);
      assertThat(hash("u1")).containsEntry("churn", "0.5");
      assertThat(hash("u2")).as("no score is left").isEqualTo(Map.of("time", "1700000000000"));
      assertThat(scores.write(List.of(write("u1", 11, "p", "ü\n\"'"))))
          .containsExactly(Outcome.WRITTEN);
      assertThat(hash("u1"))
          .as("a missing one is gone")
          .isEqualTo(Map.of("time", "11", "p", "ü\n\"'"));
      assertThat(scores.write(List.of(write("u1", 11, "p", "0.3"))))
          .containsExactly(Outcome.WRITTEN);
      assertThat(hash("u1")).isEqualTo(Map.of("time", "11", "p", "0.3"));
    }
  }

  @Test
  void timesAreComparedExactly() throws Exception {
    long large = 253_402_300_799_999L;
    try (RedisScores scores = scores()) {
      scores.write(List.of(write("u", large, "p", "1")));
      assertThat(scores.write(List.of(write("u", large - 1, "p", "0"))))
          .containsExactly(Outcome.OLDER);
      assertThat(scores.write(List.of(write("u", large + 1, "p", "2"))))
          .containsExactly(Outcome.WRITTEN);
      assertThat(hash("u")).isEqualTo(Map.of("time", "253402300800000", "p", "2"));
    }
  }

  @Test
  void eachWriteMakesItLastAsLongAgainAndAnOlderOneDoesNot() throws Exception {
    try (RedisScores scores = scores()) {
      scores.write(List.of(write("u", 10, "p", "1")));
      assertThat(ttl("u")).isBetween(30_000L, 60_000L);
      redis.with(jedis -> jedis.pexpire("beckon:shop:u", 20_000));
      scores.write(List.of(write("u", 9, "p", "1")));
      assertThat(ttl("u")).isBetween(1L, 20_000L);
      scores.write(List.of(write("u", 10, "p", "1")));
      assertThat(ttl("u")).isBetween(30_000L, 60_000L);
    }
    try (RedisScores brief =
        new RedisScores(redis.access(5_000), "shop", new ScoreRedis("beckon:{job}:{user}", 1))) {
      brief.write(List.of(write("u", 11, "p", "1")));
      RealRedis.await("it is gone", () -> hash("u").isEmpty());
    }
  }

  private static Set<String> keys() {
    return redis.with(jedis -> jedis.keys("*"));
  }

  private static long ttl(String user) {
    return redis.with(jedis -> jedis.pttl("beckon:shop:" + user));
  }

  @Test
  void whoeverIsErasedIsGoneWhateverTheTimes() throws Exception {
    try (RedisScores scores = scores()) {
      scores.write(List.of(write("u1", 10, "p", "1"), write("u2", 10, "p", "1")));
      assertThat(scores.write(List.of(ScoreWrite.erased("u1", 3), ScoreWrite.erased("nobody", 3))))
          .containsExactly(Outcome.WRITTEN, Outcome.WRITTEN);
      assertThat(keys()).containsExactly("beckon:shop:u2");
      assertThat(scores.write(List.of(write("u1", 5, "p", "1")))).containsExactly(Outcome.WRITTEN);
    }
  }

  @Test
  void aScriptThatWasForgottenIsLoadedAgain() throws Exception {
    try (RedisScores scores = scores()) {
      scores.write(List.of(write("u", 10, "p", "1")));
      redis.with(Jedis::scriptFlush);
      List<ScoreWrite> many = new ArrayList<>();
      for (int i = 0; i < 1_000; i++) {
        many.add(write("u" + i, 20, "p", Integer.toString(i)));
      }
      assertThat(scores.write(many)).hasSize(1_000).containsOnly(Outcome.WRITTEN);
      assertThat(hash("u999")).isEqualTo(Map.of("time", "20", "p", "999"));
    }
  }

  @Test
  void whatIsNotOursStaysAndHoldsNobodyUp() throws Exception {
    redis.with(jedis -> jedis.set("beckon:shop:u1", "somebody's"));
    redis.with(jedis -> jedis.hset("beckon:shop:u2", Map.of("time", "noon", "x", "1")));
    try (RedisScores scores = scores()) {
      assertThat(
              scores.write(
                  List.of(
                      write("u1", 10, "p", "1"),
                      write("u2", 10, "p", "2"),
                      write("u3", 10, "p", "3"))))
          .containsExactly(Outcome.NOT_OURS, Outcome.WRITTEN, Outcome.WRITTEN);
    }
    String left = redis.with(jedis -> jedis.get("beckon:shop:u1"));
    assertThat(left).isEqualTo("somebody's");
    assertThat(hash("u2")).isEqualTo(Map.of("time", "10", "p", "2"));
    assertThat(hash("u3")).isEqualTo(Map.of("time", "10", "p", "3"));
  }

  @Test
  void whileItIsAwayThatIsSaidAndLaterItGoesOn() throws Exception {
    try (RealRedis other = RealRedis.open();
        RedisScores scores = new RedisScores(other.access(5_000), "shop", KEY)) {
      scores.write(List.of(write("u", 10, "p", "1")));
      other.kill();
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(() -> scores.write(List.of(write("u", 11, "p", "1"))))
            .isInstanceOf(RedisAway.class)
            .hasMessage("Redis at 127.0.0.1:" + other.port() + " cannot be reached")
            .extracting(away -> ((RedisAway) away).why())
            .isEqualTo(RedisAway.Why.UNREACHABLE);
      }
      other.start();
      assertThat(scores.write(List.of(write("u", 12, "p", "1")))).containsExactly(Outcome.WRITTEN);
      // Full: it answers, and does not serve.
      other.with(jedis -> jedis.configSet("maxmemory", "1"));
      assertThatThrownBy(() -> scores.write(List.of(write("u", 13, "p", "1"))))
          .isInstanceOf(RedisAway.class)
          .hasMessageEndingWith("is not able to serve now (OOM)");
      other.with(jedis -> jedis.configSet("maxmemory", "0"));
      other.with(jedis -> jedis.replicaof("127.0.0.1", 1));
      assertThatThrownBy(() -> scores.write(List.of(write("u", 13, "p", "1"))))
          .isInstanceOf(RedisAway.class)
          .hasMessageEndingWith("is not able to serve now (READONLY)")
          .extracting(away -> ((RedisAway) away).why())
          .isEqualTo(RedisAway.Why.UNABLE);
      other.with(Jedis::replicaofNoOne);
      assertThat(scores.write(List.of(write("u", 13, "p", "1")))).containsExactly(Outcome.WRITTEN);
    }
    try (RealRedis slow = RealRedis.open();
        RedisScores scores = new RedisScores(slow.access(50), "shop", KEY)) {
      slow.freeze();
      assertThatThrownBy(() -> scores.write(List.of(write("u", 11, "p", "1"))))
          .isInstanceOf(RedisAway.class)
          .hasMessageEndingWith("does not answer within 50ms");
      slow.thaw();
      RealRedis.await("it answers again", () -> isWritten(scores));
    }
  }

  private static boolean isWritten(RedisScores scores) {
    try {
      return scores.write(List.of(write("u", 12, "p", "1"))).contains(Outcome.WRITTEN);
    } catch (RedisAway stillSlow) {
      return false;
    }
  }

  @Test
  void closingEndsAWait() throws Exception {
    try (RealRedis frozen = RealRedis.open();
        RedisScores scores = new RedisScores(frozen.access(60_000), "shop", KEY)) {
      scores.write(List.of(write("u", 10, "p", "1")));
      frozen.freeze();
      Thread closer = new Thread(scores::close);
      Thread writer =
          new Thread(
              () ->
                  assertThatThrownBy(() -> scores.write(List.of(write("u", 11, "p", "1"))))
                      .isInstanceOf(RedisAway.class));
      writer.start();
      RealRedis.await(
          "it waits",
          () ->
              Arrays.stream(writer.getStackTrace())
                  .anyMatch(frame -> frame.getMethodName().equals("getMany")));
      closer.start();
      writer.join(20_000);
      assertThat(writer.isAlive()).isFalse();
      frozen.thaw();
      assertThatThrownBy(() -> scores.write(List.of(write("u", 11, "p", "1"))))
          .isInstanceOf(RedisAway.class);
    }
  }
}
