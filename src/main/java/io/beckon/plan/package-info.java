// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Definitions compiled: indexes by event type, shared predicates, state shapes and their bounds.
 *
 * <p>Imports {@code event}, {@code calendar}, {@code churn} and {@code language}.
 */
@NullMarked
package io.beckon.plan;

import org.jspecify.annotations.NullMarked;
