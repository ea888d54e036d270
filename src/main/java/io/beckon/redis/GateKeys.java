// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.redis;

import io.beckon.policy.Command;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Which keys stop a command if they exist. */
public final class GateKeys {
  private static final String USER = "user";
  private static final String CHANNEL = "channel";

  private final String job;
  private final List<KeyTemplate> templates;

  /** Those of {@code job}, in the author's order. */
  public GateKeys(String job, List<String> templates) {
    this.job = job;
    this.templates = templates.stream().map(KeyTemplate::new).toList();
  }

  /**
   * The keys of {@code command}, one for each template; empty where the template names a channel
   * and the command has none.
   */
  public List<Optional<String>> of(Command command) {
    List<Optional<String>> keys = new ArrayList<>(templates.size());
    for (KeyTemplate template : templates) {
      keys.add(
          template.has(CHANNEL) && command.channel().isEmpty()
              ? Optional.empty()
              : Optional.of(template.fill(name -> value(name, command))));
    }
    return keys;
  }

  private String value(String name, Command command) {
    return switch (name) {
      case "job" -> job;
      case USER -> command.user();
      case "trigger" -> command.trigger();
      case "lane" -> command.lane().name().toLowerCase(Locale.ROOT);
      case CHANNEL -> command.channel().orElse("");
      case "kind" -> command.kind().name().toLowerCase(Locale.ROOT);
      default -> throw new IllegalStateException("a key with a placeholder " + name);
    };
  }

  /** Keys like those of commands, with {@code text} wherever something is filled in. */
  List<Optional<String>> filledWith(String text) {
    return templates.stream()
        .map(template -> Optional.of(template.fill(name -> name.equals("job") ? job : text)))
        .toList();
  }

  /** The template at {@code index}, as it is written. */
  public String template(int index) {
    return templates.get(index).toString();
  }

  /** Whether the key at {@code index} is about a user: an opt-out. Others pause something. */
  public boolean isOptOut(int index) {
    return templates.get(index).has(USER);
  }
}
