// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What authors wrote, as records with their place in the file, checked against the catalogue.
 *
 * <p>Imports {@code event}, {@code calendar}, {@code churn} and its own sub-packages.
 */
@NullMarked
package io.beckon.language;

import org.jspecify.annotations.NullMarked;
