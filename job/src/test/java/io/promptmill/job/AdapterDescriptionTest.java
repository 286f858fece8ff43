package io.promptmill.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.weights.LoraSummary;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedSet;
import org.junit.jupiter.api.Test;

class AdapterDescriptionTest {
    private static final Path ADAPTER = Path.of("../udf/src/test/resources/conformance/lora/qv-rank4.gguf");

    @Test
    void saysWhatAnAdapterIs() {
        LoraSummary summary = AdapterDescription.of(ADAPTER);
        Map<String, Object> values = AdapterDescription.values(summary);
        assertEquals("lora", values.get("type"));
        assertEquals("llama", values.get("architecture"));
        assertEquals(4, ((SortedSet<?>) values.get("ranks")).first());
        assertEquals((long) values.get("parameters") * Float.BYTES, values.get("bytes"));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        AdapterDescription.print(summary, new PrintStream(out, true, StandardCharsets.UTF_8));
        String text = out.toString(StandardCharsets.UTF_8);
        assertTrue(text.contains("rank         4\n"), text);
        assertTrue(text.contains("targets      attn_q, attn_v (4 matrices)\n"), text);
    }

    @Test
    void inspectTakesAdapters() {
        assertEquals(0, Main.commandLine().execute("inspect", ADAPTER.toString()));
        assertEquals(0, Main.commandLine().execute("inspect", "--json", ADAPTER.toString()));
    }
}
