// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Moments: one user's events in, moments out.
 *
 * <p>Imports {@code state} and what lies above it.
 */
@NullMarked
package io.beckon.detect;

import org.jspecify.annotations.NullMarked;
