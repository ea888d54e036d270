// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0

/** Grafana's dashboards as code: what is in {@code deploy/grafana} is written by this. */
@NullMarked
package io.beckon.dashboards;

import org.jspecify.annotations.NullMarked;
