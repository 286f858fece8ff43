package io.promptmill.udf.prompt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.RequestException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MessagesParserTest {

    @Test
    void readsMessages() {
        assertEquals(
                List.of(new ChatMessage("system", "Be \"brief\".\n"), new ChatMessage("user", "")),
                MessagesParser.parse(
                        "[{\"role\":\"system\",\"content\":\"Be \\\"brief\\\".\\n\",\"name\":\"x\"},{\"content\":\"\",\"role\":\"user\"}]"));
        assertEquals(
                List.of(new ChatMessage("user", "ab")),
                MessagesParser.parse("[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},\"b\"]}]"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '`',
            value = {
                "``~empty",
                "[]~empty array",
                "{}~an object",
                "\"text\"~text",
                "[1]~message 1 of 1 is a number",
                "[{}]~'role' is missing",
                "[{\"role\":\"user\"}]~'content' is missing",
                "[{\"role\":\"user\",\"content\":null}]~'content' is null",
                "[{\"role\":\"user\",\"content\":\"a\"},{\"role\":7,\"content\":\"\"}]~message 2 of 2: 'role' is a number",
                "[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]~'image_url'",
                "[{\"role\":\"user\",\"content\":\"\",\"tool_calls\":[1]}]~tool_calls",
                "[{\"role\":\"user\",\"role\":\"system\",\"content\":\"\"}]~Duplicate",
                "[{\"role\":\"user\",\"content\":\"a\"}] x~line 1, column",
                "[{\"role\":\"user\",~line 1, column"
            })
    void saysWhatIsWrong(String json, String expected) {
        RequestException refusal = assertThrows(RequestException.class, () -> MessagesParser.parse(json));
        assertTrue(refusal.getMessage().contains(expected), refusal.getMessage());
    }

    @Test
    void refusesNestingWithoutEnd() {
        assertThrows(RequestException.class, () -> MessagesParser.parse("[".repeat(1_000_000)));
        assertThrows(RequestException.class, () -> MessagesParser.parse(null));
    }
}
