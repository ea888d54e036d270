// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

/** Why a record did not become an event. */
public enum DeadLetterReason {
  /**
   * Not a JSON object, not a CSV record of the header's columns, not UTF-8, or not the Avro of its
   * schema, framed as declared.
   */
  BROKEN_RECORD,
  /** Longer than {@link FileRecords#MAX_RECORD_BYTES}. */
  TOO_LARGE,
  /** A record of a topic without a value. */
  NO_VALUE,
  /** It names no user. */
  NO_USER,
  /** It names no event type. */
  NO_TYPE,
  /** It has no time. */
  NO_TIME,
  /** Its type is not in the catalogue. */
  UNKNOWN_TYPE,
  /** A value is not of its declared type, or out of range. */
  WRONG_VALUE,
  /** An attribute declared {@code required} is missing. */
  MISSING_ATTRIBUTE,
  /** The field that holds the id is missing. */
  NO_ID,
  /** In a live job, its time is further ahead of the processing clock than {@code max_ahead}. */
  TOO_FAR_AHEAD,
  /** The schema that it says it is written with is none of the job's. */
  UNKNOWN_SCHEMA
}
