// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Who is held out and who gets which variant, drawn so that anybody can draw it again; and what
 * difference it made.
 *
 * <p>Imports nothing of Beckon.
 */
@NullMarked
package io.beckon.experiment;

import org.jspecify.annotations.NullMarked;
