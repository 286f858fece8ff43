package io.promptmill.udf.constraint;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ConfigException;
import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is not supported, admits nothing or is out of bounds is refused, with its place. */
class JsonSchemaRefusalTest {
    private static void refuses(String schema, String message) {
        ConfigException refusal = assertTimeoutPreemptively(
                Duration.ofSeconds(10),
                () -> assertThrows(ConfigException.class, () -> JsonSchemaParser.parse(schema)));
        String actual = refusal.getMessage();
        assertTrue(actual.contains(message), () -> "expected '" + message + "' in: " + actual);
        assertTrue(actual.startsWith("json_schema: "), actual);
    }

    /** Schemas are written with backquotes for quotes. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', textBlock = """
            {`multipleOf`:5} | (root): keyword 'multipleOf' is not supported; use
            {`properties`:{`age`:{`uniqueItems`:true}}} | /properties/age: keyword 'uniqueItems' is not supported
            {`type`:`object`,`propertys`:{}} | keyword 'propertys' is not supported; did you mean 'properties'?
            {`type`:`string`,`maxlength`:5} | did you mean 'maxLength'?
            {`properties`:{`a/b~c`:{`not`:{}}}} | /properties/a~1b~0c: keyword 'not' is not supported
            {`items`:{`$id`:`x`}} | /items: keyword '$id' is not supported; only the root may have it
            {`if`:true} | keyword 'if' is not supported; list the cases with 'anyOf'
            {`patternProperties`:{}} | keyword 'patternProperties' is not supported
            {`type`:`string`,`format`:`uri`} | format 'uri' is not supported
            {`type`:`string`,`format`:`datetime`} | did you mean 'date-time'?
            {`type`:`strin`} | type 'strin' is unknown; did you mean 'string'?
            {`type`:[]} | 'type' names no type
            {`type`:5} | 'type' is 5; expected an array
            {`type`:`number`,`minimum`:`3`} | 'minimum' is "3"; expected a number
            {`type`:`number`,`minimum`:3,`exclusiveMinimum`:true} | 'exclusiveMinimum' is true; expected a number in place of draft 4's
            {`type`:`string`,`minLength`:-1} | 'minLength' is -1; expected a count
            {`type`:`string`,`maxLength`:1.5} | 'maxLength' is 1.5; expected a count
            {`type`:`string`,`maxLength`:1000001} | maxLength is 1000001; expected at most 1000000
            {`type`:`array`,`minItems`:2000000} | minItems is 2000000; expected at most 1000000
            {`type`:`string`,`pattern`:`(`} | pattern '('
            {`type`:`array`,`items`:[{}]} | rename it to 'prefixItems'
            {`properties`:[]} | 'properties' is of kind array; expected an object of schemas by name
            {`properties`:{`a`:5}} | /properties/a: is 5; expected a schema
            {`required`:`a`} | 'required' is "a"; expected an array
            {`anyOf`:[]} | 'anyOf' is empty
            {`enum`:[]} | 'enum' has 0 values
            {`$ref`:`http://x/y`} | leads out of the schema
            {`$ref`:`other.json`} | leads out of the schema
            {`$ref`:`#/$defs/nme`,`$defs`:{`name`:{}}} | $ref '#/$defs/nme' leads to no schema; did you mean 'name'?
            {`$ref`:`#/%zz`} | has a '%' without two hexadecimal digits
            {`$ref`:`#`} | (root): refers to itself without a step
            {`$ref`:`#/$defs/a`,`$defs`:{`a`:{`anyOf`:[{`type`:`null`},{`$ref`:`#/$defs/a`}]}}} | /$defs/a: refers to itself
            {`$ref`:`#/$defs/a`,`$defs`:{`a`:{`$ref`:`#/$defs/b`},`b`:{`$ref`:`#/$defs/a`}}} | /$defs/a: refers to itself
            [] | is no schema
            5 | is no schema
            {`a` | is not JSON at line 1
            {`type`:`null`,`type`:`null`} | Duplicate field
            {} {} | is not JSON
            {`minimum`:1e999999} | /minimum: the number is beyond
            {`const`:`\\ud800`} | half of a surrogate pair
            """)
    void unsupported(String schema, String message) {
        refuses(schema.replace('`', '"'), message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', textBlock = """
            false | (root): the schema is false
            {`type`:`string`,`enum`:[1,2]} | (root): none of the values of 'enum'
            {`enum`:[1,2],`const`:3} | none of the values of 'enum'
            {`type`:`integer`,`minimum`:5,`maximum`:3} | no 64-bit integer lies at or above 5 and at or below 3
            {`type`:`integer`,`exclusiveMinimum`:1,`exclusiveMaximum`:2} | no 64-bit integer lies above 1 and below 2
            {`type`:`number`,`exclusiveMinimum`:1,`maximum`:1} | no number lies above 1 and at or below 1
            {`type`:`integer`,`minimum`:9223372036854775808} | no 64-bit integer lies at or above 9223372036854775808
            {`type`:`array`,`minItems`:3,`maxItems`:2} | minItems 3 is above maxItems 2
            {`type`:`array`,`minItems`:1,`items`:false} | /items: the schema is false
            {`type`:`string`,`minLength`:3,`maxLength`:2} | minLength 3 is above maxLength 2
            {`type`:`string`,`pattern`:`^a{3}$`,`maxLength`:2} | no string has this pattern, format and length
            {`type`:`string`,`format`:`date`,`maxLength`:9} | no string has this pattern, format and length
            {`type`:`string`,`pattern`:`^a$`,`allOf`:[{`pattern`:`b`}]} | no string has this pattern
            {`type`:`string`,`allOf`:[{`type`:`integer`}]} | exclude each other
            {`type`:`object`,`properties`:{`a`:{`type`:`object`,`properties`:{`b`:false},`required`:[`b`]}},`required`:[`a`]} | /properties/a/properties/b: the schema is false
            {`type`:`object`,`properties`:{`a`:{`type`:`integer`,`minimum`:2,`maximum`:1}},`required`:[`a`]} | /properties/a: no 64-bit integer
            {`type`:`object`,`properties`:{`a`:{}},`required`:[`b`],`additionalProperties`:false} | required property 'b' is not among the properties
            {`$ref`:`#/$defs/n`,`$defs`:{`n`:{`type`:`object`,`properties`:{`next`:{`$ref`:`#/$defs/n`}},`required`:[`next`]}}} | /$defs/n/properties/next: requires a value of its own kind
            {`type`:`array`,`minItems`:1,`items`:{`$ref`:`#`}} | requires a value of its own kind
            {`oneOf`:[{`type`:`integer`},{`type`:`integer`}]} | valid under another too
            {`oneOf`:[{`enum`:[1]},{`const`:1}]} | none of the values
            {`anyOf`:[false,{`type`:`string`,`minLength`:2,`maxLength`:1}]} | /anyOf/0: the schema is false
            """)
    void admitsNothing(String schema, String message) {
        refuses(schema.replace('`', '"'), message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', textBlock = """
            {`oneOf`:[{`type`:`object`,`properties`:{`a`:{}}},{`type`:`object`,`properties`:{`b`:{}}}]} | /oneOf/0: this alternative of oneOf and /oneOf/1 have objects that cannot be told apart. Use 'anyOf'
            {`oneOf`:[{`type`:`array`},{`type`:`array`,`minItems`:2}]} | arrays that cannot be told apart
            {`oneOf`:[{`type`:`object`},{`const`:{`a`:1}}]} | values that cannot be told apart
            {`oneOf`:[{`type`:`object`,`properties`:{`k`:{`type`:`string`}},`required`:[`k`]},{`type`:`object`,`properties`:{`k`:{`const`:`x`}},`required`:[`k`]}]} | objects that cannot be told apart
            """)
    void cannotBeToldApart(String schema, String message) {
        refuses(schema.replace('`', '"'), message);
    }

    @Test
    void hostileSchemasEndSoon() {
        refuses("[".repeat(100_000), "is not JSON");
        refuses("\"" + "x".repeat(1 << 20) + "\"", "expected at most 1048576");
        refuses("{\"items\":".repeat(200) + "true" + "}".repeat(200), "nesting depth");
        refuses(
                "{\"$ref\":\"#/$defs/0\",\"$defs\":{"
                        + list(400, i -> "\"" + i + "\":{\"$ref\":\"#/$defs/" + (i + 1) + "\"}") + ",\"400\":true}}",
                "a chain of more than 200 references");
        refuses(
                "{\"allOf\":[" + list(20, i -> "{\"anyOf\":[{\"minLength\":1},{\"minLength\":2}]}")
                        + "],\"type\":\"string\"}",
                "more than 20000 combinations");
        refuses("{\"enum\":[" + list(100_000, i -> "1") + "]}", "'enum' has 100000 values; expected 1 to 10000");
        refuses("{\"type\":\"string\",\"pattern\":\"a\",\"minLength\":1000000}", "expected at most 10000");
        refuses(
                "{\"prefixItems\":[" + list(1000, i -> "true") + "]}",
                "'prefixItems' has 1000 schemas; expected at most 256");
    }

    @Test
    void largeSchemasAreReadSoon() {
        assertTimeoutPreemptively(Duration.ofSeconds(10), () -> {
            JsonSchemaParser.parse("{\"enum\":[" + list(10_000, i -> "\"value " + i + "\"") + "]}");
            JsonSchemaParser.parse("{\"type\":\"object\",\"properties\":{"
                    + list(2_000, i -> "\"p" + i + "\":{\"type\":\"integer\"}") + "}}");
            JsonSchemaParser.parse(
                    "{\"type\":\"array\",\"minItems\":1000000,\"items\":{\"type\":\"string\",\"maxLength\":1000000}}");
            JsonSchemaParser.parse("{\"oneOf\":[" + list(200, i -> "{\"const\":" + i + "}") + "]}");
            JsonSchemaParser.parse("{\"$ref\":\"#/$defs/0\",\"$defs\":{"
                    + list(
                            30,
                            i -> "\"" + i + "\":{\"allOf\":[{\"$ref\":\"#/$defs/" + (i + 1) + "\"},{\"$ref\":\"#/$defs/"
                                    + (i + 1) + "\"}]}")
                    + ",\"30\":{\"type\":\"string\"}}}");
        });
    }

    private static String list(int count, java.util.function.IntFunction<String> element) {
        return IntStream.range(0, count).mapToObj(element).collect(Collectors.joining(","));
    }
}
