// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Event types, attributes, events as typed slots, the catalogue and profiles.
 *
 * <p>Imports nothing of Beckon.
 */
@NullMarked
package io.beckon.event;

import org.jspecify.annotations.NullMarked;
