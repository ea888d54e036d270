// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What a running job tells of itself: the list of its metrics, and how a process of Flink shows
 * them, and Flink's own, to Prometheus.
 *
 * <p>An adapter: imports nothing of the project; knows Flink's metrics, Micrometer and HTTP, and no
 * operator.
 */
@NullMarked
package io.beckon.metrics;

import org.jspecify.annotations.NullMarked;
