// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.simulate;

import java.time.LocalDate;
import java.util.List;
import java.util.OptionalLong;

/** Events and truths as lines of text, without the line end. Everything in them is ASCII. */
final class Lines {
  static final String CSV_HEADER = "ts_ms,user,type,item,category,value";

  private static final long DAY_MS = 86_400_000L;

  private final StringBuilder line = new StringBuilder(256);
  private long day = Long.MIN_VALUE;
  private String date = "";

  /** An event as a line. */
  String event(SimulatedEvent event, EventFormat format) {
    line.setLength(0);
    switch (format) {
      case CSV -> csv(event);
      case JSONL -> json(event);
    }
    return line.toString();
  }

  private void csv(SimulatedEvent event) {
    Product product = event.product();
    line.append(event.toldMs()).append(',').append(event.userId());
    line.append(',').append(event.type().raw()).append(',').append(product.id());
    line.append(',').append(product.category()).append(',').append(product.price());
  }

  private void json(SimulatedEvent event) {
    Product product = event.product();
    line.append("{\"id\":\"").append(event.id());
    line.append("\",\"type\":\"").append(event.type().canonical());
    line.append("\",\"user\":\"").append(event.userId());
    line.append("\",\"time\":");
    time(event.toldMs());
    line.append(",\"attributes\":{\"item_id\":\"").append(product.id());
    if (!product.category().isEmpty()) {
      line.append("\",\"category\":\"").append(product.category());
    }
    boolean purchase = event.type() == SimulatedEvent.Type.PURCHASE;
    line.append(purchase ? "\",\"total\":" : "\",\"price\":").append(product.price()).append("}}");
  }

  /** What is true of a user, as a line; a purchase counts that comes within {@code withinMs}. */
  String truth(Simulation.Truth truth, long withinMs) {
    line.setLength(0);
    line.append("{\"user\":\"").append(SimulatedEvent.userId(truth.user()));
    line.append("\",\"persona\":\"").append(truth.persona().label());
    line.append("\",\"clock\":\"").append(truth.clock().label());
    line.append("\",\"clock_offset_ms\":").append(truth.clock().offsetMs());
    line.append(",\"churned_at\":");
    timeOrNull(truth.churnedAtMs());
    line.append(",\"events\":").append(truth.events()).append(",\"browsed\":[");
    String comma = "";
    for (Simulation.Interest interest : truth.interests()) {
      line.append(comma).append("{\"item_id\":\"").append(interest.product().id());
      line.append("\",\"at\":");
      time(interest.atMs());
      line.append(",\"bought_at\":");
      timeOrNull(interest.boughtAtMs());
      boolean anyway =
          interest.anywayAtMs().isPresent()
              && interest.anywayAtMs().getAsLong() - interest.atMs() <= withinMs;
      line.append(",\"would_buy_anyway\":").append(anyway);
      planted(interest.planted());
      line.append('}');
      comma = ",";
    }
    return line.append("]}").toString();
  }

  /** Nothing where nothing is planted. Names of triggers are letters, digits and hyphens. */
  private void planted(List<Effects.Planted> planted) {
    String before = ",\"planted\":{\"";
    for (Effects.Planted each : planted) {
      line.append(before).append(each.trigger()).append("\":\"");
      line.append(each.treated() ? "treated" : "held_out").append('"');
      before = ",\"";
    }
    line.append(planted.isEmpty() ? "" : "}");
  }

  private void timeOrNull(OptionalLong timeMs) {
    if (timeMs.isPresent()) {
      time(timeMs.getAsLong());
    } else {
      line.append("null");
    }
  }

  private void time(long timeMs) {
    int inDay = (int) Math.floorMod(timeMs, DAY_MS);
    line.append('"').append(date(timeMs)).append('T');
    two(inDay / 3_600_000).append(':');
    two(inDay / 60_000 % 60).append(':');
    two(inDay / 1_000 % 60).append('.').append(inDay / 100 % 10);
    two(inDay % 100).append("Z\"");
  }

  /** The date of a time, UTC. */
  String date(long timeMs) {
    long of = Math.floorDiv(timeMs, DAY_MS);
    if (of != day) {
      day = of;
      date = LocalDate.ofEpochDay(of).toString();
    }
    return date;
  }

  private StringBuilder two(int number) {
    return line.append((char) ('0' + number / 10)).append((char) ('0' + number % 10));
  }
}
