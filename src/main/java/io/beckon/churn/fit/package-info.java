// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Parameters from histories by maximum likelihood, and how well what comes out tells who returns.
 *
 * <p>Pure: chance comes from a seed that is given. Imports {@code churn} only.
 */
@NullMarked
package io.beckon.churn.fit;

import org.jspecify.annotations.NullMarked;
