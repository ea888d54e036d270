// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0

/**
 * From moment to decision: may it be sent, and when.
 *
 * <p>Imports {@code detect} and what lies above it.
 */
@NullMarked
package io.beckon.policy;

import org.jspecify.annotations.NullMarked;
