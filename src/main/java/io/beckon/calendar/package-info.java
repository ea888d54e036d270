// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Durations, local days, zones, and the dates of a user who may change zones.
 *
 * <p>Imports nothing of Beckon.
 */
@NullMarked
package io.beckon.calendar;

import org.jspecify.annotations.NullMarked;
