// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cluster;

import java.io.IOException;

/** Why a cluster does not do what was asked: its message is one line for the user. */
public final class ClusterRefusal extends IOException {
  private static final long serialVersionUID = 1L;

  ClusterRefusal(String message) {
    super(message);
  }

  ClusterRefusal(String message, Throwable cause) {
    super(message, cause);
  }
}
