// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import io.beckon.event.Event;
import java.util.List;
import java.util.Objects;

/** What an {@link EventDecoder} makes of a raw record. */
public sealed interface Decoded {
  /** An event. */
  record Read(Event event) implements Decoded {
    public Read {
      Objects.requireNonNull(event);
    }
  }

  /** A record that is no event. */
  record Rejected(DeadLetter letter) implements Decoded {
    public Rejected {
      Objects.requireNonNull(letter);
    }
  }

  /**
   * The header of a file.
   *
   * @param problems one line each: columns that the mapping reads and the file lacks or has twice.
   *     With one of these, the file is not what the job expects and should not be read on.
   */
  record Header(List<String> problems) implements Decoded {
    public Header {
      problems = List.copyOf(problems);
    }
  }
}
