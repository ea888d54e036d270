// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The jobs on Apache Flink: sources, operators, sinks; thin.
 *
 * <p>An adapter: imports the core, {@code wire}, {@code kafka} and {@code redis}.
 */
@NullMarked
package io.beckon.flink;

import org.jspecify.annotations.NullMarked;
