package io.promptmill.udf.prompt;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.prompt.template.CompiledTemplate;
import io.promptmill.udf.prompt.template.TemplateFailure;
import java.time.LocalDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * A user's template over the columns of a row, such as {@code "Sentiment of: {{ review }}"}; Jinja, with the limits of
 * {@link ChatTemplate}. What a row's values contain is never read as a template. Immutable and thread-safe.
 */
public final class PromptTemplate {
    private final String source;
    private final CompiledTemplate template;

    /**
     * @throws ConfigException for a syntax error or an unknown filter, with line and column
     */
    public PromptTemplate(String source) {
        this.source = source;
        try {
            this.template = CompiledTemplate.compile(source);
        } catch (TemplateFailure e) {
            throw new ConfigException("prompt template " + shown() + ": " + e.getMessage(), e);
        }
        if (!template.complaints().isEmpty()) {
            throw new ConfigException(
                    "prompt template " + shown() + ": " + template.complaints().get(0));
        }
    }

    /** Names that the template reads; the columns that a row needs. */
    public Set<String> variables() {
        return template.variables();
    }

    /**
     * The prompt of one row.
     *
     * @param values by column: text, numbers, booleans; null becomes empty text
     * @param now what {@code strftime_now} writes
     * @throws RequestException where the template stops, names the reason
     */
    public String render(Map<String, ?> values, LocalDateTime now) {
        Map<String, Object> variables = new HashMap<>();
        for (String name : template.variables()) {
            Object value = values.get(name);
            if (value != null) {
                variables.put(name, value);
            }
        }
        try {
            return template.render(variables, now);
        } catch (TemplateFailure e) {
            throw new RequestException("prompt template " + shown() + ": " + e.getMessage(), e);
        }
    }

    private String shown() {
        String line = source.replace("\n", "\\n");
        return "'" + (line.length() > 60 ? line.substring(0, 60) + "..." : line) + "'";
    }
}
