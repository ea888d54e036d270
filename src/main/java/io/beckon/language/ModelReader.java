// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.calendar.Durations;
import io.beckon.churn.Background;
import io.beckon.churn.BgNbd;
import io.beckon.churn.Billing;
import io.beckon.churn.CadenceScore;
import io.beckon.churn.Feature;
import io.beckon.churn.MbgNbd;
import io.beckon.churn.Nbd;
import io.beckon.churn.OwnCadence;
import io.beckon.churn.Scorecard;
import io.beckon.churn.Term;
import io.beckon.language.ModelDefinition.Family;
import io.beckon.language.ModelDefinition.Formula;
import io.beckon.language.ModelDefinition.Subscription;
import io.beckon.language.diagnostics.Located;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.yaml.YamlNode;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;

/** Reads a model. */
final class ModelReader {
  /** What a scorecard may weigh. */
  static final List<String> FEATURES = Stream.of(Feature.values()).map(Feature::text).toList();

  /** The mean chance to be lost below which nobody is, as the fit has it. */
  private static final double NOBODY_LOST = 1e-4;

  /** Beyond every feature: none is below 0, and this many days are a million years. */
  private static final double HIGHEST = 1e9;

  private static final double DAY_MS = Durations.DAY_MS;

  private final Problems problems;
  private final SelectorReader selectors;

  private ModelReader(Vocabulary vocabulary, Problems problems) {
    this.problems = problems;
    this.selectors = new SelectorReader(vocabulary, problems);
  }

  /**
   * Reads a model.
   *
   * @param fileId what the file's name says its id is
   * @return empty if it has problems, reported, or if a problem of the catalogue is in the way
   */
  static Optional<ModelDefinition> read(
      Section section, String fileId, Vocabulary vocabulary, Problems problems) {
    return new ModelReader(vocabulary, problems).model(section, fileId);
  }

  private Optional<ModelDefinition> model(Section section, String fileId) {
    Optional<Located<String>> id = section.text("id");
    id.ifPresent(written -> checkFile(written, fileId));
    Optional<Integer> version = section.whole("version");
    Optional<Family> family = section.text("model").flatMap(text -> Family.of(text.value()));
    List<Selector> events = selected(section, "event");
    OptionalLong horizonMs = section.duration("horizon");
    OptionalLong leadMs = section.duration("lead");
    OptionalLong priorGapMs = section.duration("prior_gap");
    double priorWeight = section.real("prior_weight", 2);
    if (section.has("prior_weight")) {
      section.needs("prior_weight", "prior_gap");
    }
    family.ifPresent(of -> fields(of, section));
    Optional<Subscription> subscription =
        section.section("subscription").flatMap(this::subscription);
    if (subscription.isPresent()
        && leadMs.isPresent()
        && leadMs.getAsLong() > subscription.get().everyDays() * Durations.DAY_MS) {
      problems.error(
          "BKN-137",
          section.keySpan("lead"),
          "`lead` is longer than `every`",
          "it is the time before a renewal, and there is one every "
              + subscription.get().everyDays()
              + "d");
    }
    Optional<Background> background =
        priorGapMs.isEmpty()
                || !(priorWeight > 0)
                || section.has("subscription") != subscription.isPresent()
            ? Optional.empty()
            : Optional.of(
                new Background(
                    priorGapMs.getAsLong() / DAY_MS,
                    priorWeight,
                    subscription.map(of -> new Billing(of.firstDays(), of.everyDays()))));
    Optional<Formula> formula = family.flatMap(of -> formula(of, section, background));
    boolean degenerate = section.section("provenance").map(this::provenance).orElse(false);
    if (problems.hasErrors()
        || id.isEmpty()
        || version.isEmpty()
        || family.isEmpty()
        || events.isEmpty()
        || formula.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new ModelDefinition(
            id.get().value(),
            id.get().span(),
            version.get(),
            family.get(),
            events,
            horizonMs,
            subscription,
            leadMs,
            formula.get(),
            degenerate || nobodyIsLost(formula.get())));
  }

  private void checkFile(Located<String> id, String fileId) {
    if (!id.value().equals(fileId)) {
      problems.warning(
          "BKN-207",
          id.span(),
          "the model is called `" + id.value() + "`, its file `" + fileId + ".yaml`",
          "give both one name");
    }
  }

  private List<Selector> selected(Section section, String name) {
    return section
        .node(name)
        .map(node -> selectors.any(node, section.keySpan(name)))
        .orElseGet(List::of);
  }

  /** Reports what the family needs and lacks, and what it has no use for. */
  private void fields(Family family, Section section) {
    Set<String> needed = new HashSet<>();
    Set<String> useless = new HashSet<>(List.of("horizon", "features", "subscription", "lead"));
    if (family.isReturn() || family.isScorecard()) {
      needed.add("horizon");
    }
    if (family.isScorecard()) {
      needed.add("features");
      useless.remove("subscription");
    }
    if (family.isScorecard() || family == Family.CADENCE) {
      needed.add("prior_gap");
    }
    if (family == Family.RENEWAL_RISK) {
      needed.add("subscription");
      useless.remove("lead");
    }
    useless.removeAll(needed);
    for (Field field : Shapes.MODEL.fields()) {
      String name = field.name();
      if (useless.contains(name) && section.has(name)) {
        problems.error(
            "BKN-136",
            section.keySpan(name),
            "`" + name + "` means nothing beside `model: " + family.text() + "`",
            "remove it");
      } else if (needed.contains(name) && !section.has(name) && section.isSound()) {
        problems.error(
            "BKN-136",
            section.keySpan("model"),
            "`model: " + family.text() + "` needs `" + name + "`",
            "add `" + name + ": …`: " + field.doc());
      }
    }
  }

  private Optional<Subscription> subscription(Section section) {
    List<Selector> starts = selected(section, "starts");
    List<Selector> ends = selected(section, "ends");
    OptionalInt first = section.days("first");
    OptionalInt every = section.days("every");
    for (Selector end : ends) {
      if (starts.stream().anyMatch(start -> same(start, end))) {
        problems.error(
            "BKN-137",
            section.keySpan("ends"),
            "one `" + end.type().name() + "` begins a subscription and ends it at once",
            "tell the two apart by `where`");
      }
    }
    return starts.isEmpty() || ends.isEmpty() || first.isEmpty() || every.isEmpty()
        ? Optional.empty()
        : Optional.of(new Subscription(starts, ends, first.getAsInt(), every.getAsInt()));
  }

  private static boolean same(Selector a, Selector b) {
    return a.type().equals(b.type())
        && a.where().map(where -> where.key()).equals(b.where().map(where -> where.key()));
  }

  private Optional<Section> parameters(Section section, Shape shape) {
    return section
        .node("parameters")
        .flatMap(node -> Section.of(node, shape, section.keySpan("parameters"), problems));
  }

  private Optional<Formula> formula(
      Family family, Section section, Optional<Background> background) {
    return switch (family) {
      case MBG_NBD, BG_NBD ->
          parameters(section, Shapes.RETURN_PARAMETERS)
              .flatMap(parameters -> lost(family, parameters));
      case NBD ->
          parameters(section, Shapes.RATE_PARAMETERS)
              .flatMap(
                  parameters -> {
                    Optional<Double> r = real(parameters, "r");
                    Optional<Double> alpha = real(parameters, "alpha");
                    return r.isEmpty() || alpha.isEmpty()
                        ? Optional.empty()
                        : Optional.of(new Formula.Return(new Nbd(r.get(), alpha.get())));
                  });
      case CADENCE ->
          parameters(section, Shapes.CADENCE_PARAMETERS)
              .flatMap(parameters -> cadence(parameters, background));
      case ACTIVITY_LEVEL ->
          parameters(section, Shapes.LEVEL_PARAMETERS)
              .flatMap(
                  parameters -> {
                    OptionalLong tauMs = parameters.duration("tau");
                    OptionalLong minHistoryMs = parameters.duration("min_history");
                    return tauMs.isEmpty()
                        ? Optional.empty()
                        : Optional.of(new Formula.Level(tauMs.getAsLong(), minHistoryMs));
                  });
      case USAGE_DROP -> parameters(section, Shapes.DROP_PARAMETERS).flatMap(this::drop);
      case SCORECARD, RENEWAL_RISK -> scorecard(section, background);
    };
  }

  private static Optional<Double> real(Section section, String name) {
    return section.decimal(name).map(BigDecimal::doubleValue);
  }

  private static Optional<Formula> lost(Family family, Section parameters) {
    Optional<Double> r = real(parameters, "r");
    Optional<Double> alpha = real(parameters, "alpha");
    Optional<Double> a = real(parameters, "a");
    Optional<Double> b = real(parameters, "b");
    if (r.isEmpty() || alpha.isEmpty() || a.isEmpty() || b.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Formula.Return(
            family == Family.BG_NBD
                ? new BgNbd(r.get(), alpha.get(), a.get(), b.get())
                : new MbgNbd(r.get(), alpha.get(), a.get(), b.get())));
  }

  private Optional<Formula> cadence(Section parameters, Optional<Background> background) {
    Optional<Double> k = real(parameters, "k");
    OptionalLong floorMs = parameters.duration("floor");
    OptionalLong ceilingMs = parameters.duration("ceiling");
    if (floorMs.isPresent()
        && ceilingMs.isPresent()
        && floorMs.getAsLong() > ceilingMs.getAsLong()) {
      problems.error(
          "BKN-137",
          parameters.keySpan("ceiling"),
          "`ceiling` is below `floor`",
          "swap them, or make `ceiling` longer");
      return Optional.empty();
    }
    return k.isEmpty() || floorMs.isEmpty() || ceilingMs.isEmpty() || background.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Formula.Score(
                new CadenceScore(
                    new OwnCadence(
                        k.get(),
                        background.get().priorGapDays(),
                        background.get().priorWeight(),
                        floorMs.getAsLong(),
                        ceilingMs.getAsLong()))));
  }

  private Optional<Formula> drop(Section parameters) {
    OptionalLong shortMs = parameters.duration("short");
    OptionalLong longMs = parameters.duration("long");
    double minLevel = parameters.real("min_level", 0);
    if (shortMs.isEmpty() || longMs.isEmpty()) {
      return Optional.empty();
    }
    if (shortMs.getAsLong() >= longMs.getAsLong()) {
      problems.error(
          "BKN-137",
          parameters.keySpan("short"),
          "`short` is not shorter than `long`",
          "the short one sees a drop first: make it shorter");
      return Optional.empty();
    }
    return Optional.of(new Formula.Drop(shortMs.getAsLong(), longMs.getAsLong(), minLevel));
  }

  private Optional<Formula> scorecard(Section section, Optional<Background> background) {
    Optional<Section> parameters = parameters(section, Shapes.SCORECARD_PARAMETERS);
    Optional<Double> intercept = parameters.flatMap(p -> real(p, "intercept"));
    double slope = parameters.map(p -> p.real("slope", 1)).orElse(1.0);
    double offset = parameters.map(p -> p.real("offset", 0)).orElse(0.0);
    List<Term> terms = new ArrayList<>();
    Set<Term> seen = new HashSet<>();
    for (Section feature : section.sections("features")) {
      Optional<Term> term = term(feature, section);
      if (term.isPresent() && !seen.add(weightless(term.get()))) {
        problems.error(
            "BKN-213",
            feature.keySpan(feature.has("ln") ? "ln" : "of"),
            "`" + term.get().feature().text() + "` is weighted so already",
            "add the two weights, and keep one");
      }
      term.ifPresent(terms::add);
    }
    if (problems.hasErrors() || intercept.isEmpty() || background.isEmpty() || terms.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Formula.Score(new Scorecard(intercept.get(), slope, offset, terms, background.get())));
  }

  private static Term weightless(Term term) {
    if (term instanceof Term.Ln ln) {
      return new Term.Ln(ln.feature(), ln.plus(), 1);
    }
    return term instanceof Term.Bin bin
        ? new Term.Bin(bin.feature(), bin.from(), bin.below(), 1)
        : new Term.Linear(term.feature(), 1);
  }

  private Optional<Term> term(Section section, Section model) {
    Optional<String> field = section.oneOf("ln", "of");
    Optional<Feature> feature =
        field.flatMap(section::text).flatMap(text -> Feature.of(text.value()));
    Optional<Double> weight = real(section, "weight");
    Optional<Double> written = real(section, "plus");
    Optional<Double> from = real(section, "from");
    Optional<Double> below = real(section, "below");
    boolean unread =
        written.isPresent() != section.has("plus")
            || from.isPresent() != section.has("from")
            || below.isPresent() != section.has("below");
    if (field.isEmpty() || feature.isEmpty() || unread) {
      return Optional.empty();
    }
    double plus = written.orElse(0.0);
    boolean logarithm = field.get().equals("ln");
    String name = feature.get().text();
    if (feature.get().needsBilling() && !model.has("subscription")) {
      problems.error(
          "BKN-136",
          section.keySpan(field.get()),
          "`" + name + "` needs `subscription`",
          "add `subscription: …`: which events begin and end one, and when it is renewed");
    }
    section.without(
        "means nothing beside `" + field.get() + "`",
        logarithm ? "write `of` in place of `ln`, or remove it" : "it is for logarithms: remove it",
        logarithm ? new String[] {"from", "below"} : new String[] {"plus"});
    if (logarithm && !(plus > 0) && feature.get().mayBeZero()) {
      problems.error(
          "BKN-137",
          section.keySpan(section.has("plus") ? "plus" : "ln"),
          "`" + name + "` may be 0, which has no logarithm",
          "write `plus` above 0, as in `plus: 1`");
      return Optional.empty();
    }
    if (from.isPresent() && below.isPresent() && from.get() >= below.get()) {
      problems.error(
          "BKN-137",
          section.keySpan("below"),
          "nothing lies between `from` and `below`",
          "make `below` larger than `from`");
      return Optional.empty();
    }
    if (below.isPresent() && below.get() <= 0) {
      problems.error(
          "BKN-137",
          section.keySpan("below"),
          "`" + name + "` is never below 0",
          "make `below` larger");
      return Optional.empty();
    }
    if (weight.isEmpty()) {
      return Optional.empty();
    }
    if (logarithm) {
      return Optional.of(new Term.Ln(feature.get(), plus, weight.get()));
    }
    return Optional.of(
        from.isEmpty() && below.isEmpty()
            ? new Term.Linear(feature.get(), weight.get())
            : new Term.Bin(feature.get(), from.orElse(0.0), below.orElse(HIGHEST), weight.get()));
  }

  /** Checks where the parameters come from; whether the fit was degenerate. */
  private boolean provenance(Section section) {
    section.text("asked");
    section.texts("data", "[orders.csv]");
    section.section("span").ifPresent(this::span);
    section.date("date");
    section.date("cut_off");
    section.text("label");
    section.date("split");
    section.whole("folds");
    section.duration("every");
    section.duration("active");
    section.decimal("penalty");
    section.texts("dropped", "[\"ln gap\"]");
    section.whole("users");
    section.whole("repeaters");
    section.whole("rows");
    section.whole("positives");
    section.decimal("log_likelihood");
    section.section("holdout").ifPresent(this::judged);
    return section.flag("degenerate", false);
  }

  private void span(Section section) {
    Optional<LocalDate> from = section.date("from");
    Optional<LocalDate> to = section.date("to");
    if (from.isPresent() && to.isPresent() && to.get().isBefore(from.get())) {
      problems.error(
          "BKN-404", section.keySpan("to"), "`to` is before `from`", "swap the two dates");
    }
  }

  private void judged(Section section) {
    section.whole("users");
    section.whole("silent");
    section.whole("rows");
    section.whole("positives");
    section.decimal("base_rate");
    section.decimal("auc");
    section.decimal("log_loss");
    section.decimal("recall_at_10_percent_false_positives");
    Optional<YamlNode> interval = section.node("auc_interval");
    if (interval.isPresent() && !isInterval(interval.get())) {
      problems.error(
          "BKN-122",
          interval.get().span(),
          "`auc_interval` must be two numbers between 0 and 1, the lower one first",
          "write `[0.75, 0.81]`");
    }
  }

  private static boolean isInterval(YamlNode node) {
    BigDecimal last = BigDecimal.ZERO;
    if (!(node instanceof YamlNode.Sequence sequence) || sequence.items().size() != 2) {
      return false;
    }
    for (YamlNode item : sequence.items()) {
      Optional<BigDecimal> number =
          item instanceof YamlNode.Scalar scalar ? Scalars.decimal(scalar) : Optional.empty();
      if (number.isEmpty() || number.get().compareTo(last) < 0) {
        return false;
      }
      last = number.get();
    }
    return last.compareTo(BigDecimal.ONE) <= 0;
  }

  private static boolean nobodyIsLost(Formula formula) {
    if (!(formula instanceof Formula.Return of)) {
      return false;
    }
    if (of.model() instanceof MbgNbd mbg) {
      return mbg.a() / (mbg.a() + mbg.b()) < NOBODY_LOST;
    }
    return of.model() instanceof BgNbd bg && bg.a() / (bg.a() + bg.b()) < NOBODY_LOST;
  }
}
