// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.archfixtures.flink;

import java.io.Serializable;
import org.apache.flink.api.common.typeinfo.Types;

/** An adapter, which may: no rule complains of it. */
final class HoldsAdapters implements Serializable {
  private static final long serialVersionUID = 1L;

  String allowed() {
    return String.valueOf(Types.STRING) + System.nanoTime();
  }
}
