// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.plan;

/**
 * That an expression reads a signal.
 *
 * @param slot of {@code job.signals().type()}
 */
public record SignalRead(int slot, SignalPlan signal) {}
