package io.promptmill.udf.prompt.template;

/** What a template gets for a name, key or attribute that does not exist: empty text, false, and nothing to look into. */
record Undefined(String name) {

    @Override
    public String toString() {
        return "";
    }
}
