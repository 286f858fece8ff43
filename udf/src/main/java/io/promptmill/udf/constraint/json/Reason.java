package io.promptmill.udf.constraint.json;

import io.promptmill.udf.error.ConfigException;

/** Why a schema admits nothing. */
record Reason(String pointer, String message) {
    ConfigException exception() {
        return Pointers.problem(pointer, message);
    }
}
