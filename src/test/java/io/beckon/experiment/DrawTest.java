// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.beckon.experiment.Holdouts.Held;
import io.beckon.experiment.Holdouts.Scope;
import java.math.BigDecimal;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

/**
 * The draws of a million users. They are the same in every run, so a test passes always or never: a
 * p-value is to lie in [0.001, 0.999], and a draw that is wrong on purpose has one below a
 * millionth.
 */
class DrawTest {
  private static final int USERS = 1_000_000;
  private static final int BINS = 10;
  private static final double LEAST = 0.001;
  private static final double WRONG = 1e-6;

  private static final String[] NAMES = names();

  private static String[] names() {
    String[] names = new String[USERS];
    for (int i = 0; i < USERS; i++) {
      names[i] = "u" + i;
    }
    return names;
  }

  private static double[] draws(String salt, String scope) {
    double[] draws = new double[USERS];
    for (int i = 0; i < USERS; i++) {
      draws[i] = Draw.unit(salt, scope, NAMES[i]);
    }
    return draws;
  }

  private static double uniform(IntToDoubleFunction draw) {
    long[] bins = new long[100];
    for (int i = 0; i < USERS; i++) {
      bins[(int) (draw.applyAsDouble(i) * bins.length)]++;
    }
    return ChiSquare.uniform(bins);
  }

  private static double independent(IntToDoubleFunction one, IntToDoubleFunction other) {
    long[][] table = new long[BINS][BINS];
    for (int i = 0; i < USERS; i++) {
      table[(int) (one.applyAsDouble(i) * BINS)][(int) (other.applyAsDouble(i) * BINS)]++;
    }
    return ChiSquare.independent(table);
  }

  private static void assertPlausible(String what, double p) {
    assertThat(p).as("p-value of %s", what).isBetween(LEAST, 1 - LEAST);
  }

  @Test
  void aDrawIsWhatItsFormulaSays() {
    // Worked out by a program in another language.
    assertThat(Draw.unit("retail", "holdout", "u1")).isEqualTo(0.6441378620556314);
    assertThat(Draw.unit("retail", Draw.holdoutOf("cart-abandonment"), "u1"))
        .isEqualTo(0.6517079889684649);
    assertThat(Draw.unit("2026Q4", Draw.variantOf("browse-without-buy"), "user-42"))
        .isEqualTo(0.8594334855969898);
    assertThat(Draw.unit("盐", Draw.HOLDOUT, "用户-7")).isEqualTo(0.7245769975129163);
    assertThat(Draw.unit("", "", "")).isEqualTo(0.5884184134528798);
    assertThat(Draw.unit("retail", Draw.SPREAD, "u1")).isEqualTo(0.3671620345803124);
  }

  @Test
  void drawsAreUniformAndHaveNothingToDoWithEachOther() {
    double[] global = draws("retail", Draw.HOLDOUT);
    double[] cart = draws("retail", Draw.holdoutOf("cart-abandonment"));
    double[] browse = draws("retail", Draw.holdoutOf("browse-without-buy"));
    double[] variant = draws("retail", Draw.variantOf("cart-abandonment"));
    double[] salted = draws("2026Q4", Draw.HOLDOUT);
    double[] spread = draws("retail", Draw.SPREAD);
    double[][] all = {global, cart, browse, variant, salted, spread};
    for (int i = 0; i < all.length; i++) {
      double[] one = all[i];
      assertPlausible("uniformity of " + i, uniform(user -> one[user]));
      assertPlausible(
          "neighbours of " + i, independent(user -> one[user], user -> one[(user + 1) % USERS]));
      for (int j = 0; j < i; j++) {
        double[] other = all[j];
        assertPlausible(
            "independence of " + i + " and " + j,
            independent(user -> one[user], user -> other[user]));
      }
    }
    // The same tests see what is wrong: a bias of two in a hundred, a hash that is none, a scope
    // that is not hashed, two triggers that share the draws of one user in fifty.
    assertThat(uniform(user -> Math.pow(global[user], 1.02))).isLessThan(WRONG);
    assertThat(uniform(user -> (NAMES[user].hashCode() >>> 1) / 0x1p31)).isLessThan(WRONG);
    assertThat(independent(user -> global[user], user -> global[user])).isLessThan(WRONG);
    assertThat(independent(user -> cart[user], user -> user % 50 == 0 ? cart[user] : browse[user]))
        .isLessThan(WRONG);
    assertThat(independent(user -> user % 100 / 100.0, user -> (user + 1) % USERS % 100 / 100.0))
        .isLessThan(WRONG);
  }

  @Test
  void asManyAreHeldOutAsWasAskedForWhateverElseTheyGet() {
    BigDecimal five = new BigDecimal("0.05");
    BigDecimal ten = new BigDecimal("0.10");
    long[] of = new long[3];
    long[] variants = new long[3];
    long[][] heldByVariant = new long[2][3];
    long[][] byTriggers = new long[2][2];
    int[] weights = {2, 1, 1};
    for (String user : NAMES) {
      int scope =
          Holdouts.of("retail", five, "cart", ten, user)
              .map(held -> held.scope() == Scope.GLOBAL ? 1 : 2)
              .orElse(0);
      int variant = Variants.choose("retail", "cart", user, weights);
      of[scope]++;
      variants[variant]++;
      heldByVariant[scope == 0 ? 0 : 1][variant]++;
      if (scope != 1) {
        boolean other = Holdouts.of("retail", five, "browse", ten, user).isPresent();
        byTriggers[scope == 0 ? 0 : 1][other ? 1 : 0]++;
      }
    }
    assertPlausible("the global share", ChiSquare.share(of[1], USERS, 0.05));
    assertPlausible("the trigger's share", ChiSquare.share(of[2], USERS - of[1], 0.10));
    assertPlausible("the first variant", ChiSquare.share(variants[0], USERS, 0.5));
    assertPlausible("the second variant", ChiSquare.share(variants[1], USERS, 0.25));
    assertPlausible("holdout and variant", ChiSquare.independent(heldByVariant));
    assertPlausible("holdouts of two triggers", ChiSquare.independent(byTriggers));
    assertThat(ChiSquare.share(of[1], USERS, 0.052)).isLessThan(WRONG);
    assertThat(ChiSquare.share(variants[1], USERS, 0.253)).isLessThan(WRONG);
  }

  @Test
  void theGlobalHoldoutComesBeforeTheTriggers() {
    BigDecimal none = BigDecimal.ZERO;
    BigDecimal all = BigDecimal.ONE;
    double global = Draw.unit("retail", Draw.HOLDOUT, "u1");
    double trigger = Draw.unit("retail", Draw.holdoutOf("cart-abandonment"), "u1");
    assertThat(Holdouts.of("retail", all, "cart-abandonment", all, "u1"))
        .contains(new Held(Scope.GLOBAL, all, global));
    assertThat(Holdouts.of("retail", none, "cart-abandonment", all, "u1"))
        .contains(new Held(Scope.TRIGGER, all, trigger));
    assertThat(Holdouts.of("retail", none, "cart-abandonment", none, "u1")).isEmpty();
    // Less than the share, not up to it.
    assertThat(Holdouts.of("retail", new BigDecimal(global), "cart-abandonment", none, "u1"))
        .isEmpty();
    BigDecimal above = new BigDecimal(Math.nextUp(global));
    assertThat(Holdouts.of("retail", above, "cart-abandonment", none, "u1"))
        .contains(new Held(Scope.GLOBAL, above, global));
    assertThat(Scope.GLOBAL.label()).isEqualTo("global");
    assertThat(Scope.TRIGGER.label()).isEqualTo("trigger");
  }

  @Test
  void aVariantIsTheFirstWhoseWeightsReachBeyondTheDraw() {
    assertThat(Variants.at(0, 1, 1)).isEqualTo(0);
    assertThat(Variants.at(Math.nextDown(0.5), 1, 1)).isEqualTo(0);
    assertThat(Variants.at(0.5, 1, 1)).isEqualTo(1);
    assertThat(Variants.at(Math.nextDown(1.0), 1, 1)).isEqualTo(1);
    assertThat(Variants.at(0, 0, 1)).isEqualTo(1);
    assertThat(Variants.at(Math.nextDown(1.0), 1, 0)).isEqualTo(0);
    assertThat(Variants.at(0.7, 10_000, 3, 4_284)).isEqualTo(1);
    assertThatThrownBy(() -> Variants.at(0.5, 0, 0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Variants.at(0.5, 2, -1)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void pValuesAreThoseOfTheTables() {
    assertThat(ChiSquare.beyond(3.841458820694124, 1)).isCloseTo(0.05, within(1e-12));
    assertThat(ChiSquare.beyond(6.634896601021213, 1)).isCloseTo(0.01, within(1e-12));
    assertThat(ChiSquare.beyond(18.307038053275146, 10)).isCloseTo(0.05, within(1e-12));
    assertThat(ChiSquare.beyond(69.22988521788173, 99)).isCloseTo(0.99, within(1e-6));
    assertThat(ChiSquare.beyond(123.2252214533618, 99)).isCloseTo(0.05, within(1e-9));
    assertThat(ChiSquare.normal(1.959963984540054)).isCloseTo(0.05, within(1e-12));
  }
}
