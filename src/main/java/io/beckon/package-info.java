// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0

/** The root of Beckon; every package below it has one job, said in its own package-info. */
@NullMarked
package io.beckon;

import org.jspecify.annotations.NullMarked;
