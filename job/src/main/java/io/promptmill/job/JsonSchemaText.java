package io.promptmill.job;

import com.fasterxml.jackson.databind.JsonNode;

/** JSON schemas in a configuration: a mapping of its own, JSON text, or the name of a file. */
final class JsonSchemaText {
    private JsonSchemaText() {}

    /**
     * The schema under a key, as JSON text.
     *
     * @throws io.promptmill.udf.error.ConfigException where the key is missing or its file cannot be read
     */
    static String of(Section section, String key) {
        JsonNode value = section.value(key);
        if (value != null && value.isObject()) {
            return value.toString();
        }
        String text = section.requireText(key);
        return isFile(text) ? ReferredFile.read(section.pathOf(key), text) : text;
    }

    /** Whether a text stands for a file with a schema, instead of for one. */
    static boolean isFile(String text) {
        return text.endsWith(".json") && !text.contains("\n") && !isJson(text);
    }

    /** Whether a text would be JSON, going by how it begins. */
    static boolean isJson(String text) {
        return text.stripLeading().startsWith("{");
    }
}
