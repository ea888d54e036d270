// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.detect;

import io.beckon.event.Event;
import io.beckon.plan.InstanceKey;
import io.beckon.plan.TriggerPlan;
import io.beckon.state.IssuedEpisode;

/** What a {@link Detector} finds. */
public interface DetectorOutput {
  /** A settled event is taken next. */
  void taking(Event event);

  /** An issued episode was ended by {@code by}, a {@code cancel_on} or late {@code of} event. */
  void revoked(TriggerPlan trigger, InstanceKey key, IssuedEpisode episode, Event by);

  /** An open absence ended before its deadline. */
  void prevented(TriggerPlan trigger);

  /** A condition missed a value. */
  void missed(TriggerPlan trigger);

  /** A selected event had no value for some match attribute. */
  void withoutInstance(TriggerPlan trigger);

  /** A live instance was displaced by what happened at {@code timeMs}. */
  void displaced(TriggerPlan trigger, InstanceKey key, long timeMs);

  /** A profile named no zone there is. */
  void fellBackToZone();
}
