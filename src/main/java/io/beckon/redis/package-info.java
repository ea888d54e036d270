// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
/**
 * Scores for others to read, and the last gate before sending: what of Beckon is in Redis.
 *
 * <p>May import the core. Redis's client stays behind this package; Flink does not come in.
 */
@NullMarked
package io.beckon.redis;

import org.jspecify.annotations.NullMarked;
