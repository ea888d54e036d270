// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.engine.Engine;
import io.beckon.engine.EngineOutput;
import io.beckon.event.CodePoints;
import io.beckon.state.UserState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The users of a backtest, their states and deadlines. The states last used are kept as they are,
 * the others as bytes; empty ones not at all.
 */
final class BacktestUsers {
  /** How many states are kept decoded. */
  static final int MOST_DECODED = 50_000;

  /** A user of whom something is kept. */
  static final class User {
    final String id;

    /** Free for the caller; false in the beginning. */
    boolean counted;

    private @Nullable UserState state;
    private byte @Nullable [] encoded;
    private long deadlineMs = Engine.NO_DEADLINE;
    // The time of this user's working entry in the queue; other entries are stale.
    private long queuedMs = Engine.NO_DEADLINE;
    private boolean usedOfLate;

    User(String id) {
      this.id = id;
    }
  }

  private record Deadline(long timeMs, User user) implements Comparable<Deadline> {
    @Override
    public int compareTo(Deadline other) {
      int byTime = Long.compare(timeMs, other.timeMs);
      return byTime != 0 ? byTime : CodePoints.compare(user.id, other.user.id);
    }
  }

  private final Engine engine;
  private final int mostDecoded;
  private final Map<String, User> users = new HashMap<>();
  private final PriorityQueue<Deadline> queue = new PriorityQueue<>();
  // Whose states are decoded. The hand goes round and encodes whoever was not used since it last
  // came by.
  private final List<User> decoded = new ArrayList<>();
  private int hand;

  /** No users yet; at most so many states, at least one, are kept decoded. */
  BacktestUsers(Engine engine, int mostDecoded) {
    this.engine = engine;
    this.mostDecoded = mostDecoded;
  }

  /** The user called {@code id}, made if unknown. */
  User of(String id) {
    return users.computeIfAbsent(id, User::new);
  }

  /** The state of {@code user}; good until another one is asked for. */
  UserState state(User user) {
    user.usedOfLate = true;
    UserState state = user.state;
    if (state == null) {
      byte[] bytes = user.encoded;
      state = bytes == null ? engine.newState(user.id) : engine.decode(user.id, bytes);
      user.state = state;
      user.encoded = null;
      keepDecoded(user);
    }
    return state;
  }

  private void keepDecoded(User user) {
    if (decoded.size() < mostDecoded) {
      decoded.add(user);
      return;
    }
    while (true) {
      hand = hand + 1 < decoded.size() ? hand + 1 : 0;
      User other = decoded.get(hand);
      UserState state = other.state;
      if (state != null && other.usedOfLate) {
        other.usedOfLate = false;
        continue;
      }
      if (state != null) {
        other.encoded = engine.encode(state);
        other.state = null;
      }
      decoded.set(hand, user);
      return;
    }
  }

  /** Takes note that the state of {@code user} may have changed. */
  void touched(User user) {
    UserState state = state(user);
    if (engine.isEmpty(state)) {
      users.remove(user.id);
      user.state = null;
      user.deadlineMs = Engine.NO_DEADLINE;
      user.queuedMs = Engine.NO_DEADLINE;
      return;
    }
    user.deadlineMs = engine.nextDeadline(state);
    enqueue(user);
  }

  private void enqueue(User user) {
    if (user.deadlineMs < user.queuedMs) {
      user.queuedMs = user.deadlineMs;
      queue.add(new Deadline(user.deadlineMs, user));
    }
  }

  /**
   * Handles every deadline up to {@code watermarkMs}, in the order of (time, user).
   *
   * @param passed hears of each time, ascending, up to which all deadlines have been handled
   */
  void advance(long watermarkMs, EngineOutput output, LongConsumer passed) {
    Deadline next = queue.peek();
    while (next != null && next.timeMs <= watermarkMs) {
      queue.remove();
      passed.accept(next.timeMs - 1);
      User user = next.user;
      if (user.queuedMs == next.timeMs) {
        user.queuedMs = Engine.NO_DEADLINE;
        if (user.deadlineMs > next.timeMs) {
          enqueue(user);
        } else {
          engine.advance(state(user), next.timeMs, next.timeMs, output);
          touched(user);
          if (user.deadlineMs <= next.timeMs) {
            throw new IllegalStateException("a deadline at " + next.timeMs + " was not handled");
          }
        }
      }
      next = queue.peek();
    }
    passed.accept(watermarkMs);
  }

  /** Adds what users still wait for, by trigger: absences, held commands, goals. */
  void countLeft(long[] open, long[] held, long[] followed) {
    for (User user : users.values()) {
      UserState state = state(user);
      engine.countOpen(state, open);
      engine.countJourneys(state, held, followed);
    }
  }
}
