// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The engine against a naive second implementation, on random jobs and streams, and the bugs that
 * this comparison must find.
 *
 * <p>{@code NaiveOracle} shares no code with the engine: it may read {@code event} and the
 * definitions in {@code language} as data, and nothing below. {@code EngineRunner} alone names the
 * engine.
 */
@NullMarked
package io.beckon.oracle;

import org.jspecify.annotations.NullMarked;
