// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/**
 * Three views of one item within half an hour and no purchase of it for two hours, as one would
 * write it for this one purpose: a map of items a user, and timers. It expects every user's events
 * in order and once; it knows neither copies nor late events, nor does it remember what it sent.
 */
final class HandWritten extends KeyedProcessFunction<String, Look, String> {
  private static final long serialVersionUID = 1L;

  private static final int AT_LEAST = 3;
  private static final long WITHIN_MS = 30 * 60_000L;
  private static final long WAIT_MS = 120 * 60_000L;
  private static final double LINE = 1.0;

  private transient @Nullable MapState<String, Watch> items;

  /** One item of one user: the views gathered, or else the deadline. */
  public static final class Watch {
    public long[] viewsMs = {};
    public long deadlineMs = Long.MAX_VALUE;

    /** Called by Flink. */
    public Watch() {}
  }

  @Override
  public void open(OpenContext context) {
    items =
        getRuntimeContext()
            .getMapState(new MapStateDescriptor<>("items", Types.STRING, Types.POJO(Watch.class)));
  }

  @Override
  public void processElement(Look look, Context context, Collector<String> out) throws Exception {
    switch (look.type) {
      case Look.VIEW -> {
        if (look.value >= LINE) {
          view(look, context, out);
        }
      }
      case Look.PURCHASE -> purchase(look, context, out);
      default -> {
        // Of no interest.
      }
    }
  }

  private void view(Look look, Context context, Collector<String> out) throws Exception {
    MapState<String, Watch> all = Objects.requireNonNull(items);
    Watch watch = all.get(look.item);
    if (watch == null) {
      watch = new Watch();
    }
    if (watch.deadlineMs < look.timeMs) {
      // The timer is on its way, but this view came first.
      context.timerService().deleteEventTimeTimer(watch.deadlineMs);
      out.collect(context.getCurrentKey() + " " + look.item);
      watch.deadlineMs = Long.MAX_VALUE;
    }
    if (watch.deadlineMs != Long.MAX_VALUE) {
      restart(watch, look.timeMs, context);
      all.put(look.item, watch);
      return;
    }
    int gone = 0;
    while (gone < watch.viewsMs.length && watch.viewsMs[gone] < look.timeMs - WITHIN_MS) {
      gone++;
    }
    long[] views =
        Arrays.copyOf(
            Arrays.copyOfRange(watch.viewsMs, gone, watch.viewsMs.length),
            watch.viewsMs.length - gone + 1);
    views[views.length - 1] = look.timeMs;
    if (views.length >= AT_LEAST) {
      watch.viewsMs = new long[0];
      watch.deadlineMs = look.timeMs + WAIT_MS;
      context.timerService().registerEventTimeTimer(watch.deadlineMs);
    } else {
      watch.viewsMs = views;
      if (views.length == 1) {
        // To forget what came to nothing.
        context.timerService().registerEventTimeTimer(look.timeMs + WITHIN_MS);
      }
    }
    all.put(look.item, watch);
  }

  private static void restart(Watch watch, long timeMs, Context context) {
    context.timerService().deleteEventTimeTimer(watch.deadlineMs);
    watch.deadlineMs = timeMs + WAIT_MS;
    context.timerService().registerEventTimeTimer(watch.deadlineMs);
  }

  private void purchase(Look look, Context context, Collector<String> out) throws Exception {
    MapState<String, Watch> all = Objects.requireNonNull(items);
    Watch watch = all.get(look.item);
    if (watch == null) {
      return;
    }
    if (watch.deadlineMs != Long.MAX_VALUE) {
      context.timerService().deleteEventTimeTimer(watch.deadlineMs);
      if (watch.deadlineMs < look.timeMs) {
        out.collect(context.getCurrentKey() + " " + look.item);
      }
    }
    all.remove(look.item);
  }

  @Override
  public void onTimer(long timeMs, OnTimerContext context, Collector<String> out) throws Exception {
    MapState<String, Watch> all = Objects.requireNonNull(items);
    for (var entries = all.iterator(); entries.hasNext(); ) {
      Map.Entry<String, Watch> entry = entries.next();
      Watch watch = entry.getValue();
      if (watch.deadlineMs == timeMs) {
        out.collect(context.getCurrentKey() + " " + entry.getKey());
        entries.remove();
      } else if (watch.deadlineMs == Long.MAX_VALUE) {
        long lastMs = watch.viewsMs[watch.viewsMs.length - 1];
        if (lastMs + WITHIN_MS <= timeMs) {
          entries.remove();
        } else if (watch.viewsMs[0] + WITHIN_MS == timeMs) {
          context.timerService().registerEventTimeTimer(lastMs + WITHIN_MS);
        }
      }
    }
  }
}
