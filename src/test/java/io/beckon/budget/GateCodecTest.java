// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.budget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beckon.detect.Episode;
import io.beckon.language.Intervention.Kind;
import io.beckon.language.TriggerDefinition.Lane;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.policy.Fact;
import io.beckon.policy.GateRequest;
import io.beckon.policy.Reason;
import io.beckon.state.StateFormatException;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class GateCodecTest {
  private static final UUID ID = new UUID(0x1234, 0x5678);

  /** {@link #request}, as version 1 wrote it. */
  private static final String GOLDEN =
      "0101054953535545000000000000123400000000000056780473686f7002753104676f6c640601046974"
          + "656d010269310265310407534552564943457880a0abfef962d00fd00f01d08c0101010573696e6365b0"
          + "90abfef96206434f55504f4e0104707573680001056f66666572010354454e02016e020a047461677306"
          + "020101610101620101620107636f75706f6e730104020096010649535355454401050866616c6c626163"
          + "6b06636f75706f6e";

  private static Command command(Command.Action action) {
    return new Command(
        ID,
        action,
        "shop",
        "u1",
        "gold",
        3,
        new Episode(List.of(new Episode.MatchValue("item", "i1")), "e1"),
        2,
        Kind.COUPON,
        Optional.of("push"),
        Optional.empty(),
        List.of(new Command.Value("offer", "TEN")),
        List.of(new Command.Value("n", 5L), new Command.Value("tags", List.of("a", "b"))),
        Optional.of("b"),
        Optional.of("coupons"),
        Optional.of(new BigDecimal("1.50")),
        Lane.SERVICE,
        60,
        1_700_000_000_000L,
        1_700_000_001_000L,
        1_700_000_001_000L,
        OptionalLong.of(1_700_000_009_000L),
        List.of(new Fact.At("since", 1_699_999_999_000L)));
  }

  private static GateRequest request() {
    Command command = command(Command.Action.ISSUE);
    return GateRequest.ask(
        new Decision(
            "u1",
            "gold",
            3,
            command.episode(),
            2,
            command.momentTimeMs(),
            command.decisionTimeMs(),
            Reason.ISSUED,
            ID,
            command.evidence(),
            List.of(new Fact.Text("fallback", "coupon"))),
        command);
  }

  @Test
  void bytesAreTheOnesOfEarlierReleasesAndWhatTheyWereMadeOf() {
    byte[] bytes = new GateCodec().encode(request());
    assertThat(HexFormat.of().formatHex(bytes)).isEqualTo(GOLDEN);
    assertThat(GateCodec.decode(HexFormat.of().parseHex(GOLDEN))).isEqualTo(request());
    GateRequest pass = GateRequest.pass(command(Command.Action.CANCEL));
    assertThat(GateCodec.decode(new GateCodec().encode(pass))).isEqualTo(pass);
  }

  @Test
  void damagedBytesAreSaidToBe() {
    byte[] bytes = new GateCodec().encode(request());
    for (int at = 0; at < bytes.length; at++) {
      for (int value : new int[] {0, 1, 0x7f, 0xff}) {
        byte[] damaged = bytes.clone();
        damaged[at] = (byte) value;
        try {
          assertThat(GateCodec.decode(damaged)).isNotNull();
        } catch (StateFormatException e) {
          assertThat(e.getMessage()).isNotEmpty();
        }
      }
    }
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> GateCodec.decode(cut)).isInstanceOf(StateFormatException.class);
    }
    bytes[0] = 2;
    assertThatThrownBy(() -> GateCodec.decode(bytes))
        .isInstanceOf(StateFormatException.class)
        .hasMessage("a request of version 2; this release reads version 1");
  }

  @Test
  void whatDoesNotBelongTogetherIsNoRequest() {
    Command cancel = command(Command.Action.CANCEL);
    assertThatThrownBy(() -> GateRequest.ask(request().decision().orElseThrow(), cancel))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> GateRequest.pass(command(Command.Action.ISSUE)))
        .isInstanceOf(IllegalArgumentException.class);
    Decision stopped = request().stopped(true, "k");
    assertThatThrownBy(() -> GateRequest.ask(stopped, command(Command.Action.ISSUE)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void eachAnswerHasItsDecision() {
    assertThat(request().stopped(true, "k:{user}"))
        .returns(Reason.OPTED_OUT, Decision::reason)
        .returns(List.of(new Fact.Text("key", "k:{user}")), Decision::compared);
    assertThat(request().stopped(false, "k")).returns(Reason.PAUSED, Decision::reason);
    assertThat(request().stoppedUnasked())
        .returns(Reason.GATE_AWAY, Decision::reason)
        .returns(List.of(), Decision::compared);
    assertThat(request().sentUnasked())
        .returns(Reason.ISSUED, Decision::reason)
        .returns(
            List.of(new Fact.Text("fallback", "coupon"), new Fact.Whole("gate_away", 1)),
            Decision::compared)
        .returns(request().decision().orElseThrow().evidence(), Decision::evidence);
  }
}
