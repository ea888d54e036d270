// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Models of who comes back: how likely a user is still a customer, will buy within a horizon, and
 * when a silence stops being usual for them.
 *
 * <p>Each {@link io.beckon.churn.ChurnScore} is a function of what is kept of one user, {@link
 * io.beckon.churn.Activity}, and of the time, so the instant at which it crosses a line in silence
 * is known beforehand.
 *
 * <p>Every exponential and logarithm is of {@link StrictMath}: scores have the same bits on every
 * machine. Imports nothing of Beckon.
 */
@NullMarked
package io.beckon.churn;

import org.jspecify.annotations.NullMarked;
