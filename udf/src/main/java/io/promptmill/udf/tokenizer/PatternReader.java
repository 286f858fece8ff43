package io.promptmill.udf.tokenizer;

/** Reads the patterns of a tokenizer.json: {@code {"String": ...}} or {@code {"Regex": ...}}. */
final class PatternReader {
    private PatternReader() {}

    /**
     * @throws io.promptmill.udf.error.ModelFileException for a pattern that cannot be understood, which it shows
     */
    static PatternProgram read(JsonPlace place) {
        if (!place.at("String").isAbsent()) {
            return PatternCompiler.literal(checked(place.at("String")));
        }
        JsonPlace regex = place.at("Regex");
        try {
            return PatternCompiler.compile(checked(regex));
        } catch (IllegalArgumentException e) {
            throw regex.problem(
                    "is the pattern '" + regex.text() + "', which this engine does not run (" + e.getMessage() + ")");
        }
    }

    private static String checked(JsonPlace place) {
        if (place.text().length() > PatternParser.MAXIMUM_LENGTH) {
            throw place.problem(
                    "has " + place.text().length() + " characters; expected at most " + PatternParser.MAXIMUM_LENGTH);
        }
        return place.text();
    }
}
