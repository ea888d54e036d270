// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.redis;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Asks whether keys exist, those of many commands at a time. Used by one thread; {@link #close} may
 * come from another.
 */
public final class GateAsk implements AutoCloseable {
  /** No key of a command exists. */
  public static final int NONE = -1;

  private final RedisLink link;

  /** Connects when there is something to ask. */
  public GateAsk(RedisAccess access) {
    this.link = new RedisLink(access);
  }

  /**
   * Asks for the keys of several commands in one round trip, for each key once.
   *
   * @param keys per command, as {@link GateKeys#of} gives them
   * @return per command the first index at which a key exists, or {@link #NONE}
   * @throws RedisAway if not every key was answered
   */
  public int[] firstExisting(List<List<Optional<String>>> keys) throws RedisAway {
    Map<String, Integer> places = new LinkedHashMap<>();
    for (List<Optional<String>> ofCommand : keys) {
      for (Optional<String> key : ofCommand) {
        key.ifPresent(asked -> places.putIfAbsent(asked, places.size()));
      }
    }
    boolean[] exist = exist(places.keySet().stream().toList());
    int[] first = new int[keys.size()];
    for (int i = 0; i < first.length; i++) {
      first[i] = first(keys.get(i), places, exist);
    }
    return first;
  }

  private static int first(
      List<Optional<String>> keys, Map<String, Integer> places, boolean[] exist) {
    for (int i = 0; i < keys.size(); i++) {
      Optional<Integer> place = keys.get(i).map(places::get);
      if (place.isPresent() && exist[place.get()]) {
        return i;
      }
    }
    return NONE;
  }

  private boolean[] exist(List<String> keys) throws RedisAway {
    List<Object> answers =
        link.ask(keys.stream().map(key -> new CommandArguments(Command.EXISTS).key(key)).toList());
    boolean[] exist = new boolean[keys.size()];
    for (int i = 0; i < exist.length; i++) {
      if (answers.get(i) instanceof JedisDataException refused) {
        throw link.refused(refused);
      }
      exist[i] = answers.get(i) instanceof Long count && count > 0;
    }
    return exist;
  }

  @Override
  public void close() {
    link.close();
  }
}
