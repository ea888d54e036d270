// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.redis.ScoreWrite;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.apache.flink.types.StringValue;

/** How scores on their way to Redis travel, and how they are kept until they are there. */
final class ScoreWrites {
  static final TypeInformation<ScoreWrite> TYPE =
      new ElementType<>(ScoreWrite.class, new Serializer());

  private ScoreWrites() {}

  /** User, time, whether erased, fields. */
  static final class Serializer extends ElementSerializer<ScoreWrite> {
    private static final long serialVersionUID = 1L;

    @Override
    public ScoreWrite createInstance() {
      return ScoreWrite.erased("", 0);
    }

    @Override
    public void serialize(ScoreWrite write, DataOutputView target) throws IOException {
      StringValue.writeString(write.user(), target);
      target.writeLong(write.timeMs());
      target.writeBoolean(write.erased());
      target.writeInt(write.fields().size());
      for (ScoreWrite.Field field : write.fields()) {
        StringValue.writeString(field.name(), target);
        StringValue.writeString(field.text(), target);
      }
    }

    @Override
    public ScoreWrite deserialize(DataInputView source) throws IOException {
      String user = StringValue.readString(source);
      long timeMs = source.readLong();
      boolean erased = source.readBoolean();
      int count = source.readInt();
      List<ScoreWrite.Field> fields = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        fields.add(
            new ScoreWrite.Field(StringValue.readString(source), StringValue.readString(source)));
      }
      return new ScoreWrite(user, timeMs, erased, fields);
    }

    @Override
    public TypeSerializerSnapshot<ScoreWrite> snapshotConfiguration() {
      return new Snapshot();
    }
  }

  /** The serialized form has had one version so far. */
  public static final class Snapshot extends SimpleTypeSerializerSnapshot<ScoreWrite> {
    /** Called by Flink. */
    public Snapshot() {
      super(Serializer::new);
    }
  }
}
