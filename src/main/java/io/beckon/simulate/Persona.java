// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.simulate;

import java.util.Locale;

/** How a user behaves. Chances are in thousandths of a visit, or of an interest taken. */
public enum Persona {
  /** Looks a lot, buys little. */
  WINDOW_SHOPPER(550, 60 * Persona.HOUR_MS, 350, 200, 60, 60),
  /** Comes every other day and buys. */
  LOYAL_BUYER(180, 36 * Persona.HOUR_MS, 600, 500, 500, 200),
  /** Comes ever more rarely: each pause is half as long again as the one before. */
  FADING(120, 8 * Persona.HOUR_MS, 450, 300, 300, 100),
  /** Comes daily until a certain moment, and never again. */
  CHURNER(100, 24 * Persona.HOUR_MS, 500, 400, 400, 100),
  /** A program: a hundred times the others' events, at any hour, and never a purchase. */
  BOT(5, 4 * Persona.HOUR_MS, 0, 0, 0, 0),
  /** An ordinary user whose device tells a wrong time, or its events hours late. */
  WRONG_CLOCK(45, 36 * Persona.HOUR_MS, 500, 400, 350, 100);

  private static final long HOUR_MS = 3_600_000L;

  /** The shares add up to this. */
  static final int WHOLE = 1000;

  private final int share;
  private final long pauseMs;
  private final int interest;
  private final int cart;
  private final int now;
  private final int later;

  Persona(int share, long pauseMs, int interest, int cart, int now, int later) {
    this.share = share;
    this.pauseMs = pauseMs;
    this.interest = interest;
    this.cart = cart;
    this.now = now;
    this.later = later;
  }

  /** How many of a thousand users are like this. */
  public int share() {
    return share;
  }

  /** The mean pause between two visits, in the beginning. */
  long pauseMs() {
    return pauseMs;
  }

  /** How often one product is looked at three times or more. */
  int interest() {
    return interest;
  }

  /** How often such a product is put into the cart. */
  int cart() {
    return cart;
  }

  /** How often it is bought within the half hour. */
  int now() {
    return now;
  }

  /** How often it is bought hours or days later. */
  int later() {
    return later;
  }

  /** Its name in the truth: {@code window_shopper}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Its name in a sentence: {@code window shopper}. */
  public String words() {
    return label().replace('_', ' ');
  }
}
