// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.kafka.Broker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What readers see with {@code delivery: at_least_once}. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class DeliveryTest {
  private static final long SEED = 31;
  private static final int EVENTS = 1_200;
  private static final Duration SELDOM = Duration.ofSeconds(6);

  @Test
  void afterACrashSomeComeAgainWithTheSameIdsAndNoneIsLost(@TempDir Path folder) throws Exception {
    List<String> events = LiveShop.random(SEED, EVENTS);
    Broker broker = Broker.start();
    LiveShop shop = new LiveShop("again", broker.servers(), "delivery: at_least_once");
    shop.createTopics(broker);
    Path expected = shop.backtest(folder, events);
    TreeSet<String> commands = new TreeSet<>(LiveShop.sorted(expected, "commands.jsonl"));
    TreeSet<String> decisions = new TreeSet<>(LiveShop.sorted(expected, "decisions.jsonl"));
    Path state = folder.resolve("state");
    try (KafkaProducer<byte[], byte[]> producer = broker.producer();
        Broker.Reader sent = broker.read(shop.commands());
        Broker.Reader decided = broker.read(shop.decisions())) {
      try (LiveRun run =
          LiveRun.start(shop.request(2, state, SELDOM, Optional.empty(), Map.of()))) {
        assertThat(run.created()).isEmpty();
        shop.send(producer, events.subList(0, EVENTS / 3));
        // Until a checkpoint has been made; what comes of the next events comes after it.
        sent.until(records -> !records.isEmpty() && checkpoints(state) > 0);
        int before = sent.all().size();
        shop.send(producer, events.subList(EVENTS / 3, 2 * EVENTS / 3));
        sent.until(records -> records.size() > before + 30);
        // Ended without a word, as a process that is killed.
      }
      int crashed = sent.all().size();
      try (LiveRun run =
          LiveRun.start(
              shop.request(
                  3,
                  state,
                  LiveShop.CHECKPOINT_EVERY,
                  Optional.of(LiveShop.lastCheckpoint(state)),
                  Map.of()))) {
        shop.send(producer, events.subList(2 * EVENTS / 3, EVENTS));
        shop.end(producer, events);
        sent.until(records -> new TreeSet<>(sent.lines()).size() >= commands.size());
        decided.until(records -> new TreeSet<>(decided.lines()).size() >= decisions.size());
        run.stop();
      }
      sent.all();
      decided.all();
      // Whole lines, and so the ids.
      assertThat(new TreeSet<>(sent.lines())).as("seed %s", SEED).isEqualTo(commands);
      assertThat(new TreeSet<>(decided.lines())).as("seed %s", SEED).isEqualTo(decisions);
      assertThat(sent.lines().subList(crashed, sent.lines().size()))
          .as("said before the crash, after the checkpoint")
          .containsAnyElementsOf(sent.lines().subList(0, crashed));
    } finally {
      broker.close();
    }
  }

  private static long checkpoints(Path state) {
    try (Stream<Path> paths = Files.walk(state)) {
      return paths.filter(path -> path.endsWith("_metadata")).count();
    } catch (IOException | UncheckedIOException beingWritten) {
      return 0;
    }
  }
}
