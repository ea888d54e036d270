// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.budget.GateCodec;
import io.beckon.detect.Episode;
import io.beckon.language.Intervention.Kind;
import io.beckon.language.TriggerDefinition.Lane;
import io.beckon.policy.Command;
import io.beckon.policy.CommandIds;
import io.beckon.policy.Decision;
import io.beckon.policy.Fact;
import io.beckon.policy.GateRequest;
import io.beckon.policy.Reason;
import io.beckon.redis.RealRedis;
import io.beckon.redis.RedisAccess;
import io.beckon.redis.RedisRefusal;
import io.beckon.wire.RunSummary;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.datastream.AsyncDataStream;
import org.apache.flink.streaming.api.operators.ProcessOperator;
import org.apache.flink.streaming.api.operators.async.AsyncWaitOperatorFactory;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.mailbox.Mail;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.Jedis;

/** Requests to the gate and what is decided of them, with a real Redis that may be away. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class GateFunctionTest {
  private static final String PATIENT =
      "when_away: %s\ntime_limit: 10s\nbreaker: {after: 3, for: 1h}";

  private static GateShop shop(RealRedis redis, String gate) {
    return new GateShop("shop", "localhost:9092", GateShop.gate(redis.port(), gate));
  }

  private static Command command(String trigger, String user, Command.Action action) {
    Episode episode = new Episode(List.of(), "e");
    boolean coupon = trigger.equals("cart");
    return new Command(
        new CommandIds("shop").of(user, trigger, episode, 1),
        action,
        "shop",
        user,
        trigger,
        1,
        episode,
        1,
        coupon ? Kind.COUPON : Kind.MESSAGE,
        Optional.of(coupon ? "sms" : "push"),
        Optional.of("t"),
        List.of(),
        List.of(),
        Optional.empty(),
        coupon ? Optional.of("coupons") : Optional.empty(),
        coupon ? Optional.of(new BigDecimal("1.50")) : Optional.empty(),
        Lane.MARKETING,
        50,
        10,
        10,
        10,
        OptionalLong.empty(),
        List.of());
  }

  private static GateRequest ask(String trigger, String user) {
    Command command = command(trigger, user, Command.Action.ISSUE);
    return GateRequest.ask(
        new Decision(
            user,
            trigger,
            1,
            command.episode(),
            1,
            10,
            10,
            Reason.ISSUED,
            command.id(),
            List.of(),
            List.of(new Fact.Text("fallback", "tutorial"))),
        command);
  }

  private static GateRequest cancel(String trigger, String user) {
    return GateRequest.pass(command(trigger, user, Command.Action.CANCEL));
  }

  @Test
  void keysStopCommandsAndTheDecisionNamesThem() throws Exception {
    try (RealRedis redis = RealRedis.open();
        Gate gate = new Gate(shop(redis, PATIENT.formatted("drop")), null)) {
      redis.with(jedis -> jedis.mset("beckon:optout:ann", "1", "beckon:optout:bob:push", "1"));
      gate.take(ask("look", "ann"));
      gate.take(ask("cart", "ann"));
      gate.take(ask("look", "bob"));
      gate.take(ask("cart", "bob"));
      gate.take(ask("look", "cid"));
      gate.until(5);
      assertThat(gate.decisions())
          .containsExactly(
              "ann look OPTED_OUT {\"key\":\"beckon:optout:{user}\"}",
              "ann cart OPTED_OUT {\"key\":\"beckon:optout:{user}\"}",
              "bob look OPTED_OUT {\"key\":\"beckon:optout:{user}:{channel}\"}",
              "bob cart ISSUED {\"fallback\":\"tutorial\"}",
              "cid look ISSUED {\"fallback\":\"tutorial\"}");
      assertThat(gate.commands()).containsExactly("bob cart ISSUE", "cid look ISSUE");
      redis.with(jedis -> jedis.set("beckon:pause:look", "1"));
      redis.with(jedis -> jedis.set("beckon:pause:shop:marketing:coupon", "1"));
      gate.take(ask("look", "dan"));
      gate.take(ask("cart", "dan"));
      gate.take(ask("look", "ann"));
      gate.until(8);
      assertThat(gate.decisions().subList(5, 8))
          .containsExactly(
              "dan look PAUSED {\"key\":\"beckon:pause:{trigger}\"}",
              "dan cart PAUSED {\"key\":\"beckon:pause:{job}:{lane}:{kind}\"}",
              "ann look OPTED_OUT {\"key\":\"beckon:optout:{user}\"}");
      redis.with(Jedis::flushAll);
      gate.take(ask("look", "ann"));
      gate.until(9);
      assertThat(gate.decisions().get(8)).startsWith("ann look ISSUED");
      // Each counted once, and what was not sent has not been spent here.
      assertThat(gate.counted(RunSummary.of(Reason.ISSUED, "look"))).isEqualTo(2);
      assertThat(gate.counted(RunSummary.of(Reason.OPTED_OUT, "look"))).isEqualTo(3);
      assertThat(gate.counted(RunSummary.of(Reason.PAUSED, "cart"))).isEqualTo(1);
      assertThat(gate.counted(RunSummary.of(Command.Action.ISSUE, "cart"))).isEqualTo(1);
      assertThat(gate.counted("trigger.cart.spent.coupons.1.50")).isEqualTo(1);
    }
  }

  @Test
  void whatRevokesPassesUnaskedAndNeverOvertakes() throws Exception {
    try (RealRedis redis = RealRedis.open();
        Gate gate = new Gate(shop(redis, PATIENT.formatted("drop")), null)) {
      redis.with(jedis -> jedis.set("beckon:optout:u0", "1"));
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        gate.take(ask("look", "u" + i));
        gate.take(cancel("look", "u" + i));
        if (i > 0) {
          expected.add("u" + i + " look ISSUE");
        }
        expected.add("u" + i + " look CANCEL");
      }
      gate.until(300);
      gate.await(() -> gate.commands().size() == expected.size());
      assertThat(gate.commands()).isEqualTo(expected);
    }
  }

  @Test
  void whileItIsAwayCommandsAreSentOrNotAsTheAuthorSays() throws Exception {
    for (String whenAway : List.of("send", "drop")) {
      try (RealRedis redis = RealRedis.open();
          Gate gate =
              new Gate(
                  shop(
                      redis,
                      "when_away: %s\ntime_limit: 5s\nbreaker: {after: 2, for: 300ms}"
                          .formatted(whenAway)),
                  null)) {
        redis.kill();
        for (int i = 0; i < 4; i++) {
          gate.take(ask("look", "u" + i));
          gate.take(cancel("look", "v" + i));
          gate.until(i + 1);
        }
        String expected =
            whenAway.equals("send")
                ? " look ISSUED {\"fallback\":\"tutorial\",\"gate_away\":1}"
                : " look GATE_AWAY {}";
        assertThat(gate.decisions()).allSatisfy(line -> assertThat(line).endsWith(expected));
        assertThat(gate.commands()).hasSize(whenAway.equals("send") ? 8 : 4);
        assertThat(gate.metric("failures")).as("then nobody asked any more").isEqualTo(2);
        assertThat(gate.metric("open")).isOne();
        redis.start();
        redis.with(jedis -> jedis.set("beckon:optout:ann", "1"));
        // The breaker closes by a trial, when its time has come.
        gate.await(
            () -> {
              gate.take(ask("look", "ann"));
              return gate.decisions().get(gate.decisions().size() - 1).contains("OPTED_OUT");
            });
        assertThat(gate.metric("open")).isZero();
        // A connection at rest broke meanwhile: that is nobody's away.
        redis.kill();
        redis.start();
        long failures = gate.metric("failures");
        int before = gate.decisions().size();
        gate.take(ask("look", "bob"));
        gate.until(before + 1);
        gate.await(() -> gate.decisions().stream().anyMatch(line -> line.startsWith("bob")));
        assertThat(gate.decisions())
            .filteredOn(line -> line.startsWith("bob"))
            .containsExactly("bob look ISSUED {\"fallback\":\"tutorial\"}");
        assertThat(gate.metric("failures")).isEqualTo(failures);
      }
    }
  }

  @Test
  void nobodyWaitsLongerThanTheLimit() throws Exception {
    try (RealRedis redis = RealRedis.open();
        Gate gate = new Gate(shop(redis, PATIENT.formatted("drop")), null)) {
      gate.take(ask("look", "ann"));
      gate.until(1);
      redis.freeze();
      gate.take(ask("look", "bob"));
      gate.take(ask("look", "cid"));
      gate.await(() -> gate.metric("batches") == 2);
      assertThat(gate.decisions()).hasSize(1);
      // Redis's own ten seconds have hardly begun.
      gate.flink.setProcessingTime(10_000);
      gate.until(3);
      assertThat(gate.decisions().subList(1, 3))
          .containsExactly("bob look GATE_AWAY {}", "cid look GATE_AWAY {}");
      redis.thaw();
      gate.take(ask("look", "dan"));
      gate.until(4);
      assertThat(gate.decisions().get(3)).startsWith("dan look ISSUED");
    }
  }

  @Test
  void aSlowRedisIsNoWorseThanTheLimit() throws Exception {
    try (RealRedis redis = RealRedis.open();
        Gate gate =
            new Gate(
                shop(redis, "when_away: drop\ntime_limit: 20ms\nbreaker: {after: 2, for: 1h}"),
                null)) {
      redis.freeze();
      for (int i = 1; gate.metric("open") == 0; i++) {
        gate.take(ask("look", "u" + i));
        gate.until(i);
        assertThat(i).isLessThan(1_000);
      }
      assertThat(gate.decisions()).allSatisfy(line -> assertThat(line).contains("GATE_AWAY"));
      assertThat(gate.metric("failures")).isEqualTo(2);
      redis.thaw();
    }
  }

  @Test
  void whatWaitsIsInTheCheckpointAndAskedAgain() throws Exception {
    try (RealRedis redis = RealRedis.open()) {
      GateShop shop = shop(redis, PATIENT.formatted("drop"));
      OperatorSubtaskState snapshot;
      try (Gate gate = new Gate(shop, null)) {
        redis.freeze();
        gate.take(ask("look", "ann"));
        gate.take(cancel("look", "ann"));
        gate.take(ask("look", "bob"));
        snapshot = gate.flink.snapshot(1, 1);
        redis.thaw();
        redis.kill();
      }
      redis.start();
      redis.with(jedis -> jedis.set("beckon:optout:bob", "1"));
      try (Gate gate = new Gate(shop, snapshot)) {
        gate.until(2);
        assertThat(gate.decisions())
            .containsExactly(
                "ann look ISSUED {\"fallback\":\"tutorial\"}",
                "bob look OPTED_OUT {\"key\":\"beckon:optout:{user}\"}");
        assertThat(gate.commands()).containsExactly("ann look ISSUE", "ann look CANCEL");
      }
      // The gate has been edited away: what waited there goes out.
      try (Gate gate = new Gate(new GateShop("shop", "localhost:9092", ""), snapshot)) {
        gate.until(2);
        assertThat(gate.commands())
            .containsExactly("ann look ISSUE", "ann look CANCEL", "bob look ISSUE");
      }
    }
  }

  /** Both operators as Flink runs them, in the thread of the test. */
  private static final class Gate implements AutoCloseable {
    private final OneInputStreamOperatorTestHarness<byte[], byte[]> flink;
    private final OneInputStreamOperatorTestHarness<byte[], byte[]> answers;
    private final ProcessOperator<byte[], byte[]> answering;
    private final TestMetrics metrics = new TestMetrics();
    private final GateCodec codec = new GateCodec();
    private int handed;

    Gate(GateShop shop, @Nullable OperatorSubtaskState snapshot) throws Exception {
      JobFactory job = shop.factory();
      GateFunction function =
          new GateFunction(
              job,
              job.create()
                  .redis()
                  .map(
                      settings -> {
                        try {
                          return RedisAccess.of(settings, Map.of());
                        } catch (RedisRefusal e) {
                          throw new AssertionError(e);
                        }
                      }));
      long limitMs = job.create().gate().map(gate -> gate.timeLimitMs()).orElse(0L);
      flink =
          new OneInputStreamOperatorTestHarness<>(
              new AsyncWaitOperatorFactory<>(
                  function, limitMs, 1_000, AsyncDataStream.OutputMode.ORDERED),
              BytePrimitiveArraySerializer.INSTANCE,
              metrics.environment(1));
      flink.setup(BytePrimitiveArraySerializer.INSTANCE);
      answering = new ProcessOperator<>(new GateAnswers(job));
      answers =
          new OneInputStreamOperatorTestHarness<>(answering, BytePrimitiveArraySerializer.INSTANCE);
      answers.open();
      if (snapshot != null) {
        flink.initializeState(snapshot);
      }
      flink.open();
    }

    void take(GateRequest request) {
      try {
        flink.processElement(codec.encode(request), 0);
        mail();
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }

    private void mail() throws Exception {
      Optional<Mail> next = flink.getTaskMailbox().tryTake(0);
      while (next.isPresent()) {
        next.get().run();
        next = flink.getTaskMailbox().tryTake(0);
      }
      List<byte[]> out = flink.extractOutputValues();
      while (handed < out.size()) {
        answers.processElement(out.get(handed++), 0);
      }
    }

    void until(int decisions) {
      await(() -> decisions().size() >= decisions);
    }

    void await(BooleanSupplier isSo) {
      RealRedis.await(
          "decisions so far: " + decisions(),
          () -> {
            try {
              mail();
            } catch (Exception e) {
              throw new AssertionError(e);
            }
            return isSo.getAsBoolean();
          });
    }

    /** {@code user trigger REASON {compared}} each. */
    List<String> decisions() {
      return answers.extractOutputValues().stream()
          .map(line -> new String(line, StandardCharsets.UTF_8))
          .map(
              line ->
                  line.replaceAll(
                      ".*\"user\":\"([^\"]*)\",\"trigger\":\"([^\"]*)\".*"
                          + "\"reason\":\"([^\"]*)\".*\"compared\":(.*)}",
                      "$1 $2 $3 $4"))
          .toList();
    }

    /** {@code user trigger ACTION} each. */
    List<String> commands() {
      List<String> lines = new ArrayList<>();
      Iterable<StreamRecord<byte[]>> records = answers.getSideOutput(EngagementJob.COMMANDS);
      if (records != null) {
        records.forEach(record -> lines.add(new String(record.getValue(), StandardCharsets.UTF_8)));
      }
      return lines.stream()
          .map(
              line ->
                  line.replaceAll(
                      ".*\"action\":\"([^\"]*)\".*\"user\":\"([^\"]*)\",\"trigger\":\"([^\"]*)\".*",
                      "$2 $3 $1"))
          .toList();
    }

    long counted(String name) {
      return answering.getRuntimeContext().getLongCounter(name).getLocalValue();
    }

    long metric(String name) {
      return metrics.value(name);
    }

    @Override
    public void close() {
      try {
        flink.close();
        answers.close();
      } catch (Exception e) {
        throw new AssertionError("it does not end", e);
      }
    }
  }
}
