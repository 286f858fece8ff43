package io.promptmill.udf.prompt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.RequestException;
import java.time.LocalDateTime;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PromptTemplateTest {
    private static final LocalDateTime NOW = LocalDateTime.of(2026, 3, 5, 7, 8);

    @Test
    void rendersColumns() {
        PromptTemplate template = new PromptTemplate("Sentiment of: {{ review }} ({{ stars }}, {{ sold }})");
        assertEquals(Set.of("review", "stars", "sold"), template.variables());
        assertEquals(
                "Sentiment of: Good & <b>cheap</b> (4.5, True)",
                template.render(Map.of("review", "Good & <b>cheap</b>", "stars", 4.5f, "sold", true, "other", 1), NOW));
    }

    @Test
    void nullIsEmptyText() {
        Map<String, Object> row = new HashMap<>(Collections.singletonMap("a", null));
        row.put("b", 2);
        assertEquals("[] [2] [none]", new PromptTemplate("[{{ a }}] [{{ b }}] [{{ a or 'none' }}]").render(row, NOW));
    }

    @Test
    void listsOnlyWhatComesFromTheRow() {
        PromptTemplate template =
                new PromptTemplate("{% set n = first %}{% macro m(p) %}{{ p }}{{ second }}{% endmacro %}"
                        + "{% for i in third if i %}{{ i }}{{ loop.index }}{{ n }}{% endfor %}{{ m(fourth.part) | upper }}"
                        + "{{ range(3) | list }}{{ 'fifth' }}{{ i }}");
        assertEquals(Set.of("first", "second", "third", "fourth", "i"), template.variables());
    }

    @Test
    void valuesAreNeverTemplates() {
        String value = "{{ 7*7 }}{% raw %}{{ secret }}";
        assertEquals("<" + value + ">", new PromptTemplate("<{{ a }}>").render(Map.of("a", value, "secret", "x"), NOW));
    }

    @Test
    void refusesMistakesBeforeTheJobStarts() {
        for (Map.Entry<String, String> entry : Map.of(
                        "{{ a | frobnicate }}", "unknown filter 'frobnicate'",
                        "line\n {{ a b }}", "line 2, column 2",
                        "{{ }}", "line 1, column 1",
                        "{% if a %}", "line 1, column 1")
                .entrySet()) {
            ConfigException refusal = assertThrows(ConfigException.class, () -> new PromptTemplate(entry.getKey()));
            assertTrue(refusal.getMessage().contains(entry.getValue()), refusal.getMessage());
        }
    }

    @Test
    void aRowThatDoesNotFitIsARequestsError() {
        PromptTemplate template = new PromptTemplate("{{ a + 1 }}");
        assertEquals("3", template.render(Map.of("a", 2), NOW));
        assertThrows(RequestException.class, () -> template.render(Map.of("a", "text"), NOW));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{ n | abs }}",
                "{{ -n }}",
                "{{ n // -1 }}",
                "{{ 'some words' | truncate(100, leeway=-100) }}",
                "{{ [n] | map(filter='trim') | list }}",
            })
    void whatExpressionsThrowIsARequestsError(String source) {
        PromptTemplate template = new PromptTemplate(source);
        RequestException refusal =
                assertThrows(RequestException.class, () -> template.render(Map.of("n", Long.MIN_VALUE), NOW));
        assertTrue(refusal.getMessage().contains(source), refusal.getMessage());
    }

    @Test
    void threadsShareATemplate() throws Exception {
        PromptTemplate template = new PromptTemplate(
                "{% set ns = namespace(n=0) %}{% for c in range(count) %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.n }}/{{ name | upper }}");
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            var results = IntStream.range(0, 2_000)
                    .mapToObj(i ->
                            threads.submit(() -> template.render(Map.of("count", i % 50, "name", "row" + i), NOW)))
                    .toList();
            int index = 0;
            for (Future<String> result : results) {
                assertEquals(index % 50 + "/ROW" + index, result.get());
                index++;
            }
        } finally {
            threads.shutdownNow();
        }
    }
}
