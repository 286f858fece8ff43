package io.promptmill.udf.spark;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.prompt.ChatMessage;
import io.promptmill.udf.prompt.MessagesParser;
import io.promptmill.udf.prompt.PromptEncoder;
import io.promptmill.udf.prompt.PromptSpec;
import io.promptmill.udf.prompt.PromptTemplate;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructType;

/** Takes the prompt out of a row and turns it into token ids. Belongs to one task: not thread-safe. */
final class PromptReader {
    private static final String SYSTEM_ROLE = "system";

    private final PromptSpec spec;
    private final LocalDateTime now;
    private final StructType schema;
    private final int column;
    private final PromptTemplate template;
    private final Map<String, Integer> variables = new LinkedHashMap<>();

    /**
     * @param now the date that templates see
     * @throws ConfigException where a column is missing or of a type that holds no prompt
     */
    PromptReader(PromptSpec spec, StructType schema, LocalDateTime now) {
        this.spec = spec;
        this.schema = schema;
        this.now = now;
        switch (spec.source()) {
            case COLUMN -> {
                template = null;
                column = Columns.require(schema, spec.value(), "prompt column");
                requireType(type(column) instanceof StringType, "string");
            }
            case MESSAGES -> {
                template = null;
                column = Columns.require(schema, spec.value(), "messages column");
                requireType(
                        type(column) instanceof StringType || isMessages(type(column)),
                        "array<struct<role:string,content:string>> or string with JSON of the same");
                if (Boolean.FALSE.equals(spec.chat())) {
                    throw new ConfigException(
                            "messages column '" + spec.value() + "' needs the model's chat template, but"
                                    + " chat is false; leave chat unset or use a prompt column");
                }
            }
            default -> {
                column = -1;
                template = new PromptTemplate(spec.value());
                template.variables()
                        .forEach(name -> variables.put(name, Columns.require(schema, name, "template variable")));
            }
        }
    }

    /** @throws ConfigException where the job needs a chat template that the model does not have */
    void requireUsable(PromptEncoder encoder) {
        boolean needed = spec.source() == PromptSpec.Source.MESSAGES || Boolean.TRUE.equals(spec.chat());
        if (needed && !encoder.hasChatTemplate()) {
            throw new ConfigException("the model has no chat template, which "
                    + (Boolean.TRUE.equals(spec.chat()) ? "chat = true" : "messages column '" + spec.value() + "'")
                    + " needs; use a model with one, or a prompt column as plain text");
        }
    }

    /**
     * The token ids of the row's prompt, at least one.
     *
     * @throws RequestException where the row has no usable prompt
     */
    int[] read(Row row, PromptEncoder encoder) {
        int[] tokens = switch (spec.source()) {
            case COLUMN -> encode(text(row), encoder);
            case MESSAGES -> encoder.encodeChat(withSystem(messages(row)), now);
            case TEMPLATE -> encode(rendered(row), encoder);
        };
        if (tokens.length == 0) {
            throw new RequestException("prompt has no tokens");
        }
        return tokens;
    }

    private int[] encode(String prompt, PromptEncoder encoder) {
        boolean chat = spec.chat() == null ? encoder.hasChatTemplate() : spec.chat();
        if (chat) {
            return encoder.encodeChat(withSystem(List.of(new ChatMessage("user", prompt))), now);
        }
        return encoder.encodeText(hasSystem() ? spec.system() + "\n\n" + prompt : prompt);
    }

    private boolean hasSystem() {
        return spec.system() != null && !spec.system().isEmpty();
    }

    private List<ChatMessage> withSystem(List<ChatMessage> messages) {
        if (!hasSystem() || messages.stream().anyMatch(message -> SYSTEM_ROLE.equals(message.role()))) {
            return messages;
        }
        List<ChatMessage> all = new ArrayList<>(messages.size() + 1);
        all.add(new ChatMessage(SYSTEM_ROLE, spec.system()));
        all.addAll(messages);
        return all;
    }

    private String text(Row row) {
        String prompt = row.getString(column);
        if (prompt == null || prompt.isEmpty()) {
            throw new RequestException(
                    "prompt column '" + spec.value() + "' is " + (prompt == null ? "null" : "empty") + " in this row");
        }
        return prompt;
    }

    private String rendered(Row row) {
        Map<String, Object> values = new HashMap<>();
        variables.forEach((name, index) -> values.put(name, RowValues.toJava(row.get(index), type(index))));
        String prompt = template.render(values, now);
        if (prompt.isEmpty()) {
            throw new RequestException("prompt template renders to an empty text for this row");
        }
        return prompt;
    }

    private List<ChatMessage> messages(Row row) {
        if (row.isNullAt(column)) {
            throw new RequestException("messages column '" + spec.value() + "' is null in this row");
        }
        List<ChatMessage> messages =
                type(column) instanceof StringType ? MessagesParser.parse(row.getString(column)) : turns(row);
        if (messages.isEmpty()) {
            throw new RequestException("messages column '" + spec.value() + "' is empty in this row");
        }
        return messages;
    }

    private List<ChatMessage> turns(Row row) {
        StructType turn = (StructType) ((ArrayType) type(column)).elementType();
        int role = turn.fieldIndex("role");
        int content = turn.fieldIndex("content");
        List<ChatMessage> messages = new ArrayList<>();
        for (Object element : RowValues.elements(row.get(column))) {
            if (!(element instanceof Row message) || message.isNullAt(role) || message.isNullAt(content)) {
                throw new RequestException("messages column '" + spec.value() + "' has a null message, role or content"
                        + " at position " + messages.size());
            }
            messages.add(new ChatMessage(message.getString(role), message.getString(content)));
        }
        return messages;
    }

    private DataType type(int index) {
        return schema.apply(index).dataType();
    }

    private void requireType(boolean usable, String expected) {
        if (!usable) {
            throw new ConfigException("column '" + spec.value() + "' is of type "
                    + type(column).simpleString() + "; expected " + expected);
        }
    }

    private static boolean isMessages(DataType type) {
        if (!(type instanceof ArrayType array) || !(array.elementType() instanceof StructType turn)) {
            return false;
        }
        List<String> names = List.of(turn.fieldNames());
        return names.contains("role")
                && names.contains("content")
                && turn.apply("role").dataType() instanceof StringType
                && turn.apply("content").dataType() instanceof StringType;
    }
}
