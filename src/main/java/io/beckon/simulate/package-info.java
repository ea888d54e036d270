// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0

/**
 * A shop that never was: users with habits, and the events they leave behind, with what is true
 * about each of them.
 *
 * <p>A user's whole life is a function of the seed and the user's number, so that nothing about
 * users has to be kept, and the same seed gives the same bytes on every machine.
 */
@NullMarked
package io.beckon.simulate;

import org.jspecify.annotations.NullMarked;
