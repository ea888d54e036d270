// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The command line, {@code bin/beckon}.
 *
 * <p>Imports everything else.
 */
@NullMarked
package io.beckon.cli;

import org.jspecify.annotations.NullMarked;
