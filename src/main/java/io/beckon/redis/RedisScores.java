// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.redis;

import io.beckon.language.JobDefinition.ScoreRedis;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Writes users' scores, many at a time: a hash each, with a field {@link ScoreWrite#TIME} in epoch
 * milliseconds and one a score. A reader sees all of a record or nothing of it. Used by one thread;
 * {@link #close} may come from another.
 */
public final class RedisScores implements AutoCloseable {
  /**
   * Refuses what is older than what is there. The same again changes nothing but when it ends, so
   * that a batch of which nobody knows whether it arrived can be sent again.
   */
  private static final String SCRIPT =
      """
      local known = redis.call('HGET', KEYS[1], 'time')
      known = known and tonumber(known)
      if known and known > tonumber(ARGV[3]) then
        return 0
      end
      local gone = redis.call('HKEYS', KEYS[1])
      redis.call('HSET', KEYS[1], unpack(ARGV, 2))
      local there = {}
      for i = 2, #ARGV, 2 do
        there[ARGV[i]] = true
      end
      for _, field in ipairs(gone) do
        if not there[field] then
          redis.call('HDEL', KEYS[1], field)
        end
      end
      redis.call('PEXPIRE', KEYS[1], ARGV[1])
      return 1
      """;

  /** What the script returns instead of writing. */
  private static final Long REFUSED = 0L;

  /** What became of a record. */
  public enum Outcome {
    /** It is there. */
    WRITTEN,
    /** A newer one is there. */
    OLDER,
    /** Under its key is something else, which stays. */
    NOT_OURS
  }

  private final RedisLink link;
  private final String job;
  private final KeyTemplate key;
  private final String ttlMs;
  private String digest = "";

  /** Writes the scores of {@code job}. Connects when there is something to write. */
  public RedisScores(RedisAccess access, String job, ScoreRedis settings) {
    this.link = new RedisLink(access);
    this.job = job;
    this.key = new KeyTemplate(settings.key());
    this.ttlMs = Long.toString(settings.ttlMs());
  }

  /**
   * Writes {@code writes}, of different users, in one round trip.
   *
   * @return what became of each
   * @throws RedisAway if that is not known of each; to be written again then
   */
  public List<Outcome> write(List<ScoreWrite> writes) throws RedisAway {
    if (digest.isEmpty()) {
      load();
    }
    List<Object> answers = link.ask(writes.stream().map(this::command).toList());
    List<Integer> again = new ArrayList<>();
    for (int i = 0; i < answers.size(); i++) {
      if (isWithoutScript(answers.get(i))) {
        again.add(i);
      }
    }
    if (!again.isEmpty()) {
      // It was restarted, or somebody had it forget all scripts.
      load();
      List<Object> second = link.ask(again.stream().map(i -> command(writes.get(i))).toList());
      for (int i = 0; i < again.size(); i++) {
        answers.set(again.get(i), second.get(i));
      }
    }
    List<Outcome> outcomes = new ArrayList<>(writes.size());
    for (int i = 0; i < answers.size(); i++) {
      outcomes.add(outcome(writes.get(i), answers.get(i)));
    }
    return outcomes;
  }

  private void load() throws RedisAway {
    Object answer =
        link.ask(List.of(new CommandArguments(Command.SCRIPT).add("LOAD").add(SCRIPT))).get(0);
    if (answer instanceof JedisDataException refused) {
      throw link.refused(refused);
    }
    digest = new String((byte[]) answer, StandardCharsets.US_ASCII);
  }

  private CommandArguments command(ScoreWrite write) {
    String of = key.fill(name -> name.equals("user") ? write.user() : job);
    if (write.erased()) {
      return new CommandArguments(Command.DEL).key(of);
    }
    CommandArguments command =
        new CommandArguments(Command.EVALSHA).add(digest).add(1).key(of).add(ttlMs);
    command.add(ScoreWrite.TIME).add(write.timeMs());
    for (ScoreWrite.Field field : write.fields()) {
      command.add(field.name()).add(field.text());
    }
    return command;
  }

  private static boolean isWithoutScript(Object answer) {
    return answer instanceof JedisDataException error
        && String.valueOf(error.getMessage()).startsWith("NOSCRIPT");
  }

  private Outcome outcome(ScoreWrite write, Object answer) throws RedisAway {
    if (answer instanceof JedisDataException error) {
      if (String.valueOf(error.getMessage()).contains("WRONGTYPE")) {
        return Outcome.NOT_OURS;
      }
      throw link.refused(error);
    }
    return !write.erased() && answer.equals(REFUSED) ? Outcome.OLDER : Outcome.WRITTEN;
  }

  @Override
  public void close() {
    link.close();
  }
}
