// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.archfixtures.unmarked;

/** A class whose package says nothing about null. */
final class Unmarked {}
