package io.promptmill.job;

import io.promptmill.udf.error.PromptmillException;
import java.io.PrintWriter;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Entry point: {@code promptmill run|show|inspect|tokenize|bench}. */
@Command(
        name = "promptmill",
        description = "Runs language models over datasets inside Apache Spark.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            RunCommand.class,
            ShowCommand.class,
            InspectCommand.class,
            TokenizeCommand.class,
            BenchCommand.class
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:done",
            "1:the job has failed",
            "2:a bad command line, configuration or input; nothing has been started"
        })
public final class Main {
    static final int FAILED = 1;
    static final int MISUSED = 2;

    private Main() {}

    /** Runs the command and ends the process with its exit status. */
    public static void main(String[] arguments) {
        int status = commandLine().execute(arguments);
        // In yarn and Kubernetes cluster mode the driver ends when main returns; exit(0) there could cut its last
        // report.
        if (status != 0) {
            System.exit(status);
        }
    }

    /** The command line, not yet run; {@link CommandLine#execute} returns the exit status. */
    static CommandLine commandLine() {
        return new CommandLine(new Main())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((failure, command, parsed) -> report(failure, command.getErr()));
    }

    private static int report(Exception failure, PrintWriter error) {
        if (failure instanceof JobFailedException || failure instanceof PromptmillException) {
            error.println("error: " + failure.getMessage());
            if (failure instanceof JobFailedException && failure.getCause() != null) {
                LoggerFactory.getLogger(Main.class).debug("the job failed", failure);
            }
        } else {
            LoggerFactory.getLogger(Main.class).error("unexpected failure", failure);
            error.println("error: " + failure);
        }
        error.flush();
        return failure instanceof PromptmillException ? MISUSED : FAILED;
    }
}
