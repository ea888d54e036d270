// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.budget;

import static io.beckon.budget.Asking.budget;
import static io.beckon.budget.Asking.drops;
import static io.beckon.budget.Asking.policy;
import static io.beckon.budget.Asking.queues;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beckon.language.Intervention.Kind;
import io.beckon.language.PolicyDefinition;
import io.beckon.policy.BudgetRequest;
import io.beckon.policy.BudgetRequest.Spend;
import io.beckon.state.StateFormatException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a stage leaves in a checkpoint. */
class StageBytesTest {
  private static final PolicyDefinition POLICY =
      policy(
          List.of(budget("b", "20", "15", "", "")),
          List.of(queues("coupons", Kind.COUPON, 1, 100, 10), drops("pushes", "push", 50, 1_000)));

  /** {@link #stage}, as version 1 wrote it. */
  private static final String GOLDEN =
      "01000101028c10021a0162040204e20100040204e20100040204e201b2f102040204e2030b07636f7570"
          + "6f6e7300013b030a0670757368657300013b04b70101e40f0549535355450a6bd05e920650cfa3a9431a"
          + "18ca7302036a6f62016201740601046974656d0103692d6203652d6202094d41524b4554494e4764da0f"
          + "0a0a018af0b252020305636f756e7406010573696e63659c0e06434f55504f4e010470757368010f7465"
          + "6d706c6174652d434f55504f4e010576616c756505040203e801046974656d0103692d62000101620104"
          + "0200fa010649535355454401050573636f70650561736b65640080f0b25280e0e5a4010004af0201f80f"
          + "054953535545d50851776bd95e0188f58362c2594452036a6f62016301740601046974656d0103692d63"
          + "03652d6302094d41524b4554494e4764ee0f0a0a018af0b252020305636f756e7406010573696e6365b0"
          + "0e06434f55504f4e010470757368010f74656d706c6174652d434f55504f4e010576616c756505040203"
          + "e801046974656d0103692d630001016201000109010649535355454401050573636f70650561736b6564"
          + "010106434f55504f4e0103736d73010f74656d706c6174652d434f55504f4e010576616c756505040203"
          + "e801046974656d0103692d6300000080f0b25280e0e5a401010605066275646765740162050670657269"
          + "6f6405746f74616c04056c696d697400011404057370656e74040204e20404636f737400010904046c65"
          + "6674040202ee0548022027a0625b0550bd930ba6daa3d800c8c4dfe5a40100085adeb25e1a5b2ca23c3f"
          + "fad1c62cad3c01074d4553534147450103736d73011074656d706c6174652d4d455353414745";

  private final Heard heard = new Heard();

  /** One went out, one waits, one waits as its fallback. */
  private BudgetStage stage() {
    BudgetStage stage = new BudgetStage(POLICY);
    stage.offer(Asking.of("a").at(1_000).pays("b", "12.50").spend(), heard);
    stage.offer(Asking.of("b").at(1_010).pays("b", "2.50").spend(), heard);
    stage.offer(Asking.of("c").at(1_020).pays("b", "9").orElse(Kind.COUPON, "sms").spend(), heard);
    stage.offer(Asking.of("d").at(1_030).pays("b", "9").orElse(Kind.MESSAGE, "sms").spend(), heard);
    assertThat(stage.waiting()).isEqualTo(2);
    assertThat(stage.remembered()).isEqualTo(2);
    return stage;
  }

  @Test
  void aStageThatHasSeenNothingIsNothing() {
    BudgetStage empty = new BudgetStage(POLICY);
    BudgetStage restored = BudgetStage.decode(POLICY, empty.encode());
    assertThat(restored.clockMs()).isEqualTo(Long.MIN_VALUE);
    assertThat(restored.nextDueMs()).isEqualTo(BudgetStage.NOTHING_DUE);
    assertThat(BudgetStage.decode(POLICY, List.of()).encode())
        .usingRecursiveComparison()
        .isEqualTo(empty.encode());
  }

  @Test
  void theBytesAreTheOnesOfEarlierReleases() {
    List<byte[]> chunks = stage().encode();
    assertThat(chunks).hasSize(1);
    assertThat(HexFormat.of().formatHex(chunks.get(0))).isEqualTo(GOLDEN);
    BudgetStage restored = BudgetStage.decode(POLICY, List.of(HexFormat.of().parseHex(GOLDEN)));
    assertThat(restored.encode()).usingRecursiveComparison().isEqualTo(chunks);
    heard.news();
    restored.advance(2_000, heard);
    assertThat(heard.news())
        .containsExactly(
            "b ISSUED at 1100",
            "b ISSUE COUPON at 1100",
            "c ISSUED at 1200",
            "c ISSUE COUPON at 1200");
  }

  @Test
  void whatGoesOnAfterARestoreIsWhatWouldHaveGoneOn() {
    BudgetStage stage = stage();
    BudgetStage restored = BudgetStage.decode(POLICY, stage.encode());
    Heard first = new Heard();
    Heard second = new Heard();
    stage.offer(Asking.of("d").at(1_050).revoke(), first);
    restored.offer(Asking.of("d").at(1_050).revoke(), second);
    stage.advance(5_000, first);
    restored.advance(5_000, second);
    assertThat(second.commands).isEqualTo(first.commands).hasSize(3);
    assertThat(second.decisions).isEqualTo(first.decisions).hasSize(2);
    assertThat(first.commands.get(0).kind()).as("the fallback's").isEqualTo(Kind.MESSAGE);
  }

  @Test
  void newLimitsHoldAtOnceAndOldBudgetsAreForgotten() {
    PolicyDefinition raised =
        policy(
            List.of(budget("b", "30", "", "16", ""), budget("new", "5", "", "", "")),
            List.of(queues("coupons", Kind.COUPON, 3, 100, 10)));
    BudgetStage stage = BudgetStage.decode(raised, stage().encode());
    heard.news();
    stage.advance(1_030, heard);
    assertThat(heard.news())
        .as("there is room now")
        .containsExactly(
            "b ISSUED at 1030",
            "b ISSUE COUPON at 1030",
            "c ISSUED at 1030",
            "c ISSUE COUPON at 1030");
    stage.offer(Asking.of("e").at(1_500).pays("b", "1.50").spend(), heard);
    assertThat(heard.compared())
        .as("a limit by the week counts what was spent before it was set")
        .contains("period=week", "spent=15.00", "left=1.00");
    stage.offer(Asking.of("f").at(1_600).pays("new", "5").spend(), heard);
    assertThat(heard.compared()).contains("budget=new", "left=0");

    PolicyDefinition without = policy(List.of(), List.of(drops("pushes", "push", 50, 1_000)));
    BudgetStage forgotten = BudgetStage.decode(without, stage().encode());
    heard.news();
    forgotten.advance(1_031, heard);
    assertThat(heard.news()).startsWith("b ISSUED at 1030").hasSize(4);
    BudgetStage again = BudgetStage.decode(POLICY, forgotten.encode());
    again.offer(Asking.of("g").at(1_400).pays("b", "15").spend(), heard);
    assertThat(heard.compared()).contains("budget=b", "left=0");
  }

  @Test
  void whoWaitsForNothingAnyMoreAndTooLongIsRefused() {
    PolicyDefinition without = policy(List.of(), List.of(drops("pushes", "push", 50, 1_000)));
    BudgetStage stage = new BudgetStage(POLICY);
    stage.offer(Asking.of("a").at(1_000).spend(), heard);
    stage.offer(Asking.of("b").at(1_010).sendFor(20).spend(), heard);
    BudgetStage restored = BudgetStage.decode(without, stage.encode());
    heard.news();
    restored.release(2_000, heard);
    assertThat(heard.news()).containsExactly("b RATE at 2000");
    assertThat(heard.compared())
        .containsExactly("scope=asked", "queued_since=@1010", "queued_until=@1030");
  }

  @Test
  void aShorterQueueRefusesTheLast() {
    BudgetStage stage =
        BudgetStage.decode(
            policy(List.of(), List.of(queues("coupons", Kind.COUPON, 1, 100, 1))),
            stage().encode());
    heard.news();
    stage.release(1_040, heard);
    assertThat(heard.news()).containsExactly("c RATE at 1040");
    assertThat(heard.compared()).contains("fallback=coupon", "max_queue=1");
  }

  @Test
  void manyMakeSeveralChunksAndAllAreNeeded() {
    BudgetStage stage =
        new BudgetStage(
            policy(List.of(), List.of(queues("coupons", Kind.COUPON, 2_000, 100, 10_000))));
    for (int i = 0; i < 4_000; i++) {
      stage.offer(Asking.of("u" + i).at(i / 1_000).spend(), heard);
    }
    List<byte[]> chunks = stage.encode();
    assertThat(chunks).hasSizeGreaterThan(5);
    assertThat(chunks).allSatisfy(chunk -> assertThat(chunk.length).isLessThan(70_000));
    assertThat(BudgetStage.decode(POLICY, chunks).waiting()).isEqualTo(2_000);

    List<byte[]> fewer = new ArrayList<>(chunks);
    fewer.remove(new Random(1).nextInt(chunks.size() - 1));
    assertThatThrownBy(() -> BudgetStage.decode(POLICY, fewer))
        .isInstanceOf(StateFormatException.class)
        .hasMessageContaining("parts");
    assertThatThrownBy(() -> BudgetStage.decode(POLICY, chunks.subList(0, chunks.size() - 1)))
        .isInstanceOf(StateFormatException.class)
        .hasMessageContaining("parts");
    List<byte[]> twice = new ArrayList<>(chunks);
    twice.add(chunks.get(1));
    assertThatThrownBy(() -> BudgetStage.decode(POLICY, twice))
        .isInstanceOf(StateFormatException.class)
        .hasMessageContaining("twice");
  }

  @Test
  void anotherVersionIsRefusedByName() {
    byte[] chunk = stage().encode().get(0);
    chunk[0] = 2;
    assertThatThrownBy(() -> BudgetStage.decode(POLICY, List.of(chunk)))
        .isInstanceOf(StateFormatException.class)
        .hasMessage("budgets and rates of version 2; this release reads version 1");
  }

  @Test
  void damagedBytesGiveANamedErrorOrAnotherStage() {
    byte[] sound = stage().encode().get(0);
    int refused = 0;
    for (int length = 0; length < sound.length; length++) {
      byte[] cut = Arrays.copyOf(sound, length);
      refused += refuses(cut) ? 1 : 0;
    }
    assertThat(refused).as("cut off").isGreaterThan(sound.length * 9 / 10);
    Random random = new Random(11);
    int changed = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] damaged = sound.clone();
      for (int n = 0; n <= random.nextInt(3); n++) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      changed += refuses(damaged) ? 1 : 0;
    }
    assertThat(changed).as("seed 11").isGreaterThan(5_000);
  }

  /** Whether they are refused by name; any other failure is one of the test. */
  private static boolean refuses(byte[] chunk) {
    try {
      BudgetStage.decode(POLICY, List.of(chunk));
      return false;
    } catch (StateFormatException named) {
      assertThat(named.getMessage()).isNotEmpty();
      return true;
    }
  }

  @Test
  void requestsAreTheSameAfterTheirBytes() {
    RequestCodec codec = new RequestCodec();
    for (Asking asking :
        List.of(
            Asking.of("u").at(5),
            Asking.of("ü€😀").at(-7).pays("b", "0.10").orElse(Kind.CUSTOM, "x"),
            Asking.of("").at(Long.MAX_VALUE / 2).sendFor(0).rememberFor(0))) {
      assertThat(RequestCodec.decode(codec.encode(asking.spend()))).isEqualTo(asking.spend());
      assertThat(RequestCodec.decode(codec.encode(asking.revoke()))).isEqualTo(asking.revoke());
      Asking other = Asking.of("someone else").at(9).trigger("other");
      Spend odd =
          new Spend(
              1,
              asking.command(),
              other.spend().decision(),
              Optional.of(other.command()),
              Long.MAX_VALUE,
              Long.MIN_VALUE);
      assertThat(RequestCodec.decode(codec.encode(odd))).isEqualTo(odd);
    }
    BudgetRequest erase = new BudgetRequest.Erase(7, "ü€😀");
    assertThat(RequestCodec.decode(codec.encode(erase))).isEqualTo(erase);
    int plain = codec.encode(Asking.of("u1").at(1).spend()).length;
    assertThat(plain).as("what travels for an ordinary one").isLessThan(200);
  }

  @Test
  void aRequestOfAnotherVersionIsRefusedByName() {
    byte[] bytes = new RequestCodec().encode(Asking.of("u").spend());
    bytes[0] = 9;
    assertThatThrownBy(() -> RequestCodec.decode(bytes))
        .isInstanceOf(StateFormatException.class)
        .hasMessage("a request of version 9; this release reads version 1");
  }
}
