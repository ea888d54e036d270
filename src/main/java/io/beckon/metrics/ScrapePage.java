// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.metrics;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/** One page over HTTP, {@code /metrics}, read by anyone who can reach it. */
final class ScrapePage implements AutoCloseable {
  static final String PATH = "/metrics";

  private static final String TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final HttpServer server;
  private final ExecutorService thread;

  private ScrapePage(HttpServer server, Supplier<String> text) {
    this.server = server;
    // One reader at a time: nobody can make the process work on many.
    this.thread =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread own = new Thread(task, "beckon-metrics");
              own.setDaemon(true);
              return own;
            });
    server.createContext("/", exchange -> answer(exchange, text));
    server.setExecutor(thread);
  }

  /**
   * Shows {@code text}, asked for anew each time.
   *
   * @param ports the first that is free is taken; 0 is any
   * @throws IOException if none is
   */
  static ScrapePage open(String host, PortRange ports, Supplier<String> text) throws IOException {
    InetAddress address = InetAddress.getByName(host);
    for (int port = ports.first(); port <= ports.last(); port++) {
      try {
        HttpServer server = HttpServer.create(new InetSocketAddress(address, port), 8);
        ScrapePage page = new ScrapePage(server, text);
        server.start();
        return page;
      } catch (BindException taken) {
        // By another process of the same machine: the next one may be free.
      }
    }
    throw new IOException("no free port on " + host + " in " + ports);
  }

  /** Where it listens. */
  InetSocketAddress address() {
    return server.getAddress();
  }

  private static void answer(HttpExchange exchange, Supplier<String> text) throws IOException {
    try (exchange) {
      String method = exchange.getRequestMethod();
      if (!exchange.getRequestURI().getPath().equals(PATH)) {
        exchange.sendResponseHeaders(404, -1);
      } else if (!method.equals("GET")) {
        exchange.sendResponseHeaders(405, -1);
      } else {
        byte[] page = text.get().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", TYPE);
        exchange.sendResponseHeaders(200, page.length);
        exchange.getResponseBody().write(page);
      }
    }
  }

  @Override
  public void close() {
    server.stop(0);
    thread.shutdownNow();
  }
}
