// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.language.PolicyDefinition.Budget;
import io.beckon.plan.Plan;
import io.beckon.plan.PolicyPlan;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/** What of each budget a user has had; kept as long as the budget has a limit per user. */
public final class Spendings {
  private record Spent(long budget, BigDecimal amount) {}

  private final List<Spent> all = new ArrayList<>(0);

  /** What the user has had of {@code budget}. */
  public BigDecimal of(Budget budget) {
    long hash = PolicyPlan.hash(budget);
    for (Spent spent : all) {
      if (spent.budget() == hash) {
        return spent.amount();
      }
    }
    return BigDecimal.ZERO;
  }

  /** Adds what the user gets, where the budget has a limit per user. */
  public void add(Budget budget, BigDecimal amount) {
    if (budget.perUser().isEmpty()) {
      return;
    }
    long hash = PolicyPlan.hash(budget);
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).budget() == hash) {
        all.set(i, new Spent(hash, all.get(i).amount().add(amount)));
        return;
      }
    }
    all.add(new Spent(hash, amount));
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  void write(ByteWriter out) {
    out.count(all.size());
    for (Spent spent : all) {
      out.i64(spent.budget());
      ValueCodec.writeDecimal(out, spent.amount());
    }
  }

  /** Those of budgets that are gone are read over. */
  void read(ByteReader in, Plan plan) {
    int size = in.size(10);
    for (int i = 0; i < size; i++) {
      long budget = in.i64();
      BigDecimal amount = ValueCodec.readDecimal(in);
      if (plan.policy().budgetByHash(budget) != null) {
        all.add(new Spent(budget, amount));
      }
    }
  }
}
