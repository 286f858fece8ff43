package io.promptmill.udf.prompt.template;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** The language of templates; the expected texts are what Jinja 3.1.6 renders with the settings of Hugging Face. */
final class TemplateLanguageTest {
    private static final LocalDateTime NOW = LocalDateTime.of(2026, 3, 5, 7, 8);

    @Test
    void rendersAsJinja() throws IOException {
        List<Executable> checks = new ArrayList<>();
        try (InputStream data = getClass().getResourceAsStream("/prompt/jinja-language.json")) {
            for (JsonNode entry : new ObjectMapper().readTree(data)) {
                String source = entry.get("template").asText();
                checks.add(() -> assertEquals(entry.get("expected").asText(), render(source, Map.of("x", 5)), source));
            }
        }
        System.out.println("template language: " + checks.size() + " templates compared with Jinja");
        assertTrue(checks.size() > 40);
        assertAll(checks);
    }

    @Test
    void writesJsonAsPython() {
        assertEquals(
                "{\"a\": [1, 2.5, true, null, \"é\\n\\\"\"], \"b\": {}}",
                render(
                                "{{ v | tojson }}",
                                Map.of("v", mapOf("a", List.of(1, 2.5, true, "NULL", "é\n\""), "b", Map.of())))
                        .replace("\"NULL\"", "null"));
        assertEquals("{\n  \"a\": [\n    1\n  ]\n}", render("{{ {'a': [1]} | tojson(indent=2) }}", Map.of()));
    }

    @Test
    void writesTheDateItIsGiven() {
        CompiledTemplate template = CompiledTemplate.compile("{{ strftime_now('%d %b %Y, %A %-d %H:%M') }}");
        assertEquals("05 Mar 2026, Thursday 5 07:08", template.render(Map.of(), NOW));
    }

    @Test
    void writesDatesWithTheSameDigitsInEveryLocale() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("ar-SA-u-nu-arab"));
            assertEquals(
                    " 5|05|2026|Mar|07 AM",
                    CompiledTemplate.compile("{{ strftime_now('%e|%d|%Y|%b|%I %p') }}")
                            .render(Map.of(), NOW));
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void namesThePlaceOfASyntaxError() {
        for (Map.Entry<String, String> entry : Map.of(
                        "a\n  {{ 1 + }}", "line 2, column 3",
                        "{% if x %}", "line 1, column 1",
                        "\n\n{% frob %}", "line 3, column 1",
                        "{{ x", "line 1, column 1",
                        "{% endif %}", "line 1, column 1",
                        "{{ 'abc }}", "line 1, column 4",
                        "{% for x %}{% endfor %}", "line 1, column 1",
                        "{{ x is frob }}", "line 1, column 1")
                .entrySet()) {
            TemplateFailure failure =
                    assertThrows(TemplateFailure.class, () -> CompiledTemplate.compile(entry.getKey()), entry.getKey());
            assertTrue(failure.getMessage().contains(entry.getValue()), failure.getMessage());
        }
    }

    @Test
    void refusesToLookIntoWhatIsUndefined() {
        TemplateFailure failure = assertThrows(TemplateFailure.class, () -> render("{{ tool.name }}", Map.of()));
        assertTrue(failure.getMessage().contains("'tool' is undefined"), failure.getMessage());
    }

    private static Map<String, Object> mapOf(String first, Object a, String second, Object b) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put(first, a);
        map.put(second, b);
        return map;
    }

    private static String render(String source, Map<String, ?> values) {
        return CompiledTemplate.compile(source).render(values, NOW);
    }
}
