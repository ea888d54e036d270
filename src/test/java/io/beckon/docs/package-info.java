// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0

/** Checks that what the documentation says is so. */
@NullMarked
package io.beckon.docs;

import org.jspecify.annotations.NullMarked;
