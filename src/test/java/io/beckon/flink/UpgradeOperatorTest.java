// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beckon.engine.Engine;
import io.beckon.event.Event;
import io.beckon.event.EventType;
import io.beckon.event.Slots;
import io.beckon.language.SourceFile;
import io.beckon.plan.Plan;
import io.beckon.state.StateFormatException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.util.Collector;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.LoggerConfig;
import org.apache.logging.log4j.core.config.Property;
import org.junit.jupiter.api.Test;

/** States of a running job under edited definitions and another parallelism. */
class UpgradeOperatorTest {
  private static final LiveShop SHOP = new LiveShop("edited", "kafka:9092", "");
  private static final long T = LiveShop.START_MS;
  private static final long MINUTE_MS = LiveShop.MINUTE_MS;
  private static final int USERS = 30;

  private static List<SourceFile> files(UnaryOperator<List<SourceFile>> edit) {
    return edit.apply(new ArrayList<>(SHOP.files()));
  }

  private static UnaryOperator<List<SourceFile>> edit(String trigger, String before, String after) {
    return files -> {
      files.replaceAll(
          file -> {
            if (!file.path().endsWith("/" + trigger + ".yaml")) {
              return file;
            }
            assertThat(file.text()).contains(before);
            return new SourceFile(file.path(), file.text().replace(before, after));
          });
      return files;
    };
  }

  private static UnaryOperator<List<SourceFile>> remove(String trigger) {
    return files -> {
      assertThat(files.removeIf(file -> file.path().endsWith("/" + trigger + ".yaml"))).isTrue();
      return files;
    };
  }

  private static UnaryOperator<List<SourceFile>> add(String trigger, String when) {
    return files -> {
      files.add(
          new SourceFile(
              "jobs/x/triggers/" + trigger + ".yaml",
              "apiVersion: beckon/v1\nkind: Trigger\nid: "
                  + trigger
                  + "\nversion: 1\n"
                  + when
                  + "then: {message: {channel: push, template: t}}\n"));
      return files;
    };
  }

  /** A subtask of a job. */
  private static final class Subtask implements AutoCloseable {
    private final KeyedOneInputStreamOperatorTestHarness<String, UserElement, byte[]> flink;
    private final Engine engine;
    private final int parallelism;
    private final int index;

    Subtask(List<SourceFile> files, int parallelism, int index, OperatorSubtaskState... state)
        throws Exception {
      JobText job = JobText.live("jobs/x", files);
      this.engine = new Engine(Plan.compile(job.create()));
      this.parallelism = parallelism;
      this.index = index;
      flink =
          new KeyedOneInputStreamOperatorTestHarness<>(
              new UserOperator(new EngagementOperator(job), T),
              UserElement::user,
              Types.STRING,
              EngagementJob.MAX_PARALLELISM,
              parallelism,
              index);
      flink.setup(
          EngagementJob.LINE.createSerializer(flink.getExecutionConfig().getSerializerConfig()));
      if (state.length > 0) {
        flink.initializeState(
            AbstractStreamOperatorTestHarness.repartitionOperatorState(
                AbstractStreamOperatorTestHarness.repackageState(state),
                EngagementJob.MAX_PARALLELISM,
                state.length,
                parallelism,
                index));
      }
      flink.open();
    }

    void take(String id, String user, String type, long timeMs) throws Exception {
      if (KeyGroupRangeAssignment.assignKeyToParallelOperator(
              user, EngagementJob.MAX_PARALLELISM, parallelism)
          != index) {
        return;
      }
      EventType found = engine.plan().job().catalogue().type(type).orElseThrow();
      Slots slots = new Slots(found.record());
      if (!type.equals("scroll")) {
        slots.setString(0, "i");
      }
      byte[] event = engine.encodeEvent(new Event(id, found, user, timeMs, slots));
      flink.processElement(UserElement.live(user, timeMs, event, new byte[0]), timeMs);
    }

    List<String> decisions() {
      return flink.extractOutputValues().stream()
          .map(line -> new String(line, StandardCharsets.UTF_8))
          .toList();
    }

    @Override
    public void close() {
      try {
        flink.close();
      } catch (Exception e) {
        throw new AssertionError("closing the operator", e);
      }
    }
  }

  /** Every user looks and goes away; two subtasks' states. */
  private static OperatorSubtaskState[] before(List<SourceFile> files) throws Exception {
    OperatorSubtaskState[] states = new OperatorSubtaskState[2];
    for (int subtask = 0; subtask < 2; subtask++) {
      try (Subtask before = new Subtask(files, 2, subtask)) {
        for (int user = 0; user < USERS; user++) {
          before.take("view", "u" + user, "view", T + user);
        }
        before.flink.processWatermark(T + MINUTE_MS);
        assertThat(before.decisions()).isEmpty();
        states[subtask] = before.flink.snapshot(1, 1);
      }
    }
    return states;
  }

  /** The same users come back, on so many subtasks; what is decided of them. */
  private static List<String> after(
      List<SourceFile> files, int parallelism, OperatorSubtaskState[] states) throws Exception {
    List<String> decisions = new ArrayList<>();
    for (int subtask = 0; subtask < parallelism; subtask++) {
      try (Subtask after = new Subtask(files, parallelism, subtask, states)) {
        for (int user = 0; user < USERS; user++) {
          after.take("cart", "u" + user, "cart", T + 5 * MINUTE_MS + user);
          after.take("scroll", "u" + user, "scroll", T + 6 * MINUTE_MS + user);
        }
        after.flink.processWatermark(T + 90 * MINUTE_MS);
        decisions.addAll(after.decisions());
      }
    }
    return decisions;
  }

  private static long count(List<String> decisions, String trigger, int version) {
    String wanted = "\"trigger\":\"" + trigger + "\",\"version\":" + version + ",";
    return decisions.stream().filter(line -> line.contains(wanted)).count();
  }

  @Test
  void unchangedDefinitionsGoOnAtAnyParallelism() throws Exception {
    OperatorSubtaskState[] states = before(SHOP.files());
    for (int parallelism : new int[] {1, 2, 3}) {
      List<String> decisions = after(SHOP.files(), parallelism, states);
      assertThat(count(decisions, "come-back", 1)).isEqualTo(USERS);
      assertThat(count(decisions, "cart", 1)).isEqualTo(USERS);
    }
  }

  @Test
  void whatIsKeptGoesOnAndWhatIsResetBeginsAnewAlsoWhenRescaled() throws Exception {
    OperatorSubtaskState[] states = before(SHOP.files());
    List<SourceFile> edited =
        files(
            files ->
                add("scrolls", "when: {event: scroll}\n")
                    .apply(
                        edit("cart", "within: 4h", "within: 5h")
                            .apply(
                                edit("come-back", "cooldown: 3h", "cooldown: 4h")
                                    .apply(
                                        edit("come-back", "version: 1", "version: 2")
                                            .apply(files)))));
    for (int parallelism : new int[] {1, 3}) {
      List<String> decisions = after(edited, parallelism, states);
      assertThat(count(decisions, "come-back", 2)).as("text edited: kept").isEqualTo(USERS);
      assertThat(count(decisions, "cart", 1)).as("shape edited: the look is gone").isZero();
      assertThat(count(decisions, "scrolls", 1)).as("added").isEqualTo(USERS);
    }
  }

  @Test
  void whatIsRemovedIsSilent() throws Exception {
    OperatorSubtaskState[] states = before(SHOP.files());
    List<String> decisions = after(files(remove("come-back")), 2, states);
    assertThat(count(decisions, "cart", 1)).isEqualTo(USERS);
    assertThat(decisions).noneMatch(line -> line.contains("come-back"));
  }

  @Test
  void whatBecomesOfTheStatesIsToldOnce() throws Exception {
    List<String> stored =
        StoredPlan.lines(Plan.compile(JobText.live("jobs/x", SHOP.files()).create()));
    assertThat(
            StoredPlan.changes(stored, Plan.compile(JobText.live("jobs/x", SHOP.files()).create())))
        .isEmpty();
    List<SourceFile> edited =
        files(
            files ->
                add("scrolls", "when: {event: scroll}\n")
                    .apply(
                        remove("gold")
                            .apply(edit("cart", "within: 4h", "within: 5h").apply(files))));
    assertThat(StoredPlan.changes(stored, Plan.compile(JobText.live("jobs/x", edited).create())))
        .containsExactly(
            "goes on with edited definitions: keep 3 of 5",
            "reset trigger cart",
            "removed trigger gold",
            "added trigger scrolls");
    List<String> later = new ArrayList<>(stored);
    later.add("CONSTELLATION 1f orion");
    assertThat(
            StoredPlan.changes(later, Plan.compile(JobText.live("jobs/x", SHOP.files()).create())))
        .as("of a kind that is not known here")
        .isEmpty();
    assertThatThrownBy(
            () ->
                StoredPlan.changes(
                    List.of("TRIGGER zz x"),
                    Plan.compile(JobText.live("jobs/x", SHOP.files()).create())))
        .isInstanceOf(StateFormatException.class);
  }

  @Test
  void whatBecomesOfTheStatesIsLoggedByTheFirstSubtaskAlone() throws Exception {
    OperatorSubtaskState[] states = before(SHOP.files());
    List<SourceFile> edited = files(edit("cart", "within: 4h", "within: 5h"));
    try (Logged logged = new Logged()) {
      after(SHOP.files(), 3, states);
      assertThat(logged.lines).as("nothing was edited").isEmpty();
      OperatorSubtaskState[] again = new OperatorSubtaskState[3];
      for (int i = 0; i < 3; i++) {
        try (Subtask subtask = new Subtask(edited, 3, i, states)) {
          again[i] = subtask.flink.snapshot(2, 2);
        }
      }
      assertThat(logged.lines)
          .containsExactly("goes on with edited definitions: keep 4 of 5", "reset trigger cart");
      logged.lines.clear();
      after(edited, 1, again);
      assertThat(logged.lines).as("told already").isEmpty();
    }
  }

  /** What is logged of upgrades. */
  private static final class Logged extends AbstractAppender implements AutoCloseable {
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final LoggerContext context = (LoggerContext) LogManager.getContext(false);

    Logged() {
      super("upgrades", null, null, false, Property.EMPTY_ARRAY);
      start();
      LoggerConfig logger = new LoggerConfig(StoredPlan.class.getName(), Level.INFO, false);
      logger.addAppender(this, Level.INFO, null);
      context.getConfiguration().addLogger(StoredPlan.class.getName(), logger);
      context.updateLoggers();
    }

    @Override
    public void append(LogEvent event) {
      lines.add(event.getMessage().getFormattedMessage());
    }

    @Override
    public void close() {
      context.reconfigure();
    }
  }

  @Test
  void aNewerStateIsRefusedByName() throws Exception {
    Engine engine = new Engine(Plan.compile(JobText.live("jobs/x", SHOP.files()).create()));
    byte[] stored = StoredUser.of(engine, RecentUsers.NO_TIMER, engine.newState("u1"));
    stored[Long.BYTES] = 9;
    OperatorSubtaskState state;
    KeyedOneInputStreamOperatorTestHarness<String, UserElement, byte[]> writer =
        new KeyedOneInputStreamOperatorTestHarness<>(
            new KeyedProcessOperator<>(new Writing(stored)),
            UserElement::user,
            Types.STRING,
            EngagementJob.MAX_PARALLELISM,
            1,
            0);
    try {
      writer.setup(
          EngagementJob.LINE.createSerializer(writer.getExecutionConfig().getSerializerConfig()));
      writer.open();
      writer.processElement(UserElement.erase("u1"), T);
      state = writer.snapshot(1, 1);
    } finally {
      writer.close();
    }
    try (Subtask subtask = new Subtask(SHOP.files(), 1, 0, state)) {
      assertThatThrownBy(() -> subtask.take("view", "u1", "view", T))
          .isInstanceOf(StateFormatException.class)
          .hasMessage("a state of version 9; this release reads version 1");
    }
  }

  /** Puts given bytes where a user's state is. */
  private static final class Writing extends KeyedProcessFunction<String, UserElement, byte[]> {
    private static final long serialVersionUID = 1L;

    private final byte[] stored;

    Writing(byte[] stored) {
      this.stored = stored;
    }

    @Override
    public void processElement(UserElement element, Context context, Collector<byte[]> out)
        throws Exception {
      getRuntimeContext()
          .getState(
              new ValueStateDescriptor<>(
                  "user", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO))
          .update(stored);
    }
  }
}
