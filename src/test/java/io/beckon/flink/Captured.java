// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.LoggerConfig;
import org.apache.logging.log4j.core.config.Property;

/** Everything that is logged, from INFO on, and printed. */
final class Captured implements AutoCloseable {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = System.out;
  private final PrintStream err = System.err;
  private final LoggerContext context = (LoggerContext) LogManager.getContext(false);
  private final PrintStream all = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  Captured() {
    System.setOut(all);
    System.setErr(all);
    Log log = new Log(all);
    log.start();
    for (LoggerConfig logger : context.getConfiguration().getLoggers().values()) {
      logger.setLevel(Level.INFO);
      logger.getAppenders().keySet().forEach(logger::removeAppender);
    }
    context.getConfiguration().getRootLogger().addAppender(log, Level.INFO, null);
    context.updateLoggers();
  }

  String text() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    System.setOut(out);
    System.setErr(err);
    context.reconfigure();
  }

  private static final class Log extends AbstractAppender {
    private final PrintStream to;

    Log(PrintStream to) {
      super("captured", null, null, false, Property.EMPTY_ARRAY);
      this.to = to;
    }

    @Override
    public void append(LogEvent event) {
      StringWriter text = new StringWriter();
      text.append(event.getLoggerName()).append(' ');
      text.append(event.getMessage().getFormattedMessage());
      if (event.getThrown() != null) {
        event.getThrown().printStackTrace(new PrintWriter(text));
      }
      to.println(text);
    }
  }
}
