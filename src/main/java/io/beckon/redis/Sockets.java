// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.redis;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Optional;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import redis.clients.jedis.JedisSocketFactory;
import redis.clients.jedis.exceptions.JedisConnectionException;

/** Opens sockets to one server; over TLS only to who has a trusted certificate for that name. */
final class Sockets implements JedisSocketFactory {
  private final String host;
  private final int port;
  private final Optional<SSLSocketFactory> tls;
  private final int timeLimitMs;

  Sockets(String host, int port, Optional<SSLSocketFactory> tls, int timeLimitMs) {
    this.host = host;
    this.port = port;
    this.tls = tls;
    this.timeLimitMs = timeLimitMs;
  }

  @Override
  public Socket createSocket() {
    Socket socket = new Socket();
    try {
      socket.setTcpNoDelay(true);
      socket.setKeepAlive(true);
      socket.connect(new InetSocketAddress(host, port), timeLimitMs);
      socket.setSoTimeout(timeLimitMs);
      return tls.isPresent() ? secured(tls.get(), socket) : socket;
    } catch (IOException e) {
      try {
        socket.close();
      } catch (IOException alsoThat) {
        e.addSuppressed(alsoThat);
      }
      throw new JedisConnectionException(e);
    }
  }

  private Socket secured(SSLSocketFactory factory, Socket socket) throws IOException {
    SSLSocket secured = (SSLSocket) factory.createSocket(socket, host, port, true);
    SSLParameters parameters = secured.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    secured.setSSLParameters(parameters);
    secured.startHandshake();
    return secured;
  }
}
