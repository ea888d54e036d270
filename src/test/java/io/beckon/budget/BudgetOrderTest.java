// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.budget;

import static io.beckon.budget.Asking.drops;
import static io.beckon.budget.Asking.policy;
import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.language.TriggerDefinition.Lane;
import io.beckon.policy.BudgetRequest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BudgetOrderTest {
  @Test
  void requestsAreTakenByTimeAndThenInTheOrderOfDecisions() {
    List<BudgetRequest> inOrder =
        List.of(
            Asking.of("z").at(1).priority(1).trigger("z").spend(),
            Asking.of("u").at(2).lane(Lane.SERVICE).priority(1).trigger("z").spend(),
            Asking.of("u").at(2).priority(60).trigger("z").spend(),
            Asking.of("u").at(2).priority(50).trigger("a").spend(),
            Asking.of("\ue000").at(2).priority(50).trigger("b").spend(),
            Asking.of("\ud83d\ude00").at(2).priority(50).trigger("b").spend(),
            Asking.of("a").at(2).lane(Lane.SERVICE).priority(99).revoke(),
            Asking.of("a").at(2).priority(98).revoke(),
            new BudgetRequest.Erase(2, "a"),
            new BudgetRequest.Erase(2, "b"),
            Asking.of("a").at(3).spend());
    Random random = new Random(3);
    for (int i = 0; i < 50; i++) {
      List<BudgetRequest> shuffled = new ArrayList<>(inOrder);
      Collections.shuffle(shuffled, random);
      BudgetOrder order = new BudgetOrder();
      shuffled.forEach(order::add);
      assertThat(order.kept()).as("seed 3").isEqualTo(inOrder);
    }
  }

  @Test
  void whatTheWatermarkHasNotPassedIsKept() {
    BudgetStage stage = new BudgetStage(policy(List.of(), List.of(drops("r", "push", 1, 10))));
    BudgetOrder order = new BudgetOrder();
    Heard heard = new Heard();
    order.add(Asking.of("b").at(8).spend());
    order.advance(5, stage, heard);
    order.add(Asking.of("a").at(7).spend());
    assertThat(stage.clockMs()).isEqualTo(5);
    order.advance(7, stage, heard);
    assertThat(heard.news()).startsWith("a ISSUED at 7").hasSize(2);
    assertThat(order.kept()).hasSize(1);
    order.advance(20, stage, heard);
    assertThat(heard.news()).containsExactly("b RATE at 8");
    assertThat(stage.clockMs()).isEqualTo(20);
  }
}
