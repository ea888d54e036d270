// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.engine.Engine;
import io.beckon.state.UserState;
import java.io.IOException;
import java.io.Serializable;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.api.common.state.ValueState;
import org.jspecify.annotations.Nullable;

/**
 * The users met of late, decoded, so that a visit of twenty events costs one decoding and one
 * encoding. What changed is written back when a user is put out for another, and before every
 * snapshot: between two snapshots Flink's state may lag behind, which nobody sees, since a restart
 * goes back to the last one. Not thread-safe.
 */
final class RecentUsers {
  /** The largest number of users at hand. */
  static final int MOST = 8_192;

  /** Beyond so many encoded bytes fewer users are at hand. */
  static final long MOST_BYTES = 16 << 20;

  /** A user who changed so often without being encoded is encoded once, to be weighed. */
  static final int WEIGH_AFTER = 64;

  static final long NO_TIMER = Long.MAX_VALUE;

  /** A user at hand. */
  static final class Recent {
    private final UserState state;
    private long timerMs;
    private long sendTimerMs = NO_TIMER;
    private int changes;
    private boolean isStored;
    private int bytes;

    Recent(UserState state, long timerMs) {
      this.state = state;
      this.timerMs = timerMs;
    }

    UserState state() {
      return state;
    }

    /** When the user's working timer fires, or {@link #NO_TIMER}. */
    long timerMs() {
      return timerMs;
    }

    /** When the send clock is known to wake the user, or {@link #NO_TIMER}; at hand only. */
    long sendTimerMs() {
      return sendTimerMs;
    }

    void sendTimerMs(long to) {
      sendTimerMs = to;
    }
  }

  /** Makes a user the one whose state and timers are meant. */
  interface Keys {
    void set(String user);
  }

  /**
   * How many users are at hand at most.
   *
   * @param users at least 1
   * @param bytes encoded, as far as they have been; the user asked for is at hand in any case
   */
  record Most(int users, long bytes) implements Serializable {
    static final Most USUAL = new Most(MOST, MOST_BYTES);
  }

  private final Engine engine;
  private final Most most;
  private final ValueState<byte[]> stored;
  private final Keys keys;
  private final StateSizes sizes;
  private final Map<String, Recent> recent = new LinkedHashMap<>(1_024, 0.75f, true);
  private long bytes;

  RecentUsers(Engine engine, Most most, ValueState<byte[]> stored, Keys keys, StateSizes sizes) {
    this.engine = engine;
    this.most = most;
    this.stored = stored;
    this.keys = keys;
    this.sizes = sizes;
  }

  /** The user whose key is set. */
  Recent of(String user) throws IOException {
    Recent known = recent.get(user);
    return known == null ? add(user, stored.value()) : known;
  }

  /**
   * The user whose key is set, if the user's working timer is at {@code timerMs}. Nobody is taken
   * at hand for a timer that has been replaced, or outlived its user.
   */
  Optional<Recent> dueAt(long timerMs, String user) throws IOException {
    Recent known = recent.get(user);
    if (known != null) {
      return known.timerMs == timerMs ? Optional.of(known) : Optional.empty();
    }
    byte[] encoded = stored.value();
    return encoded != null && StoredUser.timerMs(encoded) == timerMs
        ? Optional.of(add(user, encoded))
        : Optional.empty();
  }

  /** The user whose key is set, if anything is kept of them. */
  Optional<Recent> find(String user) throws IOException {
    Recent known = recent.get(user);
    if (known != null) {
      return Optional.of(known);
    }
    byte[] encoded = stored.value();
    return encoded == null ? Optional.empty() : Optional.of(add(user, encoded));
  }

  private Recent add(String user, byte @Nullable [] encoded) throws IOException {
    Recent added;
    if (encoded == null) {
      added = new Recent(engine.newState(user), NO_TIMER);
    } else {
      added = new Recent(StoredUser.state(engine, user, encoded), StoredUser.timerMs(encoded));
      added.isStored = true;
      added.bytes = encoded.length;
      bytes += encoded.length;
    }
    makeRoom(user);
    recent.put(user, added);
    return added;
  }

  private void makeRoom(String user) throws IOException {
    boolean others = false;
    while (!recent.isEmpty() && (recent.size() >= most.users || bytes > most.bytes)) {
      Iterator<Map.Entry<String, Recent>> oldest = recent.entrySet().iterator();
      Map.Entry<String, Recent> gone = oldest.next();
      writeBack(gone.getKey(), gone.getValue());
      bytes -= gone.getValue().bytes;
      oldest.remove();
      others = true;
    }
    if (others) {
      keys.set(user);
    }
  }

  /**
   * Takes note that the state of the user whose key is set may have changed, and of the working
   * timer.
   */
  void changed(String user, Recent each, long timerMs) throws IOException {
    each.timerMs = timerMs;
    each.changes++;
    if (each.changes == WEIGH_AFTER) {
      writeBack(user, each);
    }
  }

  /** Forgets the user whose key is set, of whom nothing is kept. */
  void drop(String user) {
    Recent gone = recent.remove(user);
    if (gone != null) {
      bytes -= gone.bytes;
      if (gone.isStored) {
        stored.clear();
      }
    }
  }

  /** Writes back everything that changed; afterwards no user's key is set in particular. */
  void writeBack() throws IOException {
    for (Map.Entry<String, Recent> each : recent.entrySet()) {
      writeBack(each.getKey(), each.getValue());
    }
  }

  private void writeBack(String user, Recent each) throws IOException {
    if (each.changes == 0) {
      return;
    }
    byte[] encoded = StoredUser.of(engine, each.timerMs, each.state);
    keys.set(user);
    stored.update(encoded);
    sizes.wrote(encoded.length);
    bytes += encoded.length - each.bytes;
    each.bytes = encoded.length;
    each.isStored = true;
    each.changes = 0;
  }
}
