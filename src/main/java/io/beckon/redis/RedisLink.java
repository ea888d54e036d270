// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.redis;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * A connection that is made when it is needed, and made anew after it broke. Used by one thread;
 * {@link #close} may come from another, and ends a wait.
 */
final class RedisLink implements AutoCloseable {
  private static final Pattern CODE_WITHIN_SCRIPT = Pattern.compile(": -([A-Z]{2,20}) ");

  private final RedisAccess access;
  private volatile @Nullable Connection connection;
  private volatile boolean closed;

  RedisLink(RedisAccess access) {
    this.access = access;
  }

  /** Makes sure that somebody answers. */
  void ping() throws RedisAway {
    Object answer = ask(List.of(new CommandArguments(Command.PING))).get(0);
    if (answer instanceof JedisDataException refused) {
      throw refused(refused);
    }
  }

  /**
   * Sends all commands at once and waits for all answers.
   *
   * @return per command its answer, or the {@link JedisDataException} that it was refused with
   * @throws RedisAway if there is not an answer to every command; which ones were carried out is
   *     not known
   */
  List<Object> ask(List<CommandArguments> commands) throws RedisAway {
    try {
      Connection open = connected();
      for (CommandArguments command : commands) {
        open.sendCommand(command);
      }
      return new ArrayList<>(open.getMany(commands.size()));
    } catch (JedisDataException e) {
      drop();
      throw refused(e);
    } catch (JedisException e) {
      drop();
      throw broken(e);
    }
  }

  private Connection connected() throws RedisAway {
    Connection open = connection;
    if (open == null) {
      if (closed) {
        throw away(RedisAway.Why.UNREACHABLE, "the connection is closed");
      }
      open = access.connect();
      connection = open;
      if (closed) {
        disconnect(open);
      }
    }
    return open;
  }

  /** In our own words: those of the server may hold keys. */
  RedisAway refused(JedisDataException error) {
    String code = code(String.valueOf(error.getMessage()));
    return switch (code) {
      case "WRONGPASS" ->
          away(
              RedisAway.Why.CREDENTIALS,
              "refuses the user or the password of redis.secrets (WRONGPASS)");
      case "NOAUTH" ->
          away(
              RedisAway.Why.CREDENTIALS,
              "wants a user and a password; name their environment variables in redis.secrets"
                  + " (NOAUTH)");
      case "NOPERM" ->
          away(
              RedisAway.Why.RIGHTS,
              "does not allow its user all that the job needs (NOPERM); docs/operating.md has the"
                  + " line for its ACL");
      case "MOVED", "ASK", "CROSSSLOT", "CLUSTERDOWN" ->
          away(RedisAway.Why.UNABLE, "is part of a cluster, which is not supported (" + code + ")");
      default ->
          away(
              RedisAway.Why.UNABLE,
              "is not able to serve now" + (code.matches("[A-Z]{2,20}") ? " (" + code + ")" : ""));
    };
  }

  private static String code(String error) {
    if (error.contains("The user executing the script can't")) {
      return "NOPERM";
    }
    Matcher withinScript = CODE_WITHIN_SCRIPT.matcher(error);
    return withinScript.find() ? withinScript.group(1) : error.split(" ", 2)[0];
  }

  private RedisAway broken(JedisException error) {
    Throwable cause = error;
    for (Throwable next = error; next != null; next = next.getCause()) {
      cause = next;
      if (next instanceof SocketTimeoutException) {
        return away(RedisAway.Why.SLOW, "does not answer within " + access.limit());
      }
      if (next instanceof SSLException) {
        return away(
            RedisAway.Why.TLS,
            "speaks no TLS, or has a certificate that is not trusted; see redis.tls and"
                + " redis.truststore");
      }
    }
    return cause instanceof UnknownHostException
        ? away(RedisAway.Why.UNREACHABLE, "cannot be reached: nobody knows that name")
        : away(RedisAway.Why.UNREACHABLE, "cannot be reached");
  }

  private RedisAway away(RedisAway.Why why, String what) {
    return new RedisAway(why, access.name() + " " + what);
  }

  private void drop() {
    Connection open = connection;
    connection = null;
    if (open != null) {
      disconnect(open);
    }
  }

  private static void disconnect(Connection open) {
    try {
      // Without waiting until all is written: who should read it does not.
      open.forceDisconnect();
    } catch (IOException | JedisException alreadyGone) {
      return;
    }
  }

  @Override
  public void close() {
    closed = true;
    Connection open = connection;
    if (open != null) {
      disconnect(open);
    }
  }
}
