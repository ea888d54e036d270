// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.bench;

import io.beckon.budget.BudgetCounter;
import io.beckon.budget.BudgetOutput;
import io.beckon.budget.BudgetStage;
import io.beckon.budget.RequestCodec;
import io.beckon.detect.Episode;
import io.beckon.language.Intervention.Kind;
import io.beckon.language.PolicyDefinition;
import io.beckon.language.PolicyDefinition.Budget;
import io.beckon.language.PolicyDefinition.Rate;
import io.beckon.language.PolicyDefinition.Selection;
import io.beckon.language.TriggerDefinition.Lane;
import io.beckon.policy.BudgetRequest;
import io.beckon.policy.Command;
import io.beckon.policy.CommandIds;
import io.beckon.policy.Decision;
import io.beckon.policy.Reason;
import java.math.BigDecimal;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How many requests a second one core takes through a {@link BudgetStage}: where nothing waits;
 * where the rate is full and a thousand or ten thousand always wait, so that each request enters
 * the queue and about one leaves it; where ten rates and a budget concern it; and how long a
 * snapshot of it takes. With their bytes: decoded before, as behind the network.
 *
 * <p>Prints the median of five turns after two that warm up.
 */
public final class BudgetBench {
  private static final int REQUESTS = 400_000;
  private static final int TURNS = 5;
  private static final int WARM_UPS = 2;
  private static final long START_MS = 1_793_577_600_000L;

  private BudgetBench() {}

  /** What is measured. */
  private record Setting(String name, PolicyDefinition policy, boolean pays, int queued) {}

  /**
   * Prints the table.
   *
   * @param args the number of requests, if not 400,000
   */
  public static void main(String[] args) {
    int count = args.length > 0 ? Integer.parseInt(args[0]) : REQUESTS;
    List<Setting> settings =
        List.of(
            new Setting("a budget", policy(0, 1, 1), true, 0),
            new Setting("a rate with room", policy(1, 1_000, 1_000), false, 0),
            new Setting("a budget and ten rates with room", policy(10, 1_000, 1_000), true, 0),
            new Setting("a full rate, 1,000 wait", policy(1, 1, 1), false, 1_000),
            new Setting("a full rate, 10,000 wait", policy(1, 1, 1), false, 10_000),
            new Setting("a budget, ten rates, full, 10,000 wait", policy(10, 1, 1), true, 10_000));
    System.out.printf(
        Locale.ROOT, "| %-40s | requests/s | from bytes/s | snapshot ms | bytes |%n", "");
    for (Setting setting : settings) {
      double[] plain = new double[TURNS];
      double[] bytes = new double[TURNS];
      double[] snapshots = new double[TURNS];
      long size = 0;
      for (int turn = -WARM_UPS; turn < TURNS; turn++) {
        List<BudgetRequest> requests = requests(setting, count);
        BudgetStage stage = new BudgetStage(setting.policy);
        Sum sum = new Sum();
        long start = System.nanoTime();
        for (BudgetRequest request : requests) {
          stage.offer(request, sum);
        }
        double perSecond = count * 1e9 / (System.nanoTime() - start);
        sum.check();
        if (stage.waiting() < setting.queued) {
          throw new IllegalStateException(setting.name + ": only " + stage.waiting() + " wait");
        }
        start = System.nanoTime();
        List<byte[]> chunks = stage.encode();
        double snapshotMs = (System.nanoTime() - start) / 1e6;
        size = chunks.stream().mapToLong(chunk -> chunk.length).sum();

        RequestCodec codec = new RequestCodec();
        List<byte[]> encoded = requests.stream().map(codec::encode).toList();
        BudgetStage second = new BudgetStage(setting.policy);
        start = System.nanoTime();
        for (byte[] request : encoded) {
          second.offer(RequestCodec.decode(request), sum);
        }
        double fromBytes = count * 1e9 / (System.nanoTime() - start);
        if (sum.sum == 0) {
          throw new IllegalStateException(setting.name + ": nothing came out");
        }
        if (turn >= 0) {
          plain[turn] = perSecond;
          bytes[turn] = fromBytes;
          snapshots[turn] = snapshotMs;
        }
      }
      System.out.printf(
          Locale.ROOT,
          "| %-40s | %,10.0f | %,12.0f | %11.1f | %,d |%n",
          setting.name,
          median(plain),
          median(bytes),
          median(snapshots),
          size);
    }
  }

  private static double median(double[] turns) {
    Arrays.sort(turns);
    return turns[turns.length / 2];
  }

  private static PolicyDefinition policy(int rates, int atMost, long perMs) {
    PolicyDefinition none = PolicyDefinition.none("job");
    List<Rate> all = new ArrayList<>();
    for (int i = 0; i < rates; i++) {
      all.add(
          new Rate(
              "r" + i,
              new Selection(
                  Optional.empty(), Optional.empty(), Optional.of(Kind.COUPON), Optional.empty()),
              atMost,
              perMs,
              true,
              1_000_000));
    }
    Budget budget =
        new Budget(
            "b",
            Optional.of(new BigDecimal("1000000000.00")),
            Optional.of(new BigDecimal("100000000.00")),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            "",
            ZoneId.of("Europe/Berlin"),
            Optional.empty());
    return new PolicyDefinition(
        none.consent(),
        none.quiet(),
        none.caps(),
        none.arbitration(),
        none.service(),
        none.marketing(),
        none.mutes(),
        none.holdout(),
        List.of(budget),
        all,
        none.mostJourneys());
  }

  /** The first of them at once, so many as shall wait; then one a millisecond. */
  private static List<BudgetRequest> requests(Setting setting, int count) {
    CommandIds ids = new CommandIds("job");
    List<BudgetRequest> requests = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      requests.add(request(setting, ids, i, START_MS + Math.max(0, i - setting.queued)));
    }
    return requests;
  }

  private static BudgetRequest request(Setting setting, CommandIds ids, int i, long atMs) {
    String user = "user-" + i;
    Episode episode = new Episode(List.of(new Episode.MatchValue("item", "i" + i % 97)), "e" + i);
    Command command =
        new Command(
            ids.of(user, "come-back", episode, 1),
            Command.Action.ISSUE,
            "job",
            user,
            "come-back",
            1,
            episode,
            1,
            Kind.COUPON,
            Optional.of("push"),
            Optional.of("template"),
            List.of(new Command.Value("value", new BigDecimal("10.00"))),
            List.of(new Command.Value("item", "i" + i % 97)),
            Optional.empty(),
            setting.pays ? Optional.of("b") : Optional.empty(),
            setting.pays ? Optional.of(new BigDecimal("10.00")) : Optional.empty(),
            Lane.MARKETING,
            i % 5 * 10,
            atMs,
            atMs,
            atMs,
            OptionalLong.of(atMs + 86_400_000),
            List.of());
    return new BudgetRequest.Spend(
        atMs,
        command,
        new Decision(
            user,
            "come-back",
            1,
            episode,
            1,
            atMs,
            atMs,
            Reason.ISSUED,
            command.id(),
            List.of(),
            List.of()),
        Optional.empty(),
        atMs + 86_400_000,
        atMs + 60_000);
  }

  /** Uses what comes out. */
  private static final class Sum implements BudgetOutput {
    private long sum;

    @Override
    public void decision(Decision decision) {
      sum += decision.decisionTimeMs();
    }

    @Override
    public void command(Command command) {
      sum += command.notBeforeMs();
    }

    @Override
    public void count(BudgetCounter counter) {
      sum++;
    }

    /** Looked at, so that nothing is left out as of no use. */
    void check() {
      if (sum == 0) {
        throw new IllegalStateException("nothing came of it");
      }
    }
  }
}
