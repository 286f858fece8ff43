package io.promptmill.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class MainTest {

    @TempDir
    private Path folder;

    @Test
    void helpAndVersionSucceed() {
        assertEquals(0, execute("--help").status());
        assertEquals(0, execute("run", "--help").status());
        Outcome version = execute("--version");
        assertEquals(0, version.status());
        assertTrue(version.out().matches("promptmill \\d+\\.\\d+\\.\\d+.*\\s*"), version.out());
    }

    @Test
    void misuseExitsWithTwo() {
        assertEquals(2, execute("frobnicate").status());
        assertEquals(2, execute("run").status());
        assertEquals(2, execute().status());
        assertEquals(2, execute("bench", "--model", "m.gguf", "--prompts", "0").status());
        assertRefused(
                "--shared-prefix is 65; expected at most --prompt-tokens, which is 64",
                "bench",
                "--model",
                "m.gguf",
                "--prompt-tokens",
                "64",
                "--shared-prefix",
                "65");
        assertRefused(
                "--adapter-targets has 'qq'; did you mean 'q'? expected all, or some of q,k,v,o,qkv,gate,up,down",
                "bench",
                "--model",
                "m.gguf",
                "--adapter-targets",
                "qq,v");
        Outcome missing = execute("run", folder.resolve("no.yaml").toString());
        assertEquals(2, missing.status());
        assertTrue(missing.err().startsWith("error: ") && missing.err().contains("no.yaml"), missing.err());
    }

    @Test
    void badConfigurationsAndInputsExitWithTwoAndOneLine() throws IOException {
        Path conf = folder.resolve("job.yaml");
        Path input = folder.resolve("in.jsonl");
        Files.writeString(input, "{\"text\": \"a\"}\n");
        Files.writeString(
                conf,
                "model: " + folder.resolve("none.gguf") + "\ninput: {path: \"" + input
                        + "\"}\nprompt: {column: text}\noutput: {path: \"" + folder.resolve("out") + "\"}\n");
        assertRefused("none.gguf", "run", conf.toString());
        assertRefused("'input.path'", "run", conf.toString(), "--set", "input.pth=x");
        assertRefused("key.path=value", "run", conf.toString(), "--set", "nonsense");
        assertRefused("none.gguf", "inspect", folder.resolve("none.gguf").toString());
        assertRefused("matches no file", "show", folder.resolve("none.jsonl").toString());
        assertRefused("it has text", "show", input.toString(), "--columns", "nix");
    }

    private static void assertRefused(String part, String... arguments) {
        Outcome outcome = execute(arguments);
        assertEquals(2, outcome.status(), outcome.err());
        assertTrue(outcome.err().startsWith("error: ") && outcome.err().contains(part), outcome.err());
        assertEquals(1, outcome.err().strip().lines().count(), outcome.err());
    }

    private static Outcome execute(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine command = Main.commandLine();
        command.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        return new Outcome(command.execute(arguments), out.toString(), err.toString());
    }

    private record Outcome(int status, String out, String err) {}
}
