// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The one entrance: what tests, backtests and jobs all run.
 *
 * <p>Imports the rest of the core; imports no adapter.
 */
@NullMarked
package io.beckon.engine;

import org.jspecify.annotations.NullMarked;
