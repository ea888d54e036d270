// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0

/**
 * JSON Lines, CSV and Avro, mappings, content ids: what files and topics carry.
 *
 * <p>An adapter: imports the core.
 */
@NullMarked
package io.beckon.wire;

import org.jspecify.annotations.NullMarked;
