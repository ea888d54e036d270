// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0

/** Measurements, run by hand. */
@NullMarked
package io.beckon.bench;

import org.jspecify.annotations.NullMarked;
