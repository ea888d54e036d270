// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0

/**
 * CEL expressions, type-checked against record types and compiled to typed closures over slots.
 *
 * <p>Imports {@code event} and {@code language.diagnostics}.
 */
@NullMarked
package io.beckon.language.expression;

import org.jspecify.annotations.NullMarked;
