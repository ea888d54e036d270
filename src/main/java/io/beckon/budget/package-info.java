// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What users share: budgets and rates, decided together where all users meet.
 *
 * <p>Imports event, calendar, language, plan, state, detect and policy of Beckon, and nothing that
 * reads a clock: whoever runs a stage brings the time.
 */
@NullMarked
package io.beckon.budget;

import org.jspecify.annotations.NullMarked;
