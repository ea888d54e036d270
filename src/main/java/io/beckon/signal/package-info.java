// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What signals say against a line: when a score crosses it, in events and in silence.
 *
 * <p>Imports event, calendar, state.
 */
@NullMarked
package io.beckon.signal;

import org.jspecify.annotations.NullMarked;
