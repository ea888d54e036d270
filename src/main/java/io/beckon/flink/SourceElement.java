// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.wire.RawRecord;
import java.io.IOException;
import java.util.Objects;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.apache.flink.types.StringValue;

/**
 * What the source gives: records as they came and, once all are given, an end.
 *
 * @param record of an end, nothing
 */
record SourceElement(Kind kind, RawRecord record) {
  static final TypeInformation<SourceElement> TYPE =
      new ElementType<>(SourceElement.class, new Serializer());

  /** What it is; the names are part of the serialized form. */
  enum Kind {
    PROFILE,
    EVENT,
    END
  }

  SourceElement {
    Objects.requireNonNull(kind);
    Objects.requireNonNull(record);
  }

  static SourceElement end() {
    return new SourceElement(Kind.END, new RawRecord("", 0, new byte[0], RawRecord.Kind.RECORD));
  }

  /** Kind, then the record's source, row, kind and bytes. */
  static final class Serializer extends ElementSerializer<SourceElement> {
    private static final long serialVersionUID = 1L;

    @Override
    public SourceElement createInstance() {
      return end();
    }

    @Override
    public void serialize(SourceElement element, DataOutputView target) throws IOException {
      target.writeUTF(element.kind.name());
      StringValue.writeString(element.record.source(), target);
      target.writeLong(element.record.row());
      target.writeUTF(element.record.kind().name());
      writeBytes(element.record.bytes(), target);
    }

    @Override
    public SourceElement deserialize(DataInputView source) throws IOException {
      Kind kind = Kind.valueOf(source.readUTF());
      String name = StringValue.readString(source);
      long row = source.readLong();
      RawRecord.Kind recordKind = RawRecord.Kind.valueOf(source.readUTF());
      return new SourceElement(kind, new RawRecord(name, row, readBytes(source), recordKind));
    }

    @Override
    public TypeSerializerSnapshot<SourceElement> snapshotConfiguration() {
      return new Snapshot();
    }
  }

  /** The serialized form has had one version so far. */
  public static final class Snapshot extends SimpleTypeSerializerSnapshot<SourceElement> {
    /** Called by Flink. */
    public Snapshot() {
      super(Serializer::new);
    }
  }
}
