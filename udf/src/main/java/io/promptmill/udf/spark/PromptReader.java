package io.promptmill.udf.spark;

import io.promptmill.udf.constraint.ConstraintSpec;
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
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** Takes the prompt out of a row and turns it into token ids. Belongs to one task: not thread-safe. */
final class PromptReader {
    private static final String SYSTEM_ROLE = "system";

    private final PromptSpec spec;
    private final LocalDateTime now;
    private final StructType schema;
    private final Thinking thinking;
    private final int column;
    private final PromptTemplate template;
    private final Map<String, Integer> variables = new LinkedHashMap<>();
    private boolean hasCut;

    /**
     * @param now the date that templates see
     * @param given template variables that are no columns, see {@link TaskSpec#templateVariables}
     * @throws ConfigException where a column is missing or of a type that holds no prompt
     */
    PromptReader(PromptSpec spec, StructType schema, LocalDateTime now, Thinking thinking, Set<String> given) {
        this.spec = spec;
        this.schema = schema;
        this.now = now;
        this.thinking = thinking;
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
                        type(column) instanceof StringType || MessagesColumn.fits(type(column)),
                        "array<struct<role:string,content:string>> or string with JSON of the same");
                if (Boolean.FALSE.equals(spec.chat())) {
                    throw new ConfigException(
                            "messages column '" + spec.value() + "' needs the model's chat template, but"
                                    + " chat is false; leave chat unset or use a prompt column");
                }
            }
            case REQUEST -> {
                template = null;
                column = Columns.require(schema, spec.value(), "request column");
                requireType(RequestColumn.fits(type(column)), RequestColumn.TYPE.simpleString());
            }
            default -> {
                column = -1;
                template = new PromptTemplate(spec.value());
                for (String name : template.variables()) {
                    if (given.contains(name)) {
                        requireNoColumn(name);
                    } else {
                        variables.put(name, Columns.require(schema, name, "template variable"));
                    }
                }
            }
        }
    }

    private void requireNoColumn(String name) {
        for (String field : schema.fieldNames()) {
            if (field.equalsIgnoreCase(name)) {
                throw new ConfigException("template variable '" + name + "' is what this task gives to a template, and"
                        + " column '" + field + "' of the input, too; rename the column");
            }
        }
    }

    /** Whether the prompt is a template that reads this variable. */
    boolean reads(String variable) {
        return template != null && template.variables().contains(variable);
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

    /** Whether prompts that do not fit are cut. */
    boolean cuts() {
        return spec.overlong().cuts();
    }

    /** Whether the last prompt that was read has been cut. */
    boolean hasCut() {
        return hasCut;
    }

    /**
     * The token ids of the row's prompt, at least one.
     *
     * @param given values of the task's template variables
     * @param room tokens that a prompt may have before it is cut, where it is
     * @throws RequestException where the row has no usable prompt
     */
    int[] read(Row row, Map<String, ?> given, PromptEncoder encoder, int room) {
        hasCut = false;
        Texts texts = switch (spec.source()) {
            case COLUMN -> new Texts(List.of(columnText(row)), changed -> encode(changed.get(0), encoder));
            case MESSAGES -> texts(messages(row), encoder);
            case TEMPLATE -> texts(row, given, encoder);
            case REQUEST -> texts(RequestColumn.of(row, column), encoder);
        };
        int[] tokens = texts.encode().apply(texts.values());
        if (cuts() && tokens.length > room) {
            tokens = new PromptCutter(spec.overlong(), texts.encode(), room).cut(texts.values(), tokens);
            hasCut = true;
        }
        if (tokens.length == 0) {
            throw new RequestException("prompt has no tokens");
        }
        return tokens;
    }

    /** What a row brings to its prompt, and the prompt with such texts. */
    private record Texts(List<String> values, Function<List<String>, int[]> encode) {}

    private Texts texts(Row row, Map<String, ?> given, PromptEncoder encoder) {
        Map<String, Object> values = values(row, given);
        List<String> names = variables.keySet().stream()
                .filter(name -> values.get(name) instanceof String)
                .toList();
        return new Texts(names.stream().map(name -> (String) values.get(name)).toList(), changed -> {
            for (int i = 0; i < names.size(); i++) {
                values.put(names.get(i), changed.get(i));
            }
            return encode(rendered(values), encoder);
        });
    }

    private Texts texts(List<ChatMessage> messages, PromptEncoder encoder) {
        return new Texts(
                messages.stream()
                        .filter(message -> !SYSTEM_ROLE.equals(message.role()))
                        .map(ChatMessage::content)
                        .toList(),
                changed -> {
                    Iterator<String> contents = changed.iterator();
                    return encodeChat(
                            messages.stream()
                                    .map(message -> SYSTEM_ROLE.equals(message.role())
                                            ? message
                                            : new ChatMessage(message.role(), contents.next()))
                                    .toList(),
                            encoder);
                });
    }

    /**
     * The text that a row's prompt is made of, for a look at it; the last message of a conversation.
     *
     * @throws RequestException where the row has no usable prompt
     */
    String text(Row row) {
        return switch (spec.source()) {
            case COLUMN -> columnText(row);
            case MESSAGES -> {
                List<ChatMessage> messages = messages(row);
                yield messages.get(messages.size() - 1).content();
            }
            case TEMPLATE -> rendered(values(row, Map.of()));
            case REQUEST -> {
                RequestColumn request = RequestColumn.of(row, column);
                List<ChatMessage> messages =
                        request.messages() == null ? List.of() : MessagesParser.parse(request.messages());
                yield messages.isEmpty()
                        ? Objects.toString(request.prompt(), "")
                        : messages.get(messages.size() - 1).content();
            }
        };
    }

    private Map<String, Object> values(Row row, Map<String, ?> given) {
        Map<String, Object> values = new HashMap<>(given);
        variables.forEach((name, index) -> values.put(name, RowValues.toJava(row.get(index), type(index))));
        requireValue(row);
        return values;
    }

    /** What the row itself demands of its completion, or null where it does not say. */
    ConstraintSpec constraint(Row row) {
        return spec.source() == PromptSpec.Source.REQUEST
                ? RequestColumn.of(row, column).constraint()
                : null;
    }

    private Texts texts(RequestColumn request, PromptEncoder encoder) {
        if (request.messages() == null) {
            List<String> texts = request.prompt() == null ? List.of() : List.of(request.prompt());
            return new Texts(texts, changed -> changed.isEmpty() ? new int[0] : encoder.encodeText(changed.get(0)));
        }
        if (!encoder.hasChatTemplate()) {
            throw new RequestException("the row has messages, and the model no chat template to write them with;"
                    + " use a model with one, or give the row a plain prompt");
        }
        return texts(MessagesParser.parse(request.messages()), encoder);
    }

    /** The token ids of the template with each of a row's values replaced by a text. */
    int[] readContentFree(String text, Map<String, ?> given, PromptEncoder encoder) {
        return encode(renderContentFree(text, given), encoder);
    }

    /** The template with each of a row's values replaced by a text. */
    String renderContentFree(String text, Map<String, ?> given) {
        Map<String, Object> values = new HashMap<>(given);
        variables.forEach((name, index) -> values.put(name, contentFree(type(index), text)));
        return rendered(values);
    }

    /** Of the same form as values of the type, so that a template finds what it looks for. */
    private static Object contentFree(DataType type, String text) {
        if (type instanceof StructType struct) {
            Map<String, Object> fields = new LinkedHashMap<>();
            for (StructField field : struct.fields()) {
                fields.put(field.name(), contentFree(field.dataType(), text));
            }
            return fields;
        }
        return type instanceof ArrayType array ? List.of(contentFree(array.elementType(), text)) : text;
    }

    private int[] encode(String prompt, PromptEncoder encoder) {
        boolean chat = spec.chat() == null ? encoder.hasChatTemplate() : spec.chat();
        if (chat) {
            return encodeChat(List.of(new ChatMessage("user", prompt)), encoder);
        }
        return encoder.encodeText(hasSystem() ? spec.system() + "\n\n" + prompt : prompt);
    }

    private int[] encodeChat(List<ChatMessage> messages, PromptEncoder encoder) {
        int[] prompt = encoder.encodeChat(withSystem(messages), now, thinking.templateVariables());
        return thinking.settle(prompt, encoder);
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

    private String columnText(Row row) {
        String prompt = row.getString(column);
        if (prompt == null || prompt.isEmpty()) {
            throw new RequestException(
                    "prompt column '" + spec.value() + "' is " + (prompt == null ? "null" : "empty") + " in this row");
        }
        return prompt;
    }

    /** One null may be meant, as no text; a row without any value has nothing to ask about. */
    private void requireValue(Row row) {
        if (!variables.isEmpty() && variables.values().stream().allMatch(row::isNullAt)) {
            throw new RequestException(
                    "every column that the prompt template uses is null in this row: " + variables.keySet());
        }
    }

    private String rendered(Map<String, Object> values) {
        String prompt = template.render(values, now);
        if (prompt.isEmpty()) {
            throw new RequestException("prompt template renders to an empty text for this row");
        }
        return prompt;
    }

    private List<ChatMessage> messages(Row row) {
        return MessagesColumn.of(row, column, type(column), spec.value());
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
}
