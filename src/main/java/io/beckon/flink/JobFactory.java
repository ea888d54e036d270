// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.language.JobDefinition;
import java.io.Serializable;

/** Makes a job's definition where it is needed; definitions themselves do not travel. */
@FunctionalInterface
interface JobFactory extends Serializable {
  /** The job; equal in meaning at every call. */
  JobDefinition create();
}
