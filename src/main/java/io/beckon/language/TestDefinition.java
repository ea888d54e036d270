// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.event.Event;
import io.beckon.event.Slots;
import io.beckon.language.diagnostics.Span;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A test written beside a trigger. Times are absolute, epoch milliseconds.
 *
 * @param trigger the id of the trigger it stands beside
 * @param span where its name is written
 * @param startMs what {@code at: 0m} means
 * @param profile of the one user
 * @param signals what is given in place of the measured value; what is missing is measured
 * @param inputs in the order in which they are read: by time as written, or where {@code arrives}
 *     says
 * @param untilMs the watermark at the end; without it, the test runs until nothing is open
 * @param forcesHoldout whether the user is held out of everything, rather than of nothing
 * @param variant what is taken of every step that has it; of others, and without it, the first that
 *     has a weight
 */
public record TestDefinition(
    String trigger,
    String name,
    Span span,
    long startMs,
    Slots profile,
    Slots signals,
    List<Input> inputs,
    OptionalLong untilMs,
    boolean forcesHoldout,
    Optional<String> variant,
    Expectation expect) {

  /** The id of the user every test is about. */
  public static final String USER = "user";

  public TestDefinition {
    Objects.requireNonNull(trigger);
    Objects.requireNonNull(signals);
    inputs = List.copyOf(inputs);
  }

  /** The events among its inputs, in that order. */
  public List<Event> events() {
    return inputs.stream()
        .filter(Happens.class::isInstance)
        .map(input -> ((Happens) input).event())
        .toList();
  }

  /** Something that is read in a test. */
  public sealed interface Input {}

  /** An event. */
  public record Happens(Event event) implements Input {
    public Happens {
      Objects.requireNonNull(event);
    }
  }

  /**
   * A profile update.
   *
   * @param timeMs its time
   * @param profile the whole profile from then on
   */
  public record Updates(long timeMs, Slots profile) implements Input {
    public Updates {
      Objects.requireNonNull(profile);
    }
  }

  /**
   * What must come of it; lists are complete. A list not written is not checked.
   *
   * @param span where {@code expect} is written, from its key to its last character
   * @param endLine the last line of {@code expect}'s value
   */
  public record Expectation(
      Span span,
      int endLine,
      Optional<List<Expected>> decisions,
      Optional<List<Expected>> commands,
      Optional<List<Expected>> outcomes) {}

  /**
   * One expected decision, command or outcome: the fields written must agree, others may be
   * anything.
   *
   * @param atMs the decision time, if written
   * @param fields names as in the output's JSON, values as their text there ({@code reason:
   *     ISSUED}, {@code kind: coupon}); names checked at load
   */
  public record Expected(Span span, OptionalLong atMs, List<ExpectedField> fields) {
    public Expected {
      fields = List.copyOf(fields);
    }
  }

  /** A field that must agree. */
  public record ExpectedField(String name, String value) {}
}
