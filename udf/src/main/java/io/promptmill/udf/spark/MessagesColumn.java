package io.promptmill.udf.spark;

import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.prompt.ChatMessage;
import io.promptmill.udf.prompt.MessagesParser;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructType;

/** A column of conversations: arrays of structs with {@code role} and {@code content}, or JSON text of the same. */
final class MessagesColumn {
    private MessagesColumn() {}

    /** Whether such arrays are in columns of the type. */
    static boolean fits(DataType type) {
        if (!(type instanceof ArrayType array) || !(array.elementType() instanceof StructType turn)) {
            return false;
        }
        List<String> names = List.of(turn.fieldNames());
        return names.contains("role")
                && names.contains("content")
                && turn.apply("role").dataType() instanceof StringType
                && turn.apply("content").dataType() instanceof StringType;
    }

    /**
     * The row's conversation, which has at least one message.
     *
     * @param name of the column, for messages
     * @throws RequestException where the row has no usable conversation
     */
    static List<ChatMessage> of(Row row, int column, DataType type, String name) {
        if (row.isNullAt(column)) {
            throw new RequestException("messages column '" + name + "' is null in this row");
        }
        List<ChatMessage> messages = type instanceof StringType
                ? MessagesParser.parse(row.getString(column))
                : turns(row, column, (StructType) ((ArrayType) type).elementType(), name);
        if (messages.isEmpty()) {
            throw new RequestException("messages column '" + name + "' is empty in this row");
        }
        return messages;
    }

    private static List<ChatMessage> turns(Row row, int column, StructType turn, String name) {
        int role = turn.fieldIndex("role");
        int content = turn.fieldIndex("content");
        List<ChatMessage> messages = new ArrayList<>();
        for (Object element : RowValues.elements(row.get(column))) {
            if (!(element instanceof Row message) || message.isNullAt(role) || message.isNullAt(content)) {
                throw new RequestException("messages column '" + name + "' has a null message, role or content"
                        + " at position " + messages.size());
            }
            messages.add(new ChatMessage(message.getString(role), message.getString(content)));
        }
        return messages;
    }
}
