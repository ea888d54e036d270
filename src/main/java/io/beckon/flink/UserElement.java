// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.wire.DeadLetterReason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.apache.flink.types.StringValue;

/**
 * What decoding makes of a record: something for the owner of one user's state, or only word of how
 * far event time has come.
 *
 * @param user whose it is; empty if nobody's
 * @param timeMs event time
 * @param watermarkMs the watermark when it was read, itself included; {@link Long#MIN_VALUE} if
 *     there is none yet
 * @param payload of an event its encoding by the engine, of a profile the record as it came, of a
 *     dead letter the name of its reason; not to be changed
 * @param lateLine of an event that came late, or may have come late, its line for the late output:
 *     the whole event, while the payload holds only what triggers read; of a dead letter its line;
 *     empty otherwise
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by nobody; copies would cost on the hot path.
record UserElement(
    Kind kind, String user, long timeMs, long watermarkMs, byte[] payload, byte[] lateLine) {
  static final TypeInformation<UserElement> TYPE =
      new ElementType<>(UserElement.class, new Serializer());

  private static final byte[] NOTHING = {};

  /** What it is. */
  enum Kind {
    /** A user's profile. */
    PROFILE('P'),
    /** Everything known of a user is to be erased. */
    ERASE('X'),
    /** An event that some trigger listens to. */
    EVENT('E'),
    /** An event of interest only for its time. */
    PASSED('-'),
    /** The input has ended; the watermark is the final one. */
    END('.'),
    /** A record that is no event: its line for the dead letters. */
    DEAD('D');

    /** Stands for it in the serialized form. */
    private final char code;

    Kind(char code) {
      this.code = code;
    }

    private static Kind of(int code) throws IOException {
      for (Kind kind : values()) {
        if (kind.code == code) {
          return kind;
        }
      }
      throw new IOException("element of an unknown kind: " + code);
    }
  }

  UserElement {
    Objects.requireNonNull(kind);
    Objects.requireNonNull(user);
    Objects.requireNonNull(payload);
    Objects.requireNonNull(lateLine);
  }

  static UserElement profile(String user, byte[] record) {
    return new UserElement(Kind.PROFILE, user, Long.MIN_VALUE, Long.MIN_VALUE, record, NOTHING);
  }

  static UserElement erase(String user) {
    return new UserElement(Kind.ERASE, user, Long.MIN_VALUE, Long.MIN_VALUE, NOTHING, NOTHING);
  }

  static UserElement event(String user, long timeMs, long watermarkMs, byte[] event) {
    return new UserElement(Kind.EVENT, user, timeMs, watermarkMs, event, NOTHING);
  }

  static UserElement late(
      String user, long timeMs, long watermarkMs, byte[] event, byte[] lateLine) {
    return new UserElement(Kind.EVENT, user, timeMs, watermarkMs, event, lateLine);
  }

  /**
   * An event of a live job: whether it is late is not known before it comes to its user.
   *
   * @param lateLine in which the watermark is still to be filled in
   */
  static UserElement live(String user, long timeMs, byte[] event, byte[] lateLine) {
    return new UserElement(Kind.EVENT, user, timeMs, Long.MIN_VALUE, event, lateLine);
  }

  /** A dead letter; it has no time. */
  static UserElement dead(DeadLetterReason reason, byte[] line) {
    byte[] name = reason.name().getBytes(StandardCharsets.US_ASCII);
    return new UserElement(Kind.DEAD, "", Long.MIN_VALUE, Long.MIN_VALUE, name, line);
  }

  static UserElement passed(long timeMs, long watermarkMs) {
    return new UserElement(Kind.PASSED, "", timeMs, watermarkMs, NOTHING, NOTHING);
  }

  static UserElement end(long finalWatermarkMs) {
    return new UserElement(Kind.END, "", finalWatermarkMs, finalWatermarkMs, NOTHING, NOTHING);
  }

  /** Whether it is for a user: the admission filter, before the shuffle. */
  boolean isForUser() {
    return switch (kind) {
      case PROFILE, ERASE, EVENT -> true;
      case PASSED, END, DEAD -> false;
    };
  }

  /** Who and what stays out of logs. */
  @Override
  public String toString() {
    return "UserElement[" + kind + " at " + timeMs + "]";
  }

  /** Kind, user, time, watermark, payload, late line. */
  static final class Serializer extends ElementSerializer<UserElement> {
    private static final long serialVersionUID = 1L;

    @Override
    public UserElement createInstance() {
      return end(Long.MIN_VALUE);
    }

    @Override
    public void serialize(UserElement element, DataOutputView target) throws IOException {
      target.writeByte(element.kind.code);
      StringValue.writeString(element.user, target);
      target.writeLong(element.timeMs);
      target.writeLong(element.watermarkMs);
      writeBytes(element.payload, target);
      writeBytes(element.lateLine, target);
    }

    @Override
    public UserElement deserialize(DataInputView source) throws IOException {
      Kind kind = Kind.of(source.readByte());
      return new UserElement(
          kind,
          StringValue.readString(source),
          source.readLong(),
          source.readLong(),
          readBytes(source),
          readBytes(source));
    }

    @Override
    public TypeSerializerSnapshot<UserElement> snapshotConfiguration() {
      return new Snapshot();
    }
  }

  /** The serialized form has had one version so far. */
  public static final class Snapshot extends SimpleTypeSerializerSnapshot<UserElement> {
    /** Called by Flink. */
    public Snapshot() {
      super(Serializer::new);
    }
  }
}
