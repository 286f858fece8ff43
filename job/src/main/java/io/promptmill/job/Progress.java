package io.promptmill.job;

import io.promptmill.udf.spark.Flaw;
import io.promptmill.udf.spark.FlawSamples.Sample;
import io.promptmill.udf.spark.GenerateMetrics;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.util.LongAccumulator;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Shows how far a job is. Accumulators reach the driver only when their task ends; what a task has counted until then
 * comes with its executor's heartbeats. Thread-safe.
 */
final class Progress extends SparkListener implements AutoCloseable {
    private static final int JUDGED_SECONDS = 2;

    private final SparkContext context;
    private final Set<Long> counted;
    private final GenerateMetrics metrics;
    private final ProgressLine line;
    private final EarlyStop policy;
    private final Map<Long, Map<Long, Long>> running = new ConcurrentHashMap<>();
    private final Map<Long, List<Sample>> runningSamples = new ConcurrentHashMap<>();
    private final Set<Long> ended = ConcurrentHashMap.newKeySet();
    private final Map<Integer, Integer> tasksByStage = new ConcurrentHashMap<>();
    private volatile Violation violation;
    private volatile int stage = -1;
    private volatile int endedInStage;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "promptmill-progress");
        thread.setDaemon(true);
        return thread;
    });

    private Progress(SparkContext context, GenerateMetrics metrics, ProgressLine line, EarlyStop policy) {
        this.context = context;
        this.metrics = metrics;
        this.line = line;
        this.policy = policy;
        counted = new HashSet<>(Set.of(
                metrics.rows().id(),
                metrics.promptTokens().id(),
                metrics.completionTokens().id()));
        for (Flaw flaw : Flaw.values()) {
            counted.add(metrics.rowsWith(flaw).id());
        }
    }

    /**
     * Why a job was ended.
     *
     * @param examples lines with rows, each begun by a line break; empty where none is known
     */
    record Violation(String reason, String examples) {}

    /** Shows the job's state until closed, and ends Spark's jobs where the policy says so. */
    static Progress start(
            SparkContext context, GenerateMetrics metrics, OptionalLong rows, PrintStream out, EarlyStop policy) {
        ProgressLine line = new ProgressLine(out, rows);
        Progress progress = new Progress(context, metrics, line, policy);
        context.addSparkListener(progress);
        long period = line.periodSeconds();
        progress.timer.scheduleAtFixedRate(progress::show, period, period, TimeUnit.SECONDS);
        progress.timer.scheduleAtFixedRate(progress::judge, JUDGED_SECONDS, JUDGED_SECONDS, TimeUnit.SECONDS);
        return progress;
    }

    @Override
    public void onStageSubmitted(SparkListenerStageSubmitted event) {
        tasksByStage.put(event.stageInfo().stageId(), event.stageInfo().numTasks());
    }

    @Override
    public void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate event) {
        CollectionConverters.asJava(event.accumUpdates()).forEach(update -> {
            Map<Long, Long> counts = new ConcurrentHashMap<>();
            for (AccumulableInfo info : CollectionConverters.asJava(update._4())) {
                if (counted.contains(info.id())
                        && info.update().isDefined()
                        && info.update().get() instanceof Long count) {
                    counts.put(info.id(), count);
                }
            }
            Long task = (Long) update._1();
            if (!counts.isEmpty() && !ended.contains(task)) {
                running.put(task, counts);
                samples(CollectionConverters.asJava(update._4()))
                        .ifPresent(samples -> runningSamples.put(task, samples));
                enter((Integer) update._2());
            }
        });
    }

    @Override
    public void onTaskEnd(SparkListenerTaskEnd event) {
        ended.add(event.taskInfo().taskId());
        running.remove(event.taskInfo().taskId());
        runningSamples.remove(event.taskInfo().taskId());
        if (event.stageId() == stage && event.taskInfo().successful()) {
            endedInStage++;
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
        context.removeSparkListener(this);
        running.clear();
        runningSamples.clear();
        if (line.isShown()) {
            show();
        }
        line.finish();
    }

    /** Why the job was ended, or null where it was not. */
    Violation violation() {
        return violation;
    }

    private void judge() {
        if (violation == null) {
            FlawCounts counts = FlawCounts.of(metrics, this::total);
            policy.judge(counts).ifPresent(flaw -> {
                violation = new Violation(policy.reason(counts, flaw), EarlyStop.examples(samples(), flaw));
                context.cancelAllJobs();
            });
        }
    }

    private void enter(int stageId) {
        if (stageId != stage) {
            stage = stageId;
            endedInStage = 0;
        }
    }

    private synchronized void show() {
        int tasks = tasksByStage.getOrDefault(stage, 0);
        double share = tasks == 0 ? 0 : (double) endedInStage / tasks;
        line.show(
                total(metrics.rows()),
                total(metrics.errors()),
                total(metrics.promptTokens()) + total(metrics.completionTokens()),
                share);
    }

    private List<Sample> samples() {
        List<Sample> all = new ArrayList<>(metrics.samples().value());
        runningSamples.values().forEach(all::addAll);
        return all;
    }

    private Optional<List<Sample>> samples(Iterable<AccumulableInfo> updates) {
        for (AccumulableInfo info : updates) {
            if (info.id() == metrics.samples().id()
                    && info.update().isDefined()
                    && info.update().get() instanceof List<?> list) {
                return Optional.of(list.stream().map(Sample.class::cast).toList());
            }
        }
        return Optional.empty();
    }

    private long total(LongAccumulator accumulator) {
        long sum = accumulator.value();
        for (Map<Long, Long> counts : running.values()) {
            sum += counts.getOrDefault(accumulator.id(), 0L);
        }
        return sum;
    }
}
