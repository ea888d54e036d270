// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.language.diagnostics.Located;
import io.beckon.language.diagnostics.Problems;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The models that signals may name.
 *
 * @param sound those that could be read
 * @param ids of all that there are, sound or not
 * @param complete whether {@code ids} are all that were meant
 */
record Models(List<ModelDefinition> sound, Set<String> ids, boolean complete) {
  Models {
    sound = List.copyOf(sound);
    ids = Set.copyOf(ids);
  }

  /** The model of that id; empty, with a problem reported unless it is one already. */
  Optional<ModelDefinition> named(Located<String> id, Problems problems) {
    Optional<ModelDefinition> model =
        sound.stream().filter(of -> of.id().equals(id.value())).findFirst();
    if (model.isEmpty() && complete && !ids.contains(id.value())) {
      Collection<String> sorted = ids.stream().sorted().toList();
      problems.error(
          "BKN-247",
          id.span(),
          "unknown model `" + id.value() + "`",
          ids.isEmpty()
              ? "the job has no models: `beckon fit` makes one, into `models/"
                  + id.value()
                  + ".yaml`"
              : Section.suggest(id.value(), sorted, "the job has "));
    }
    return model;
  }
}
