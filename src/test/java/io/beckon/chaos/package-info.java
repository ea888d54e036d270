// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
/** What a real cluster goes through, and what readers of its results must never notice. */
@NullMarked
package io.beckon.chaos;

import org.jspecify.annotations.NullMarked;
