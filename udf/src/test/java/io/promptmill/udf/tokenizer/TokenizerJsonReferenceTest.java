package io.promptmill.udf.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Small vocabularies, made from this project's own documents, in every form that tokenizer.json has, with what Hugging
 * Face's library makes of texts (version 0.21, by way of ai.djl.huggingface:tokenizers 0.36.0). A case is a text, its
 * ids without and with special tokens, and what the ids without them decode to.
 */
class TokenizerJsonReferenceTest {
    private static final Path FOLDER = Path.of("src/test/resources/tokenizer-json");
    private static final char UNUSED_SHIELD = '\uFDD0';
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @TempDir
    private Path temporary;

    @TestFactory
    Stream<DynamicTest> everyFormGivesTheLibrarysIds() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            Path[] sorted = files.sorted().toArray(Path[]::new);
            assertTrue(sorted.length >= 20, sorted.length + " files");
            return Stream.of(sorted)
                    .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> compare(file)));
        }
    }

    private void compare(Path file) throws IOException {
        JsonNode reference = MAPPER.readTree(file.toFile());
        Path json = Files.createTempDirectory(temporary, "model").resolve("tokenizer.json");
        MAPPER.writeValue(json.toFile(), reference.get("tokenizer"));
        Tokenizer tokenizer = TokenizerJson.read(json).tokenizer();
        assertTrue(reference.get("cases").size() > 50, "cases");
        for (JsonNode entry : reference.get("cases")) {
            String text = entry.get(0).textValue();
            int[] plain = ids(entry.get(1));
            assertArrayEquals(plain, tokenizer.encodeTemplate(text, false, UNUSED_SHIELD), text);
            // A text that writes the begin-of-text token itself gets a second one from the library, none from us.
            boolean begun =
                    plain.length > 0 && plain[0] == ids(entry.get(2))[0] && !Arrays.equals(plain, ids(entry.get(2)));
            if (!begun) {
                assertArrayEquals(ids(entry.get(2)), tokenizer.encodeTemplate(text, true, UNUSED_SHIELD), text);
            }
            assertEquals(entry.get(3).textValue(), TestVocabulary.decode(tokenizer, plain), text);
        }
    }

    private static int[] ids(JsonNode array) {
        int[] ids = new int[array.size()];
        for (int index = 0; index < ids.length; index++) {
            ids[index] = array.get(index).intValue();
        }
        return ids;
    }
}
