package io.promptmill.job;

import io.promptmill.udf.engine.EngineConfig;
import io.promptmill.udf.engine.EngineMemory;
import io.promptmill.udf.engine.ModelSummary;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.prompt.ChatTemplate;
import io.promptmill.udf.prompt.PromptSpec;
import io.promptmill.udf.spark.ModelResolver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkFiles;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at a job's model before anything starts, as far as the driver can. */
final class ModelCheck {
    private static final Logger LOG = LoggerFactory.getLogger(ModelCheck.class);

    private ModelCheck() {}

    /**
     * The reference that executors are given: absolute for a file that lies here, with a commit for one on the Hugging Face
     * hub, so that all load the same; unchanged for one that is shipped with the job, which has another place on every node,
     * and for all else.
     *
     * @throws ModelFileException where the model is here and cannot be used, or is missing
     * @throws ConfigException where it cannot serve the prompts that the job makes
     */
    static String resolve(String reference, PromptSpec prompt, SparkContext spark) {
        Configuration hadoop = spark.hadoopConfiguration();
        if (ModelResolver.isOnHub(reference)) {
            return checkOnHub(reference, prompt, spark);
        }
        Optional<Path> path = ModelResolver.pathOf(reference);
        if (path.isEmpty()) {
            return checkRemote(reference, hadoop);
        }
        boolean shipped = isShipped(reference, spark);
        // Where this JVM is the only executor, a model that is not here is nowhere.
        if (shipped ? isHere(reference, path.get()) : Files.exists(path.get()) || spark.isLocal()) {
            ModelSummary summary =
                    ModelSummary.of(new ModelResolver(hadoop).resolve(reference).path());
            checkChat(reference, summary.chatTemplate(), prompt);
        } else {
            LOG.warn(
                    "the model '{}' is not on this machine and could not be checked; executors look for it", reference);
        }
        return !shipped && Files.exists(path.get())
                ? path.get().toAbsolutePath().toString()
                : reference;
    }

    /**
     * Compares what an engine takes with what executors have, where the model is here.
     *
     * @param resolved by {@link #resolve}
     * @throws ConfigException where executors could not run it
     */
    static void checkMemory(String resolved, EngineConfig engine, SparkContext spark) {
        ExecutorMemory executor = ExecutorMemory.of(spark);
        openable(resolved, spark).map(path -> EngineMemory.of(path, engine)).ifPresent(memory -> {
            executor.problem(memory).ifPresent(problem -> {
                throw new ConfigException("model '" + resolved + "': " + problem);
            });
            executor.doubt(memory).ifPresent(LOG::warn);
        });
    }

    /** A file or folder of this machine that holds the model; of the hub, where it is fetched to. */
    private static Optional<Path> openable(String reference, SparkContext spark) {
        boolean onHub = ModelResolver.isOnHub(reference);
        Optional<Path> path = ModelResolver.pathOf(reference);
        boolean here = onHub
                ? spark.isLocal()
                : path.isPresent()
                        && (isShipped(reference, spark) ? isHere(reference, path.get()) : Files.exists(path.get()));
        return here
                ? Optional.of(new ModelResolver(spark.hadoopConfiguration())
                        .resolve(reference)
                        .path())
                : Optional.empty();
    }

    /**
     * @param template source of the model's chat template, or null
     */
    static void checkChat(String reference, String template, PromptSpec prompt) {
        boolean messages = prompt.source() == PromptSpec.Source.MESSAGES;
        boolean needed = messages || Boolean.TRUE.equals(prompt.chat());
        if (template == null) {
            if (needed) {
                throw new ConfigException("the model '" + reference + "' has no chat template, which "
                        + (messages ? "'prompt.messages'" : "'prompt.chat'")
                        + " needs; use a model with one, or a column or template as plain text");
            }
            return;
        }
        boolean used = needed || prompt.chat() == null;
        boolean plainIsNoWay = messages || prompt.source() == PromptSpec.Source.REQUEST;
        new ChatTemplate(reference, template, null, null)
                .syntaxError()
                .filter(error -> used)
                .ifPresent(error -> {
                    throw new ConfigException("the chat template of model '" + reference + "' cannot be used: " + error
                            + (plainIsNoWay ? "; use another model" : "; set prompt.chat to false to send plain text"));
                });
    }

    /** Whether a file is shipped with the job under that name. */
    static boolean isShipped(String reference, SparkContext spark) {
        if (reference.startsWith("file:") || Path.of(reference).isAbsolute()) {
            return false;
        }
        for (String setting : new String[] {"spark.files", "spark.yarn.dist.files"}) {
            for (String file : spark.getConf().get(setting, "").split(",")) {
                // A name after '#' is what the file is called on the nodes.
                String name = file.strip();
                if (name.substring(1 + Math.max(name.lastIndexOf('/'), name.lastIndexOf('#')))
                        .equals(reference)) {
                    return true;
                }
            }
        }
        return Files.exists(Path.of(SparkFiles.get(reference)));
    }

    private static boolean isHere(String reference, Path path) {
        return Files.exists(path) || Files.exists(Path.of(SparkFiles.get(reference)));
    }

    /** Where executors run elsewhere, this machine need not have room for the model: only that it is there is checked. */
    private static String checkOnHub(String reference, PromptSpec prompt, SparkContext spark) {
        ModelResolver resolver = new ModelResolver(spark.hadoopConfiguration());
        String pinned = resolver.pin(reference);
        LOG.info("model '{}' is {}", reference, pinned);
        if (spark.isLocal()) {
            ModelSummary summary = ModelSummary.of(resolver.resolve(pinned).path());
            checkChat(reference, summary.chatTemplate(), prompt);
        }
        return pinned;
    }

    private static String checkRemote(String reference, Configuration hadoop) {
        try {
            org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path(reference);
            if (!path.getFileSystem(hadoop).exists(path)) {
                throw new ModelFileException("no model at '" + reference + "'");
            }
            return reference;
        } catch (IOException | IllegalArgumentException e) {
            throw new ConfigException("'model' " + reference + " cannot be reached: " + Failures.firstLine(e), e);
        }
    }
}
