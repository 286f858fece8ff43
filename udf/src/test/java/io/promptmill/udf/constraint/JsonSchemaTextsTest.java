package io.promptmill.udf.constraint;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Texts that a model would write are accepted, and what a schema rules out is not. */
class JsonSchemaTextsTest {
    private static void check(String schema, List<String> right, List<String> wrong) {
        Recogniser recogniser = new Recogniser(JsonSchemaParser.parse(schema));
        right.forEach(text -> assertTrue(recogniser.accepts(text), text + " under " + schema));
        wrong.forEach(text -> assertFalse(recogniser.accepts(text), text + " under " + schema));
    }

    @Test
    void objects() {
        check(
                "{'type':'object','properties':{'a':{'type':'integer'},'b':{'type':'string'},'c':{'type':'null'}},'required':['b']}"
                        .replace('\'', '"'),
                List.of(
                        "{\"b\": \"x\"}",
                        "{\"a\": 1, \"b\": \"x\"}",
                        "{\"a\":1,\"b\":\"x\",\"c\":null}",
                        "{\"b\":\"\", \"c\": null}",
                        "{\"b\": \"\\u00e9\\n\\/ \\\"é😀\\\"\"}"),
                List.of(
                        "{}",
                        "{\"a\": 1}",
                        "{\"b\": \"x\", \"a\": 1}",
                        "{\"b\": \"x\",}",
                        "{ \"b\": \"x\"}",
                        "{\"b\":  \"x\"}",
                        "{\"b\": \"x\"} ",
                        "{\"b\": \"x\", \"d\": 1}",
                        "{\"b\": \"x\", \"b\": \"x\"}",
                        "{\"b\": \"\n\"}",
                        "{\"b\": \"\\ud800\"}",
                        "{\"b\": \"\\x\"}",
                        "{\"b\": 1}"));
    }

    @Test
    void additionalProperties() {
        check(
                "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"}},\"additionalProperties\":{\"type\":\"boolean\"}}",
                List.of(
                        "{}",
                        "{\"id\": 1}",
                        "{\"x\": true}",
                        "{\"id\": 1, \"x\": true, \"Id\": false}",
                        "{\"idd\": true, \"i\": true}"),
                List.of("{\"id\": true}", "{\"x\": true, \"id\": true}", "{\"x\": 1}", "{\"\": true}"));
        check(
                "{\"type\":\"object\"}",
                List.of("{}", "{\"a\": [1, {\"b\": null}], \"\": -1.5e+3}"),
                List.of("[]", "{\"a\"}", "{a: 1}", "{\"a\": 01}", "{\"a\": 1.}", "{\"a\": tru}"));
        check(
                "{\"properties\":{\"a\":true},\"additionalProperties\":false,\"type\":\"object\"}",
                List.of("{}", "{\"a\": {\"x\": [\"y\", {}]}}"),
                List.of("{\"b\": 1}"));
    }

    @Test
    void arrays() {
        check(
                "{\"type\":\"array\",\"items\":{\"type\":\"integer\"},\"minItems\":1,\"maxItems\":3}",
                List.of("[1]", "[1, 2]", "[1,2, -3]"),
                List.of("[]", "[1, 2, 3, 4]", "[1 ,2]", "[1,]", "[1.0]", "[-0]"));
        check(
                "{\"type\":\"array\",\"prefixItems\":[{\"type\":\"integer\"},{\"type\":\"string\"}],\"items\":{\"type\":\"null\"}}",
                List.of("[]", "[1]", "[1, \"a\"]", "[1, \"a\", null, null]"),
                List.of("[\"a\"]", "[1, 2]", "[1, null]", "[1, \"a\", 1]"));
        check(
                "{\"type\":\"array\",\"prefixItems\":[true,false,true]}",
                List.of("[]", "[{\"a\":1}]"),
                List.of("[1, 2]", "[1, 2, 3]"));
    }

    @Test
    void keywordsOfOtherTypesSayNothing() {
        check(
                "{\"type\":\"integer\",\"minLength\":3,\"pattern\":\"x\",\"required\":[\"a\"],\"minItems\":5,\"format\":\"int64\"}",
                List.of("0", "1", "-12"),
                List.of("1.5", "\"abc\"", "{}"));
        check(
                "{\"type\":[\"string\",\"integer\"],\"minLength\":2,\"minimum\":5,\"title\":\"t\",\"default\":1,\"examples\":[{}],\"$comment\":\"c\"}",
                List.of("5", "\"ab\""),
                List.of("4", "\"a\"", "null"));
        check("{\"enum\":[1,\"ab\",null],\"minLength\":3}", List.of("1", "null"), List.of("\"ab\""));
    }

    @Test
    void stringsCountCodePoints() {
        check(
                "{\"type\":\"string\",\"minLength\":2,\"maxLength\":2}",
                List.of("\"😀é\"", "\"\\n\\u0041\"", "\"\\\"\\\\\""),
                List.of("\"😀\"", "\"abc\"", "\"\\n\""));
    }

    @Test
    void patternsAreSearchedAndEscaped() {
        check(
                "{\"type\":\"string\",\"pattern\":\"b\"}",
                List.of("\"abc\"", "\"b\"", "\"\\\"b\\n\""),
                List.of("\"ac\"", "\"\""));
        check("{\"type\":\"string\",\"pattern\":\"^b\"}", List.of("\"bc\""), List.of("\"abc\""));
        check(
                "{\"type\":\"string\",\"pattern\":\"^[\\\\u0001-\\\\u001f]$\"}"
                        .replace("\\\\u0001", "\\u0001")
                        .replace("\\\\u001f", "\\u001f"),
                List.of("\"\\u0001\"", "\"\\t\"", "\"\\u001F\"", "\"\\u001f\""),
                List.of("\"a\"", "\"\t\"", "\"\\u0041\""));
        check(
                "{\"type\":\"string\",\"pattern\":\"^[a-z]*$\",\"minLength\":2,\"maxLength\":3}",
                List.of("\"ab\"", "\"abc\""),
                List.of("\"a\"", "\"abcd\"", "\"AB\""));
        check(
                "{\"type\":\"string\",\"pattern\":\"^[a-z]{1,9}$\",\"maxLength\":900000}",
                List.of("\"abc\""),
                List.of("\"A\""));
    }

    @Test
    void exactlyOneAlternative() {
        check(
                "{\"oneOf\":[{\"type\":\"integer\",\"maximum\":10},{\"type\":\"number\",\"minimum\":5}]}",
                List.of("4", "-100", "11", "5.5", "10.25"),
                List.of("5", "10", "5.0", "10.00", "4.5"));
        check(
                "{\"oneOf\":[{\"type\":\"string\"},{\"enum\":[\"a\",\"b\",1]}]}",
                List.of("\"c\"", "\"ab\"", "1", "\"\""),
                List.of("\"a\"", "\"b\"", "2"));
        check(
                "{\"oneOf\":[{\"type\":[\"null\",\"boolean\"]},{\"type\":[\"null\",\"string\"],\"maxLength\":1}]}",
                List.of("true", "\"x\""),
                List.of("null", "\"xy\""));
        check(
                "{\"oneOf\":[{\"properties\":{\"k\":{\"type\":\"string\"}},\"required\":[\"k\"]},{\"properties\":{\"k\":{\"type\":\"integer\"}},\"required\":[\"k\"]}]}",
                List.of("{\"k\": 1}", "{\"k\": \"1\"}"),
                List.of("{}", "{\"k\": null}"));
        check("{\"oneOf\":[{\"enum\":[1,2,[3]]},{\"enum\":[2.0,[3],4]}]}", List.of("1", "4"), List.of("2", "[3]"));
    }

    @Test
    void enumerationsAreFiltered() {
        check(
                "{\"enum\":[{\"a\":1},{\"a\":2},\"x\",[1,2]],\"anyOf\":[{\"properties\":{\"a\":{\"const\":2}},\"type\":\"object\"},{\"type\":\"array\",\"maxItems\":2}]}",
                List.of("{\"a\": 2}", "{\"a\":2}", "[1, 2]"),
                List.of("{\"a\":1}", "\"x\""));
        check("{\"const\":1.0}", List.of("1"), List.of("2"));
        check("{\"type\":\"boolean\",\"const\":false}", List.of("false"), List.of("true"));
    }

    @Test
    void referencesMergeWithTheirSiblings() {
        check(
                "{\"$defs\":{\"n\":{\"type\":\"integer\",\"minimum\":3}},\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/$defs/n\",\"maximum\":4}},\"required\":[\"a\"]}",
                List.of("{\"a\": 3}", "{\"a\":4}"),
                List.of("{\"a\":2}", "{\"a\":5}"));
        check(
                "{\"allOf\":[{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}},\"required\":[\"a\"]},{\"properties\":{\"a\":{\"minimum\":7},\"b\":{\"type\":\"null\"}}}]}",
                List.of("{\"a\": 7}", "{\"a\": 8, \"b\": null}"),
                List.of("{\"a\": 6}", "{\"b\": null}"));
    }
}
