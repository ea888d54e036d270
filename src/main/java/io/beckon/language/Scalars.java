// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.calendar.Durations;
import io.beckon.event.AttributeType;
import io.beckon.event.Slots;
import io.beckon.language.yaml.YamlNode;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Values out of what is written; empty for what is none. */
final class Scalars {
  /** More digits than any amount has; beyond, exact arithmetic would have no bound. */
  private static final int MOST_DIGITS = 38;

  private static final int MOST_TEXT = 80;
  private static final long LATEST_MS = 253_402_300_799_999L;
  private static final Pattern OFFSET = Pattern.compile("-?((0|[1-9][0-9]{0,11})(ms|s|m|h|d|w))+");
  private static final Pattern PERCENT = Pattern.compile("-?[0-9]+(\\.[0-9]+)?%");
  private static final Pattern PART = Pattern.compile("[0-9]+(ms|s|m|h|d|w)");
  private static final String UNITS = "w d h m s ms";

  private Scalars() {}

  /** A 64-bit whole number. */
  static Optional<Long> whole(YamlNode.Scalar scalar) {
    if (scalar.kind() != YamlNode.Kind.INT || scalar.text().length() > MOST_TEXT) {
      return Optional.empty();
    }
    String text = scalar.text();
    try {
      return Optional.of(
          text.startsWith("0o")
              ? Long.parseLong(text.substring(2), 8)
              : text.startsWith("0x")
                  ? Long.parseLong(text.substring(2), 16)
                  : Long.parseLong(text));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** A decimal of at most 38 digits before and after the point. */
  static Optional<BigDecimal> decimal(YamlNode.Scalar scalar) {
    Optional<Long> whole = whole(scalar);
    if (whole.isPresent()) {
      return whole.map(BigDecimal::valueOf);
    }
    boolean number = scalar.kind() == YamlNode.Kind.FLOAT || scalar.kind() == YamlNode.Kind.INT;
    if (!number || scalar.text().length() > MOST_TEXT) {
      return Optional.empty();
    }
    try {
      BigDecimal value = new BigDecimal(scalar.text());
      boolean fits =
          value.precision() <= MOST_DIGITS && Math.abs((long) value.scale()) <= MOST_DIGITS;
      return fits ? Optional.of(value) : Optional.empty();
    } catch (NumberFormatException e) {
      // Infinity and the like.
      return Optional.empty();
    }
  }

  /** A part of 1: a decimal, or a percentage as {@code 2.5%}, exact. */
  static Optional<BigDecimal> share(YamlNode.Scalar scalar) {
    String text = scalar.text();
    if (scalar.kind() == YamlNode.Kind.TEXT
        && text.length() <= MOST_TEXT
        && PERCENT.matcher(text).matches()) {
      BigDecimal percent = new BigDecimal(text.substring(0, text.length() - 1));
      return percent.precision() <= MOST_DIGITS
          ? Optional.of(percent.movePointLeft(2))
          : Optional.empty();
    }
    return decimal(scalar);
  }

  /** A duration from a test's start: {@code 2h10m}, {@code -3d}; at most 100 years either way. */
  static OptionalLong offset(String text) {
    if (text.length() > MOST_TEXT || !OFFSET.matcher(text).matches()) {
      return OptionalLong.empty();
    }
    long sum = 0;
    int lastUnit = -1;
    Matcher part = PART.matcher(text);
    while (part.find()) {
      OptionalLong ms = Durations.parse(part.group());
      int unit = (" " + UNITS + " ").indexOf(" " + part.group(1) + " ");
      if (ms.isEmpty() || unit <= lastUnit) {
        return OptionalLong.empty();
      }
      lastUnit = unit;
      sum += ms.getAsLong();
    }
    if (sum > 36_525 * Durations.DAY_MS) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(text.startsWith("-") ? -sum : sum);
  }

  /** An RFC 3339 time of the years 1970 to 9999, in epoch milliseconds; seconds may be left out. */
  static OptionalLong instant(String text) {
    try {
      return inRange(OffsetDateTime.parse(text.toUpperCase(java.util.Locale.ROOT)));
    } catch (DateTimeException e) {
      return OptionalLong.empty();
    }
  }

  /** As {@link #instant}, UTC where no offset is written. */
  static OptionalLong instantOrUtc(String text) {
    OptionalLong instant = instant(text);
    if (instant.isPresent()) {
      return instant;
    }
    try {
      return inRange(LocalDateTime.parse(text).atOffset(ZoneOffset.UTC));
    } catch (DateTimeException e) {
      return OptionalLong.empty();
    }
  }

  private static OptionalLong inRange(OffsetDateTime time) {
    if (time.getYear() < 1969 || time.getYear() > 10_000) {
      return OptionalLong.empty();
    }
    long ms = time.toInstant().toEpochMilli();
    return ms < 0 || ms > LATEST_MS ? OptionalLong.empty() : OptionalLong.of(ms);
  }

  /** Sets an attribute of this type from what is written; false if that is none of its values. */
  static boolean set(YamlNode node, AttributeType type, Slots target, int slot) {
    if (node instanceof YamlNode.Sequence sequence) {
      return setList(sequence, type, target, slot);
    }
    if (!(node instanceof YamlNode.Scalar scalar)) {
      return false;
    }
    switch (type) {
      case STRING -> {
        if (scalar.kind() == YamlNode.Kind.TEXT) {
          target.setString(slot, scalar.text());
          return true;
        }
      }
      case INT -> {
        Optional<Long> value = whole(scalar);
        value.ifPresent(v -> target.setLong(slot, v));
        return value.isPresent();
      }
      case DOUBLE -> {
        Optional<BigDecimal> value = decimal(scalar);
        value.ifPresent(v -> target.setDouble(slot, v.doubleValue()));
        return value.isPresent();
      }
      case DECIMAL -> {
        Optional<BigDecimal> value = decimal(scalar);
        value.ifPresent(v -> target.setDecimal(slot, v));
        return value.isPresent();
      }
      case BOOL -> {
        if (scalar.kind() == YamlNode.Kind.BOOL) {
          target.setBool(slot, Boolean.parseBoolean(scalar.text()));
          return true;
        }
      }
      case TIMESTAMP -> {
        OptionalLong instant = instant(scalar.text());
        long ms = instant.orElseGet(() -> whole(scalar).orElse(-1L));
        if (instant.isPresent() || whole(scalar).isPresent()) {
          target.setLong(slot, ms);
          return true;
        }
      }
      case DURATION -> {
        OptionalLong ms = Durations.parse(scalar.text());
        ms.ifPresent(v -> target.setLong(slot, v));
        return ms.isPresent();
      }
      case STRING_LIST, INT_LIST -> {
        return false;
      }
    }
    return false;
  }

  private static boolean setList(
      YamlNode.Sequence sequence, AttributeType type, Slots target, int slot) {
    List<String> texts = new ArrayList<>();
    List<Long> wholes = new ArrayList<>();
    for (YamlNode item : sequence.items()) {
      if (item instanceof YamlNode.Scalar scalar) {
        if (scalar.kind() == YamlNode.Kind.TEXT) {
          texts.add(scalar.text());
        }
        whole(scalar).ifPresent(wholes::add);
      }
    }
    int size = sequence.items().size();
    if (type == AttributeType.STRING_LIST && texts.size() == size) {
      target.setStrings(slot, texts);
      return true;
    }
    if (type == AttributeType.INT_LIST && wholes.size() == size) {
      target.setInts(slot, wholes);
      return true;
    }
    return false;
  }
}
