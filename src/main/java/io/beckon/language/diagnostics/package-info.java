// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Problems in definitions: where, what, and what to do; their rendering as text and JSON.
 *
 * <p>Imports nothing of Beckon.
 */
@NullMarked
package io.beckon.language.diagnostics;

import org.jspecify.annotations.NullMarked;
