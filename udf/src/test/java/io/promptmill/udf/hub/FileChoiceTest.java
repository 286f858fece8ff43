package io.promptmill.udf.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ModelFileException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FileChoiceTest {
    private static final String[] QUANTISED = {
        "README.md",
        "m.Q4_K.gguf",
        "m.Q4_K_M.gguf",
        "m.Q4_K_S.gguf",
        "m-f16.gguf",
        "m-BF16.gguf",
        "m_Q8_0.GGUF",
        "mmproj-Q5_K_M.gguf",
        "mmproj-Q4_K_M.gguf",
        "big/m-Q6_K-00001-of-00002.gguf",
        "big/m-Q6_K-00002-of-00002.gguf",
        "IQ2_M/m-00001-of-00002.gguf",
        "IQ2_M/m-00002-of-00002.gguf"
    };

    private static final String[] FOLDER = {
        ".gitattributes",
        "README.md",
        "chat_template.jinja",
        "config.json",
        "consolidated.safetensors",
        "generation_config.json",
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
        "model.safetensors.index.json",
        "original/model.safetensors",
        "pytorch_model.bin",
        "tokenizer.json",
        "tokenizer_config.json"
    };

    private static Snapshot choose(String reference, String... paths) {
        List<RemoteFile> files = Stream.of(paths)
                .map(path -> new RemoteFile(path, path.length(), null, null))
                .toList();
        return new FileChoice(HubReference.parse(reference), files).at(HubServer.COMMIT);
    }

    private static List<String> paths(Snapshot snapshot) {
        return snapshot.files().stream().map(RemoteFile::path).toList();
    }

    private static String refusal(String reference, String... paths) {
        return assertThrows(ModelFileException.class, () -> choose(reference, paths))
                .getMessage();
    }

    @Test
    void aQuantisationIsAWholeWordInAnyCase() {
        assertEquals(List.of("m.Q4_K.gguf"), paths(choose("o/m:Q4_K", QUANTISED)));
        assertEquals(List.of("m.Q4_K_M.gguf"), paths(choose("o/m:q4_k_m", QUANTISED)));
        assertEquals(List.of("m-f16.gguf"), paths(choose("o/m:F16", QUANTISED)));
        assertEquals(List.of("m_Q8_0.GGUF"), paths(choose("hf://o/m:Q8_0", QUANTISED)));
        assertEquals(
                "hf://o/m@" + HubServer.COMMIT + "/m.Q4_K.gguf",
                choose("o/m:Q4_K", QUANTISED).reference().toString());
    }

    @Test
    void aSplitModelIsAllItsParts() {
        Snapshot parts = choose("o/m:Q6_K", QUANTISED);
        assertEquals(List.of("big/m-Q6_K-00001-of-00002.gguf", "big/m-Q6_K-00002-of-00002.gguf"), paths(parts));
        assertEquals("m-Q6_K-00001-of-00002.gguf", parts.name());
        assertEquals(2, choose("o/m:iq2_m", QUANTISED).files().size(), "by the folder's name");
        assertEquals(
                2,
                choose("hf://o/m/big/m-Q6_K-00001-of-00002.gguf", QUANTISED)
                        .files()
                        .size());
        String lacking = refusal("hf://o/m/s-00001-of-00002.gguf", "s-00001-of-00002.gguf");
        assertTrue(lacking.contains("its part s-00002-of-00002.gguf is not"), lacking);
    }

    @Test
    void noneAndSeveralAreListed() {
        String none = refusal("o/m:Q5_K_M", QUANTISED);
        assertTrue(none.contains("no GGUF file with 'Q5_K_M'") && none.contains("m.Q4_K_S.gguf"), none);
        assertTrue(!none.contains("mmproj") && !none.contains("00002-of"), none);
        String several = refusal("o/m:Q8_0", "a-Q8_0.gguf", "b-Q8_0.gguf", "c.gguf");
        assertTrue(several.contains("2 GGUF files") && several.endsWith("a-Q8_0.gguf, b-Q8_0.gguf"), several);
        String nothing = refusal("o/m:Q8_0", "README.md");
        assertTrue(nothing.endsWith("it holds README.md"), nothing);
        assertTrue(refusal("o/m:Q8_0").endsWith("it holds nothing"));
    }

    @Test
    void aMistypedFileIsHinted() {
        String message = refusal("hf://o/m/m.Q4_KM.gguf", QUANTISED);
        assertTrue(message.contains("has no file 'm.Q4_KM.gguf'; did you mean 'm.Q4_K"), message);
        assertTrue(refusal("hf://o/m/README.md", QUANTISED).contains("is no model by itself"));
    }

    @Test
    void aFolderIsWeightsAndWhatTheyNeed() {
        Snapshot folder = choose("hf://o/m", FOLDER);
        assertTrue(folder.folder());
        assertEquals("m", folder.name());
        assertEquals(
                List.of(
                        "chat_template.jinja",
                        "config.json",
                        "generation_config.json",
                        "model.safetensors.index.json",
                        "tokenizer.json",
                        "tokenizer_config.json",
                        "model-00001-of-00002.safetensors",
                        "model-00002-of-00002.safetensors"),
                paths(folder));
        assertEquals(
                List.of("sub/config.json", "sub/weights.safetensors"),
                paths(choose("hf://o/m/sub", "config.json", "sub/config.json", "sub/weights.safetensors")));
    }

    @Test
    void aRepositoryWithoutSafetensorsIsItsOneFile() {
        assertEquals(List.of("m.gguf"), paths(choose("hf://o/m", "m.gguf", "mmproj-m.gguf")));
        assertTrue(refusal("hf://o/m", QUANTISED).contains("which of its GGUF files"));
        assertTrue(refusal("hf://o/m", "config.json", "pytorch_model.bin").contains("pytorch_model.bin"));
        assertTrue(refusal("hf://o/m", "model.safetensors").contains("config.json"));
    }

    @Test
    void aSnapshotIsReadAsItWasWritten() {
        RemoteFile large = new RemoteFile("a b/m.gguf", 5_000_000_000L, "ab".repeat(32), null);
        Snapshot one =
                new Snapshot(HubReference.parse("hf://o/m@" + HubServer.COMMIT + "/a b/m.gguf"), false, List.of(large));
        assertEquals(one, Snapshot.parse(one.lines()).orElseThrow());
        Snapshot other =
                new Snapshot(HubReference.parse("hf://p/n@" + "f".repeat(40) + "/a b/m.gguf"), false, List.of(large));
        assertEquals(one.identity(), other.identity(), "the same content of another commit");
        for (List<String> damaged : List.of(
                List.<String>of(),
                List.of("hf://o/m@" + HubServer.COMMIT, "folder"),
                List.of("hf://o/m", "folder", "1 - - a"),
                List.of("hf://o/m@" + HubServer.COMMIT, "folder", "1 - - ../a"),
                List.of("hf://o/m@" + HubServer.COMMIT, "folder", "-1 - - a"))) {
            assertTrue(Snapshot.parse(damaged).isEmpty(), damaged.toString());
        }
    }
}
