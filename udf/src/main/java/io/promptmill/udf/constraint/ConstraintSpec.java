package io.promptmill.udf.constraint;

import java.io.Serializable;
import java.util.Locale;
import java.util.Objects;

/**
 * What a user demands of completions, as text. Equal where kind and source are; travels between machines.
 *
 * @param source of a choice, a JSON array of texts; of a regular expression, itself; of a schema, its JSON; of a grammar, its
 *     GBNF; of {@code JSON_OBJECT}, empty
 */
public record ConstraintSpec(Kind kind, String source) implements Serializable {

    /** Languages in which a constraint is written. */
    public enum Kind {
        CHOICE,
        REGEX,
        JSON_SCHEMA,
        JSON_OBJECT,
        GRAMMAR;

        /** The key of a configuration. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public ConstraintSpec {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(source, "source");
    }

    /**
     * The grammar that the source describes.
     *
     * @throws io.promptmill.udf.error.ConfigException where it does not parse, uses what is not supported, or describes no
     *     text at all; names the place
     */
    public Grammar grammar() {
        return switch (kind) {
            case CHOICE -> ChoiceParser.parse(source);
            case REGEX -> RegexParser.parse(source);
            case JSON_SCHEMA -> JsonSchemaParser.parse(source);
            case JSON_OBJECT -> JsonGrammar.anyObject();
            case GRAMMAR -> GbnfParser.parse(source);
        };
    }

    /**
     * Refuses before any model is loaded what no model could be held to.
     *
     * @throws io.promptmill.udf.error.ConfigException as {@link #grammar}, and where a rule begins with itself or has no exit,
     *     or the whole is too complex; names the place
     */
    public void check() {
        GrammarCompiler.compile(grammar(), SpelledCharacters.all());
    }
}
