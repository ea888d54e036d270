// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 120, unit = TimeUnit.SECONDS)
class LocalBrokerTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @Test
  void aBrokerInAProcessOfItsOwnTakesRecordsAndEnds(@TempDir Path folder) throws Exception {
    LocalBroker broker =
        LocalBroker.start(System.getProperty("java.class.path", ""), folder, PATIENCE);
    try (broker) {
      EventTopic.Target target = new EventTopic.Target(broker.servers(), "some", true, Map.of());
      try (EventTopic topic = EventTopic.open(target, PATIENCE)) {
        assertThat(topic.created()).isTrue();
        topic.write(utf8("u1"), utf8("one"));
        topic.flush();
      }
      try (CommittedLines lines = CommittedLines.open(broker.servers(), List.of("some"))) {
        List<CommittedLines.Line> read = List.of();
        while (read.isEmpty()) {
          read = lines.poll(Duration.ofMillis(100));
        }
        assertThat(read)
            .singleElement()
            .satisfies(line -> assertThat(line.text()).isEqualTo("one"));
        assertThat(lines.isAtEnd()).isTrue();
      }
      assertThat(broker.isAlive()).isTrue();
    }
    assertThat(broker.isAlive()).isFalse();
    int port = Integer.parseInt(broker.servers().substring(broker.servers().indexOf(':') + 1));
    assertThatThrownBy(
            () -> new Socket(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port).close())
        .isInstanceOf(ConnectException.class);
  }

  @Test
  void withoutItsLibrariesItSaysSo(@TempDir Path folder) {
    assertThatThrownBy(() -> LocalBroker.start(folder.toString(), folder, PATIENCE))
        .isInstanceOf(KafkaRefusal.class)
        .hasMessageContaining("the Kafka broker's folder cannot be prepared: ")
        .hasMessageContaining("kafka.tools.StorageTool");
  }

  @Test
  void aTopicWithoutABrokerIsRefused() {
    EventTopic.Target target = new EventTopic.Target("127.0.0.1:1", "some", true, Map.of());
    assertThatThrownBy(() -> EventTopic.open(target, Duration.ofSeconds(1)))
        .isInstanceOf(KafkaRefusal.class)
        .hasMessage(
            "no Kafka broker answers at 127.0.0.1:1 within 1s; check --kafka, the network and"
                + " security.protocol");
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
