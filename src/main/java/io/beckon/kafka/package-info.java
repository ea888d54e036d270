// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Apache Kafka: topics as sources and sinks, and what is checked of them before a job starts.
 *
 * <p>An adapter: imports the core and {@code wire}; knows nothing of the job's operators.
 */
@NullMarked
package io.beckon.kafka;

import org.jspecify.annotations.NullMarked;
