// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import java.util.Objects;

/**
 * An episode that was decided ISSUED and can still be revoked. Times in epoch milliseconds.
 *
 * @param anchor the id of the event that completed it
 * @param startMs where its span begins: the moment, or s of an absence
 * @param momentMs when its moment was
 * @param endMs where its span ends, included
 */
public record IssuedEpisode(String anchor, long startMs, long momentMs, long endMs) {
  public IssuedEpisode {
    Objects.requireNonNull(anchor);
  }
}
