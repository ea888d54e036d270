// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Durations, local days and zones.
 *
 * <p>Imports nothing of Beckon.
 */
@NullMarked
package io.beckon.calendar;

import org.jspecify.annotations.NullMarked;
