// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0

/**
 * YAML 1.2 read as nodes that remember their positions.
 *
 * <p>Imports {@code language.diagnostics}.
 */
@NullMarked
package io.beckon.language.yaml;

import org.jspecify.annotations.NullMarked;
