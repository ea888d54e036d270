// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Models of who comes back: how likely a user is still a customer, will buy within a horizon, and
 * when a silence stops being usual for them. Each rests on three numbers of a user (first, last and
 * count of purchase days), and each falls in silence alone, so the instant at which it crosses a
 * line is known beforehand.
 *
 * <p>Every exponential and logarithm is of {@link StrictMath}: scores have the same bits on every
 * machine. Imports nothing of Beckon.
 */
@NullMarked
package io.beckon.churn;

import org.jspecify.annotations.NullMarked;
