package io.promptmill.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FieldMatchTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "5 | 5.0 | true",
                "5 | 5e0 | true",
                "9007199254740993 | 9007199254740992 | false",
                "123456789012345678901234567890 | 123456789012345678901234567890.0 | true",
                "0.1 | 0.10 | true",
                "1e400 | 1e401 | false",
                "5 | \"5\" | false",
                "true | true | true",
                "true | 1 | false",
                "null | null | true",
                "null | \"\" | false",
                "\"a\" | \"a\" | true",
                "\"a\" | \"A\" | false",
                "\"2024-05-01T12:00:00Z\" | \"2024-05-01T14:00:00.000+02:00\" | true",
                "\"2024-05-01T12:00:00Z\" | \"2024-05-01T12:00:01Z\" | false",
                "\"2024-05-01T12:00:99Z\" | \"2024-05-01T12:00:01Z\" | false",
                "[1, 2.0] | [1.0, 2] | true",
                "[1, 2] | [2, 1] | false",
                "[1] | [1, null] | false",
                "{\"a\": 1, \"b\": null} | {\"a\": 1.0} | true",
                "{\"a\": 1} | {\"b\": null, \"a\": 1} | true",
                "{\"a\": 1} | {\"a\": 1, \"b\": 2} | false",
                "{\"a\": 1} | \"{\\\"a\\\": 1.0}\" | true",
                "{\"a\": 1} | \"{\" | false",
                "[] | {} | false"
            })
    void comparesValues(String right, String extracted, boolean equal) {
        FieldMatch match = new FieldMatch(List.of("f"));
        assertEquals(List.of(equal), match.call("{\"f\": " + right + "}", "{\"f\": " + extracted + "}"));
    }

    @Test
    void anAbsentFieldIsNull() {
        FieldMatch match = new FieldMatch(List.of("f", "g"));
        assertEquals(List.of(true, true), match.call("{\"f\": null}", "{}"));
        assertEquals(List.of(true, false), match.call("{}", "{\"g\": 0}"));
    }

    @Test
    void whatIsNoObjectCannotBeCompared() {
        FieldMatch match = new FieldMatch(List.of("f"));
        for (String text : new String[] {null, "", "x", "[]", "1", "{\"f\": 1} 2", "{\"f\": 1e99999999999}"}) {
            assertNull(match.call(text, "{}"), text);
        }
        assertNull(match.call("[".repeat(100_000), "{}"));
        assertEquals(List.of(false), match.call("{}", null));
    }
}
