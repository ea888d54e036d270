// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.redis;

import io.beckon.calendar.Durations;
import io.beckon.language.JobDefinition.GateSettings;
import io.beckon.language.JobDefinition.RedisSettings;
import io.beckon.language.JobDefinition.ScoreRedis;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;

/**
 * How to reach a job's Redis: what its settings say, and its secrets. Travels to wherever the job
 * runs, certificates included; says nothing of its secrets.
 */
public final class RedisAccess implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final String USER = "user";
  private static final String PASSWORD = "password";
  private static final String TRUSTSTORE_PASSWORD = "truststore_password";

  /** Whose scores are written, and asked about, to see whether that is allowed. */
  private static final String NOBODY = "beckon-start-check";

  private final String host;
  private final int port;
  private final boolean tls;
  private final byte @Nullable [] truststore;

  /** Values by the names of {@code redis.secrets}. */
  private final Map<String, String> secrets;

  private final long timeLimitMs;

  private RedisAccess(
      String host,
      int port,
      boolean tls,
      byte @Nullable [] truststore,
      Map<String, String> secrets,
      long timeLimitMs) {
    this.host = host;
    this.port = port;
    this.tls = tls;
    this.truststore = truststore;
    this.secrets = new TreeMap<>(secrets);
    this.timeLimitMs = timeLimitMs;
  }

  /**
   * The way to the Redis of {@code settings}.
   *
   * @param environment where its secrets are
   * @throws RedisRefusal if a secret is not there, or the truststore cannot be read
   */
  public static RedisAccess of(RedisSettings settings, Map<String, String> environment)
      throws RedisRefusal {
    Map<String, String> secrets = new TreeMap<>();
    for (Map.Entry<String, String> secret : settings.secrets().entrySet()) {
      String value = environment.getOrDefault(secret.getValue(), "");
      if (value.isEmpty()) {
        throw new RedisRefusal(
            "the environment variable "
                + secret.getValue()
                + " is not set; it holds redis.secrets."
                + secret.getKey());
      }
      secrets.put(secret.getKey(), value);
    }
    byte[] truststore = null;
    if (settings.truststore().isPresent()) {
      truststore = read(settings.truststore().get());
    }
    RedisAccess access =
        new RedisAccess(
            settings.host(),
            settings.port(),
            settings.tls(),
            truststore,
            secrets,
            settings.timeLimitMs());
    if (truststore != null) {
      access.checkTruststore(settings.truststore().orElseThrow());
    }
    return access;
  }

  private static byte[] read(String truststore) throws RedisRefusal {
    try {
      return Files.readAllBytes(Path.of(truststore));
    } catch (IOException | IllegalArgumentException e) {
      throw new RedisRefusal("redis.truststore cannot be read: " + truststore);
    }
  }

  private void checkTruststore(String path) throws RedisRefusal {
    try {
      trusted();
    } catch (GeneralSecurityException | IOException e) {
      // Not what Java says of it: that may hold anything.
      throw new RedisRefusal(
          "redis.truststore is not a PKCS12 file that opens with"
              + (secrets.containsKey(TRUSTSTORE_PASSWORD)
                  ? " the password in redis.secrets.truststore_password: "
                  : "out a password; name one in redis.secrets.truststore_password: ")
              + path);
    }
  }

  /** The same Redis, with another time limit. */
  public RedisAccess withTimeLimit(long ms) {
    return new RedisAccess(host, port, tls, truststore, secrets, ms);
  }

  /** How long a connection, and an answer, may take. */
  public long timeLimitMs() {
    return timeLimitMs;
  }

  /**
   * Looks whether the job may do in Redis what it has to do: what nobody's scores are in is
   * written, and asked for.
   *
   * @param scores what is to be written
   * @param gate what is to be asked for
   * @throws RedisRefusal if that would never work
   * @throws RedisAway if Redis cannot be asked now, or is not able to
   */
  public void check(String job, Optional<ScoreRedis> scores, Optional<GateSettings> gate)
      throws RedisRefusal, RedisAway {
    try {
      try (RedisLink link = new RedisLink(this)) {
        link.ping();
      }
      if (scores.isPresent()) {
        ScoreRedis forAMoment = new ScoreRedis(scores.get().key(), 1_000);
        try (RedisScores writer = new RedisScores(this, job, forAMoment)) {
          // A score that is there, then one less, then none: all that is ever done.
          ScoreWrite.Field score = new ScoreWrite.Field("check", "0");
          writer.write(List.of(ScoreWrite.of(NOBODY, 0, List.of(score))));
          writer.write(List.of(ScoreWrite.of(NOBODY, 0, List.of())));
          writer.write(List.of(ScoreWrite.erased(NOBODY, 0)));
        }
      }
      if (gate.isPresent()) {
        try (GateAsk asker = new GateAsk(this)) {
          asker.firstExisting(List.of(new GateKeys(job, gate.get().keys()).filledWith(NOBODY)));
        }
      }
    } catch (RedisAway e) {
      switch (e.why()) {
        case CREDENTIALS, RIGHTS, TLS -> throw new RedisRefusal(String.valueOf(e.getMessage()));
        case UNREACHABLE, SLOW, UNABLE -> throw e;
      }
    }
  }

  /** A new connection, its user known to Redis; fails as Jedis does. */
  Connection connect() throws RedisAway {
    DefaultJedisClientConfig.Builder client =
        DefaultJedisClientConfig.builder()
            .resp2()
            // It would need a right of its own.
            .clientSetInfoConfig(ClientSetInfoConfig.DISABLED);
    if (secrets.containsKey(USER)) {
      client.user(secrets.get(USER));
    }
    if (secrets.containsKey(PASSWORD)) {
      client.password(secrets.get(PASSWORD));
    }
    return new Connection(
        new Sockets(
            host,
            port,
            tls ? Optional.of(trusting()) : Optional.<SSLSocketFactory>empty(),
            Math.toIntExact(timeLimitMs)),
        client.build());
  }

  private SSLSocketFactory trusting() throws RedisAway {
    try {
      return trusted().getSocketFactory();
    } catch (GeneralSecurityException | IOException e) {
      throw new RedisAway(RedisAway.Why.TLS, name() + ": no TLS here");
    }
  }

  /** For messages. */
  String name() {
    return "Redis at " + host + ":" + port;
  }

  String limit() {
    return Durations.format(timeLimitMs);
  }

  private SSLContext trusted() throws GeneralSecurityException, IOException {
    SSLContext context = SSLContext.getInstance("TLS");
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    if (truststore == null) {
      trust.init((KeyStore) null);
    } else {
      String password = secrets.get(TRUSTSTORE_PASSWORD);
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(
          new ByteArrayInputStream(truststore), password == null ? null : password.toCharArray());
      trust.init(store);
    }
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  /** Secrets stay out of logs. */
  @Override
  public String toString() {
    return name();
  }
}
