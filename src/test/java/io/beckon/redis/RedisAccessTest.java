// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beckon.language.JobDefinition.GateSettings;
import io.beckon.language.JobDefinition.RedisSettings;
import io.beckon.language.JobDefinition.ScoreRedis;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who may in, and what is said to whom may not. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class RedisAccessTest {
  private static final String PASSWORD = "open-sesame-4711";
  private static final String WRONG = "close-sesame-4712";
  private static final String KEYS_PASSWORD = "lock-and-key-4713";
  private static final Optional<ScoreRedis> SCORES =
      Optional.of(new ScoreRedis("beckon:{job}:{user}", 60_000));
  private static final Optional<GateSettings> GATE =
      Optional.of(
          new GateSettings(
              List.of("beckon:optout:{user}", "beckon:pause:{lane}"), true, 100, 100, 5, 1_000));

  /** As docs/operating.md has them. */
  private static final String[] SCORES_ACL = {
    "on",
    ">" + PASSWORD,
    "~beckon:*",
    "+ping",
    "+script|load",
    "+evalsha",
    "+hget",
    "+hkeys",
    "+hset",
    "+hdel",
    "+pexpire",
    "+del"
  };

  private static final String[] GATE_ACL = {"on", ">" + PASSWORD, "~beckon:*", "+ping", "+exists"};

  private static RealRedis redis;
  private static Path keys;

  @BeforeAll
  static void startRedis(@TempDir Path folder) throws Exception {
    redis = RealRedis.open();
    redis.with(jedis -> jedis.aclSetUser("scores", SCORES_ACL));
    redis.with(jedis -> jedis.aclSetUser("gate", GATE_ACL));
    keys = TlsTerminator.makeKeys(folder, KEYS_PASSWORD);
  }

  @AfterAll
  static void stopRedis() throws Exception {
    redis.close();
  }

  private static RedisSettings settings(String user) {
    return new RedisSettings(
        "127.0.0.1",
        redis.port(),
        false,
        Optional.empty(),
        Map.of("user", "REDIS_USER_" + user, "password", "REDIS_PASSWORD"),
        10_000);
  }

  private static RedisAccess access(String user, String password) throws RedisRefusal {
    return RedisAccess.of(
        settings(user), Map.of("REDIS_USER_" + user, user, "REDIS_PASSWORD", password));
  }

  @Test
  void fewRightsAreEnough() throws Exception {
    access("scores", PASSWORD).check("shop", SCORES, Optional.empty());
    access("gate", PASSWORD).check("shop", Optional.empty(), GATE);
    RealRedis.await("nothing is left", () -> redis.with(jedis -> jedis.dbSize()) == 0);
  }

  @Test
  void lessIsRefusedAtTheStart() throws Exception {
    RedisAccess scores = access("scores", PASSWORD);
    RedisAccess gate = access("gate", PASSWORD);
    assertThatThrownBy(() -> scores.check("shop", SCORES, GATE)).satisfies(refused("NOPERM"));
    assertThatThrownBy(() -> gate.check("shop", SCORES, GATE)).satisfies(refused("NOPERM"));
    assertThatThrownBy(
            () ->
                gate.check(
                    "shop",
                    Optional.empty(),
                    Optional.of(new GateSettings(List.of("else:{user}"), true, 100, 9, 5, 9))))
        .satisfies(refused("NOPERM"));
    for (int missing = 3; missing < SCORES_ACL.length; missing++) {
      String[] less = SCORES_ACL.clone();
      less[missing] = "+get";
      redis.with(jedis -> jedis.aclSetUser("less", less));
      RedisAccess access = access("less", PASSWORD);
      assertThatThrownBy(() -> access.check("shop", SCORES, Optional.empty()))
          .as("without %s", SCORES_ACL[missing])
          .satisfies(refused("NOPERM"));
      redis.with(jedis -> jedis.aclDelUser("less"));
    }
  }

  @Test
  void aWrongPasswordIsRefusedAtTheStart() throws Exception {
    RedisAccess wrong = access("scores", WRONG);
    assertThatThrownBy(() -> wrong.check("shop", SCORES, GATE)).satisfies(refused("WRONGPASS"));
    try (RealRedis closed = RealRedis.open("--requirepass", PASSWORD)) {
      RedisAccess none = closed.access(5_000);
      assertThatThrownBy(() -> none.check("shop", SCORES, GATE)).satisfies(refused("NOAUTH"));
      RedisAccess right =
          RedisAccess.of(
              new RedisSettings(
                  "127.0.0.1",
                  closed.port(),
                  false,
                  Optional.empty(),
                  Map.of("password", "P"),
                  5_000),
              Map.of("P", PASSWORD));
      assertThatCode(() -> right.check("shop", SCORES, GATE)).doesNotThrowAnyException();
    }
  }

  private static Consumer<Throwable> refused(String code) {
    return refusal -> {
      assertThat(refusal).isInstanceOf(RedisRefusal.class);
      assertThat(refusal.getMessage())
          .startsWith("Redis at 127.0.0.1:")
          .contains(code)
          .doesNotContain(PASSWORD, WRONG, KEYS_PASSWORD, "\n", "nobody", "start-check");
      assertThat(refusal.getCause()).as("it might quote secrets").isNull();
    };
  }

  @Test
  void aSecretThatIsNotThereIsNamed() {
    assertThatThrownBy(() -> RedisAccess.of(settings("scores"), Map.of("REDIS_USER_scores", "x")))
        .isInstanceOf(RedisRefusal.class)
        .hasMessage(
            "the environment variable REDIS_PASSWORD is not set; it holds redis.secrets.password");
  }

  @Test
  void secretsAreNotShownAndTravel() throws Exception {
    RedisAccess access = access("scores", PASSWORD);
    assertThat(access).hasToString("Redis at 127.0.0.1:" + redis.port());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(access);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      ((RedisAccess) in.readObject()).check("shop", SCORES, Optional.empty());
    }
  }

  @Test
  void whoIsAwayIsNoRefusal() throws Exception {
    RealRedis gone = RealRedis.open();
    RedisAccess access = gone.access(5_000);
    gone.close();
    assertThatThrownBy(() -> access.check("shop", SCORES, GATE)).isInstanceOf(RedisAway.class);
  }

  @Test
  void overTlsOnlyToWhoIsTrusted() throws Exception {
    try (TlsTerminator terminator = TlsTerminator.start(keys, KEYS_PASSWORD, redis.port())) {
      Map<String, String> environment =
          Map.of("U", "scores", "P", PASSWORD, "T", KEYS_PASSWORD, "W", WRONG);
      RedisAccess.of(tls("localhost", terminator.port(), Optional.of(keys), "T"), environment)
          .check("shop", SCORES, Optional.empty());
      RedisAccess untrusted =
          RedisAccess.of(tls("localhost", terminator.port(), Optional.empty(), "T"), environment);
      assertThatThrownBy(() -> untrusted.check("shop", SCORES, GATE))
          .satisfies(RedisAccessTest::notTrusted);
      RedisAccess otherName =
          RedisAccess.of(tls("127.0.0.2", terminator.port(), Optional.of(keys), "T"), environment);
      assertThatThrownBy(() -> otherName.check("shop", SCORES, GATE))
          .satisfies(RedisAccessTest::notTrusted);
      RedisAccess plainServer =
          RedisAccess.of(tls("localhost", redis.port(), Optional.of(keys), "T"), environment)
              .withTimeLimit(500);
      assertThatThrownBy(() -> plainServer.check("shop", SCORES, GATE))
          .isInstanceOf(IOException.class)
          .message()
          .doesNotContain(PASSWORD, KEYS_PASSWORD);
      assertThatThrownBy(
              () -> RedisAccess.of(tls("localhost", 1, Optional.of(keys), "W"), environment))
          .isInstanceOf(RedisRefusal.class)
          .hasMessageStartingWith(
              "redis.truststore is not a PKCS12 file that opens with the password in"
                  + " redis.secrets.truststore_password: ")
          .message()
          .doesNotContain(WRONG);
    }
  }

  @Test
  void aTruststoreThatIsNoneIsRefused(@TempDir Path folder) throws Exception {
    Path text = Files.writeString(folder.resolve("x.p12"), "no", StandardCharsets.UTF_8);
    Map<String, String> environment = Map.of("U", "scores", "P", PASSWORD, "T", KEYS_PASSWORD);
    assertThatThrownBy(
            () -> RedisAccess.of(tls("localhost", 1, Optional.of(text), "T"), environment))
        .isInstanceOf(RedisRefusal.class)
        .hasMessageStartingWith("redis.truststore is not a PKCS12 file");
    assertThatThrownBy(
            () ->
                RedisAccess.of(
                    tls("localhost", 1, Optional.of(folder.resolve("none")), "T"), environment))
        .isInstanceOf(RedisRefusal.class)
        .hasMessage("redis.truststore cannot be read: " + folder.resolve("none"));
  }

  private static void notTrusted(Throwable refusal) {
    assertThat(refusal)
        .isInstanceOf(RedisRefusal.class)
        .hasMessageEndingWith(
            "speaks no TLS, or has a certificate that is not trusted; see redis.tls and"
                + " redis.truststore")
        .hasNoCause();
  }

  private static RedisSettings tls(
      String host, int port, Optional<Path> truststore, String truststorePassword) {
    return new RedisSettings(
        host,
        port,
        true,
        truststore.map(Path::toString),
        Map.of("user", "U", "password", "P", "truststore_password", truststorePassword),
        10_000);
  }
}
