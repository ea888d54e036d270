// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0

/**
 * One user's state and its versioned byte codec.
 *
 * <p>Imports {@code plan} and what lies above it; the models of {@code churn} too.
 */
@NullMarked
package io.beckon.state;

import org.jspecify.annotations.NullMarked;
