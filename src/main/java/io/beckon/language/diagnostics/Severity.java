// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.diagnostics;

/** How bad a problem is. */
public enum Severity {
  /** The definitions are refused. */
  ERROR,
  /** The definitions are taken, but probably do not do what their author meant. */
  WARNING
}
