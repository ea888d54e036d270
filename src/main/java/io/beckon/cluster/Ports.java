// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Random;

/** The ports of this machine, on its loopback address only. */
final class Ports {
  /**
   * Below those that systems give to clients: one that asks again and again for a server that is
   * down could be given the very port it asks for, be connected with itself, and keep the server
   * from coming back.
   */
  private static final int FIRST = 20_000;

  private static final int LAST = 31_999;
  private static final int TRIES = 200;
  private static final int PATIENCE_MS = 300;

  private Ports() {}

  /** A port that nobody has now. */
  static int free() throws ClusterRefusal {
    Random random = new Random();
    for (int i = 0; i < TRIES; i++) {
      int port = FIRST + random.nextInt(LAST - FIRST + 1);
      if (isFree(port)) {
        return port;
      }
    }
    throw new ClusterRefusal("no port from " + FIRST + " to " + LAST + " is free");
  }

  /** Whether a server could have the port now. */
  static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      // As servers do: what is left of connections that have ended does not count.
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(loopback(), port), 1);
      return true;
    } catch (IOException taken) {
      return false;
    }
  }

  /** Whether anybody answers. */
  static boolean answers(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(loopback(), port), PATIENCE_MS);
      return true;
    } catch (IOException nobody) {
      return false;
    }
  }

  private static InetAddress loopback() throws IOException {
    return InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
  }
}
