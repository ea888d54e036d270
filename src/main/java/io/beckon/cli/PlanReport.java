// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.calendar.Durations;
import io.beckon.event.EventType;
import io.beckon.language.SignalDefinition;
import io.beckon.language.TriggerDefinition.Mode;
import io.beckon.language.When;
import io.beckon.plan.Closer;
import io.beckon.plan.Interest;
import io.beckon.plan.MuteInterest;
import io.beckon.plan.Plan;
import io.beckon.plan.Role;
import io.beckon.plan.SignalInterest;
import io.beckon.plan.SignalPlan;
import io.beckon.plan.SignalRead;
import io.beckon.plan.SignalSpec;
import io.beckon.plan.TriggerPlan;
import io.beckon.plan.TypePlan;
import io.beckon.state.IdMemory;
import io.beckon.state.StateBounds;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.StringJoiner;
import java.util.TreeSet;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What a job compiles to, for people and for programs. */
final class PlanReport {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private final Plan plan;
  private final StateBounds bounds;

  PlanReport(Plan plan) {
    this.plan = plan;
    this.bounds = StateBounds.of(plan);
  }

  /** What is known of one event type that somebody listens to. */
  private record Heard(TypePlan type, List<Listener> listeners, List<Where> wheres) {}

  /**
   * One trigger or signal that listens to an event type.
   *
   * @param when {@code settled} or {@code arrival}
   * @param roles its roles, each with the number of its condition
   */
  private record Listener(String when, String kind, String name, List<String> roles) {}

  /** A condition, and in how many places it is written. */
  private record Where(String text, int places) {}

  private List<Heard> heard() {
    List<Heard> all = new ArrayList<>();
    for (EventType type : plan.job().catalogue().types()) {
      if (plan.listensTo(type)) {
        all.add(heard(plan.type(type)));
      }
    }
    return all;
  }

  private Heard heard(TypePlan type) {
    List<Listener> listeners = new ArrayList<>();
    int[] places = new int[type.predicates().size()];
    for (boolean arrival : new boolean[] {true, false}) {
      for (Interest interest : arrival ? type.arrival() : type.settled()) {
        List<String> roles = new ArrayList<>();
        for (Role role : interest.roles()) {
          roles.add(role(interest.trigger(), role) + where(role.predicate(), places));
        }
        listeners.add(
            new Listener(
                arrival ? "arrival" : "settled", "trigger", interest.trigger().id(), roles));
      }
    }
    for (SignalInterest interest : type.signals()) {
      listeners.add(
          new Listener(
              "settled",
              "signal",
              names(interest.signal()),
              List.of("take" + where(interest.predicate(), places))));
    }
    for (boolean arrival : new boolean[] {true, false}) {
      for (Closer closer : arrival ? type.arrivalClosers() : type.settledClosers()) {
        if (closer.role().kind() == Role.Kind.GOAL) {
          listeners.add(
              new Listener(
                  arrival ? "arrival" : "settled",
                  "trigger",
                  closer.trigger().id(),
                  List.of(
                      role(closer.trigger(), closer.role())
                          + where(closer.role().predicate(), places))));
        }
      }
    }
    for (MuteInterest interest : type.mutes()) {
      listeners.add(
          new Listener(
              type.settlesMutes() ? "settled" : "arrival",
              "mute",
              interest.mute().mute().lane().name().toLowerCase(Locale.ROOT),
              List.of(
                  (interest.begins() ? "from" : "until") + where(interest.predicate(), places))));
    }
    List<Where> wheres = new ArrayList<>();
    for (int i = 0; i < places.length; i++) {
      wheres.add(new Where(type.predicates().get(i).text(), places[i]));
    }
    return new Heard(type, listeners, wheres);
  }

  private static String role(TriggerPlan trigger, Role role) {
    return switch (role.kind()) {
      case SELECT -> trigger.steps() > 1 ? "step " + (role.step() + 1) : "select";
      case OF -> "of";
      case CANCEL -> "cancel_on";
      case WITHOUT -> "without";
      case GOAL -> "goal";
    };
  }

  private static String where(int predicate, int[] places) {
    if (predicate == Role.ALWAYS) {
      return "";
    }
    places[predicate]++;
    return " #" + (predicate + 1);
  }

  /** The names that tell the signal: several where they mean the same. */
  private String names(SignalPlan signal) {
    StringJoiner names = new StringJoiner(", ");
    signal.slots().forEach(slot -> names.add(plan.job().signals().all().get(slot).name()));
    return names.toString();
  }

  private List<String> readers(SignalPlan signal) {
    TreeSet<String> readers = new TreeSet<>();
    for (TriggerPlan trigger : plan.triggers()) {
      boolean reads = trigger.scored().equals(Optional.of(signal));
      for (SignalRead read : trigger.reads()) {
        reads |= read.signal().equals(signal);
      }
      if (reads) {
        readers.add(trigger.id());
      }
    }
    return List.copyOf(readers);
  }

  private List<String> unheard() {
    return plan.job().catalogue().types().stream()
        .filter(type -> !plan.listensTo(type))
        .map(EventType::name)
        .toList();
  }

  private List<String> drafts() {
    return plan.job().triggers().stream()
        .filter(trigger -> trigger.mode() == Mode.DRAFT)
        .map(trigger -> trigger.id())
        .sorted()
        .toList();
  }

  private List<String> unread() {
    List<SignalDefinition> all = plan.job().signals().all();
    List<String> names = new ArrayList<>();
    for (int slot = 0; slot < all.size(); slot++) {
      int its = slot;
      if (plan.signals().stream().noneMatch(signal -> signal.slots().contains(its))) {
        names.add(all.get(slot).name());
      }
    }
    return names;
  }

  private static String shape(When when) {
    String name = when.getClass().getSimpleName();
    String own = when instanceof When.OnEvent ? "event" : name.toLowerCase(Locale.ROOT);
    return when instanceof When.Absence absence ? own + " after " + shape(absence.after()) : own;
  }

  private static OptionalLong waitMs(TriggerPlan trigger) {
    if (trigger.isAbsence()) {
      return OptionalLong.of(trigger.waitMs());
    }
    return trigger.delay().isPresent() && trigger.delay().get() instanceof When.Wait.Fixed fixed
        ? OptionalLong.of(fixed.ms())
        : OptionalLong.empty();
  }

  private static Optional<String> window(TriggerPlan trigger) {
    return trigger.windowMs() == 0
        ? Optional.empty()
        : Optional.of(window(trigger.windowMs(), trigger.paneMs()));
  }

  private static Optional<String> window(SignalSpec spec) {
    if (spec.days() > 0) {
      return Optional.of(spec.days() + " local dates");
    }
    if (spec.tauMs() > 0) {
      String fast = "decay " + Durations.format(spec.tauMs());
      return Optional.of(
          spec.longMs() > 0 ? fast + " against " + Durations.format(spec.longMs()) : fast);
    }
    return spec.windowMs() == 0
        ? Optional.empty()
        : Optional.of(window(spec.windowMs(), spec.paneMs()));
  }

  private static String window(long windowMs, long paneMs) {
    return "window "
        + Durations.format(windowMs)
        + (paneMs <= 1 ? ", exact" : " in panes of " + Durations.format(paneMs));
  }

  private static String bytes(long bytes) {
    return String.format(Locale.ROOT, "%,d", bytes) + (bytes == 1 ? " byte" : " bytes");
  }

  private static String count(long number, String what) {
    return String.format(Locale.ROOT, "%,d", number) + " " + what + (number == 1 ? "" : "s");
  }

  /** For people: stable, so that two plans can be compared line by line. */
  String text(String name) {
    StringBuilder out = new StringBuilder();
    line(
        out,
        0,
        name
            + ": "
            + count(plan.triggers().size(), "trigger")
            + ", "
            + count(plan.signals().size(), "signal")
            + "; order "
            + plan.job().time().order().name().toLowerCase(Locale.ROOT)
            + ", lateness "
            + Durations.format(plan.job().time().latenessMs()));
    events(out);
    triggers(out);
    signals(out);
    state(out);
    return out.toString();
  }

  private void events(StringBuilder out) {
    out.append('\n');
    line(out, 0, "Events");
    for (Heard heard : heard()) {
      TypePlan type = heard.type();
      line(
          out,
          1,
          type.type().name()
              + (type.waits() ? ", patience " + Durations.format(type.patienceMs()) : ""));
      for (Listener listener : heard.listeners()) {
        line(
            out,
            2,
            listener.when()
                + "  "
                + listener.kind()
                + " "
                + listener.name()
                + ": "
                + String.join(", ", listener.roles()));
      }
      for (int i = 0; i < heard.wheres().size(); i++) {
        Where where = heard.wheres().get(i);
        line(
            out,
            2,
            "#"
                + (i + 1)
                + " "
                + where.text()
                + (where.places() > 1
                    ? "  (once for " + count(where.places(), "place") + ")"
                    : ""));
      }
    }
    if (!unheard().isEmpty()) {
      line(out, 1, "nobody listens to: " + String.join(", ", unheard()));
    }
  }

  private void triggers(StringBuilder out) {
    out.append('\n');
    line(out, 0, "Triggers");
    for (StateBounds.OfTrigger bound : bounds.triggers()) {
      TriggerPlan trigger = bound.trigger();
      StringJoiner what = new StringJoiner(", ");
      what.add(trigger.id() + ": " + shape(trigger.when()));
      what.add(trigger.arrival() ? "at arrival" : "settled");
      what.add(mode(trigger));
      waitMs(trigger).ifPresent(ms -> what.add("waits " + Durations.format(ms)));
      window(trigger).ifPresent(what::add);
      line(out, 1, what.toString());
      trigger.scored().ifPresent(signal -> line(out, 2, "watches the signal " + names(signal)));
      line(
          out,
          2,
          "at most "
              + bytes(bound.bytes())
              + ": "
              + count(bound.instances(), "instance")
              + " of "
              + bound.instanceBytes()
              + (bound.remembered() == 0
                  ? ""
                  : ", " + bound.remembered() + " remembered of " + bound.rememberedBytes())
              + (bound.issued() == 0
                  ? ""
                  : ", " + count(bound.issued(), "issued episode") + " of " + bound.issuedBytes()));
    }
    if (!drafts().isEmpty()) {
      line(out, 1, "drafts, which observe nothing: " + String.join(", ", drafts()));
    }
  }

  private static String mode(TriggerPlan trigger) {
    return trigger.definition().mode().name().toLowerCase(Locale.ROOT);
  }

  private void signals(StringBuilder out) {
    if (plan.job().signals().all().isEmpty()) {
      return;
    }
    out.append('\n');
    line(out, 0, "Signals");
    for (StateBounds.OfSignal bound : bounds.signals()) {
      SignalPlan signal = bound.signal();
      StringJoiner what = new StringJoiner(", ");
      what.add(names(signal) + ": " + kind(signal));
      window(signal.spec()).ifPresent(what::add);
      line(out, 1, what.toString());
      line(
          out,
          2,
          "at most "
              + bytes(bound.bytes())
              + ", kept once for "
              + String.join(", ", readers(signal)));
    }
    if (!unread().isEmpty()) {
      line(out, 1, "not kept, since nobody reads them: " + String.join(", ", unread()));
    }
  }

  private static String kind(SignalPlan signal) {
    return signal.spec().kind().name().toLowerCase(Locale.ROOT);
  }

  private void state(StringBuilder out) {
    out.append('\n');
    line(out, 0, "State of one user");
    line(out, 1, "triggers and signals: at most " + bytes(bounds.bytes()));
    line(
        out,
        1,
        "beside them: up to "
            + IdMemory.MOST
            + " ids, "
            + bytes(bounds.idBytes())
            + "; profile, "
            + bytes(bounds.profileBytes())
            + (bounds.ledgerBytes() > 0
                ? "; ledgers of the policy, " + bytes(bounds.ledgerBytes())
                : "")
            + (bounds.pendingBytes() > 0
                ? "; "
                    + plan.policy().definition().mostJourneys()
                    + " journeys that wait, "
                    + bytes(bounds.pendingBytes())
                : ""));
    StringJoiner each = new StringJoiner("; ");
    if (bounds.waitingEventBytes() > 0) {
      each.add("an event that waits, up to " + bytes(bounds.waitingEventBytes()));
    }
    if (bounds.cooldownBytes() > 0) {
      each.add("a cooldown that runs, up to " + bytes(bounds.cooldownBytes()));
    }
    if (bounds.followedBytes() > 0) {
      each.add("an episode whose goal is followed, up to " + bytes(bounds.followedBytes()));
    }
    if (each.length() > 0) {
      line(out, 1, "each: " + each);
    }
  }

  private static void line(StringBuilder out, int depth, String text) {
    out.append("  ".repeat(depth)).append(text).append('\n');
  }

  /** For programs. */
  String json() {
    ObjectNode root = JSON.createObjectNode();
    root.put("job", plan.job().id());
    root.put("order", plan.job().time().order().name().toLowerCase(Locale.ROOT));
    root.put("lateness_ms", plan.job().time().latenessMs());
    ArrayNode events = root.putArray("events");
    for (Heard heard : heard()) {
      ObjectNode event = events.addObject();
      event.put("type", heard.type().type().name());
      event.put("patience_ms", heard.type().patienceMs());
      ArrayNode listeners = event.putArray("listeners");
      for (Listener listener : heard.listeners()) {
        ObjectNode node = listeners.addObject();
        node.put(listener.kind(), listener.name());
        node.put("order", listener.when());
        listener.roles().forEach(node.putArray("roles")::add);
      }
      ArrayNode wheres = event.putArray("where");
      for (Where where : heard.wheres()) {
        wheres.addObject().put("text", where.text()).put("places", where.places());
      }
    }
    unheard().forEach(root.putArray("unheard")::add);
    ArrayNode triggers = root.putArray("triggers");
    for (StateBounds.OfTrigger bound : bounds.triggers()) {
      TriggerPlan trigger = bound.trigger();
      ObjectNode node = triggers.addObject();
      node.put("trigger", trigger.id());
      node.put("shape", shape(trigger.when()));
      node.put("mode", mode(trigger));
      node.put("order", trigger.arrival() ? "arrival" : "settled");
      waitMs(trigger).ifPresent(ms -> node.put("wait_ms", ms));
      if (trigger.windowMs() > 0) {
        node.put("window_ms", trigger.windowMs());
        node.put("pane_ms", trigger.paneMs());
      }
      node.put("max_bytes", bound.bytes());
      node.put("max_instances", bound.instances());
      node.put("max_remembered", bound.remembered());
      node.put("max_issued", bound.issued());
    }
    ArrayNode signals = root.putArray("signals");
    for (StateBounds.OfSignal bound : bounds.signals()) {
      SignalPlan signal = bound.signal();
      ObjectNode node = signals.addObject();
      ArrayNode names = node.putArray("names");
      signal.slots().forEach(slot -> names.add(plan.job().signals().all().get(slot).name()));
      node.put("measure", kind(signal));
      if (signal.spec().windowMs() > 0) {
        node.put("window_ms", signal.spec().windowMs());
        node.put("pane_ms", signal.spec().paneMs());
      }
      node.put("max_bytes", bound.bytes());
      readers(signal).forEach(node.putArray("read_by")::add);
    }
    ObjectNode state = root.putObject("state");
    state.put("max_bytes", bounds.bytes());
    state.put("ids", bounds.idBytes());
    state.put("profile", bounds.profileBytes());
    state.put("waiting_event", bounds.waitingEventBytes());
    state.put("cooldown", bounds.cooldownBytes());
    state.put("ledgers", bounds.ledgerBytes());
    state.put("journeys", bounds.pendingBytes());
    state.put("followed_episode", bounds.followedBytes());
    return JSON.writeValueAsString(root);
  }
}
