// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
/**
 * A cluster for trying and for tests: Flink, Kafka and Redis as processes of their own, on this
 * machine only, everything they keep in one folder.
 */
@NullMarked
package io.beckon.cluster;

import org.jspecify.annotations.NullMarked;
