package io.promptmill.udf.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ModelFileException;
import java.util.List;
import org.junit.jupiter.api.Test;

class HubReferenceTest {
    private static final String COMMIT = HubServer.COMMIT;

    @Test
    void everyFormIsRead() {
        assertEquals(new HubReference("o/m-GGUF", null, "", null), HubReference.parse("hf://o/m-GGUF"));
        assertEquals(new HubReference("o/m", null, "", null), HubReference.parse("HF://o/m/"));
        assertEquals(new HubReference("o/m", null, "a/b c.gguf", null), HubReference.parse("hf://o/m/a/b c.gguf"));
        assertEquals(new HubReference("o/m", "v1.0", "f.gguf", null), HubReference.parse("hf://o/m@v1.0/f.gguf"));
        assertEquals(new HubReference("o/m", "a/b", "f.gguf", null), HubReference.parse("hf://o/m@a%2Fb/f.gguf"));
        assertEquals(new HubReference("o/m", "refs/pr/1", "", null), HubReference.parse("hf://o/m@refs/pr/1"));
        assertEquals(new HubReference("o/m", null, "", "Q4_K_M"), HubReference.parse("hf://o/m:Q4_K_M"));
        assertEquals(new HubReference("o/m", "x", "", "Q4_K_M"), HubReference.parse("hf://o/m@x:Q4_K_M"));
        assertEquals(
                new HubReference("TheBloke/Llama-2-7B-GGUF", null, "", "Q4_K_M"),
                HubReference.parse("TheBloke/Llama-2-7B-GGUF:Q4_K_M"));
    }

    @Test
    void whatIsWrittenIsReadAgain() {
        for (String text : List.of("hf://o/m", "hf://o/m@a%2Fb/c/d.gguf", "hf://o/m@x:Q8_0", "hf://o/m/f:g.gguf")) {
            assertEquals(text, HubReference.parse(text).toString());
        }
    }

    @Test
    void onlyACommitIsForGood() {
        assertTrue(HubReference.parse("hf://o/m@" + COMMIT + "/f.gguf").isPinned());
        assertFalse(HubReference.parse("hf://o/m@" + COMMIT + ":Q8_0").isPinned());
        assertFalse(HubReference.parse("hf://o/m@main/f.gguf").isPinned());
        assertFalse(HubReference.parse("hf://o/m/f.gguf").isPinned());
    }

    @Test
    void pathsAreNotTakenForReferences() {
        for (String path :
                List.of("models/m.gguf", "/m.gguf", "a/b/c:Q8_0", "hdfs://h/m.gguf", "C:\\m", "a:b", "x/y:")) {
            assertFalse(HubReference.hasScheme(path) || HubReference.isShort(path), path);
        }
    }

    @Test
    void whatIsNoReferenceIsRefused() {
        for (String text : List.of(
                "hf:o/m",
                "hf://o",
                "hf:///m",
                "hf://o/..",
                "hf://o/m@",
                "hf://o/m:",
                "hf://o/m/../n.gguf",
                "hf://o/m/a//b.gguf",
                "hf://o/m/a\\b.gguf",
                "hf://o/m/a\nb.gguf",
                "hf://datasets/o/m")) {
            ModelFileException refused = assertThrows(ModelFileException.class, () -> HubReference.parse(text), text);
            assertTrue(refused.getMessage().startsWith("model '" + text + "'"), refused.getMessage());
        }
    }
}
