package io.promptmill.udf.weights;

/** Names from a stranger's file, made safe for one line of a message. */
final class Quoted {
    private static final int MOST_CHARACTERS = 120;

    private Quoted() {}

    /** {@code name} in quotes, cut when long, control characters as {@code ?}. */
    static String of(String name) {
        String shown = name.length() <= MOST_CHARACTERS ? name : name.substring(0, MOST_CHARACTERS) + "...";
        StringBuilder quoted = new StringBuilder("'");
        shown.chars().forEach(unit -> quoted.append(Character.isISOControl(unit) ? '?' : (char) unit));
        return quoted.append('\'').toString();
    }
}
