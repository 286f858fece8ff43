package io.promptmill.udf.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ConfigException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SchemaColumnsTest {
    private static String type(String schema) {
        return SchemaColumns.of(schema).type().simpleString();
    }

    private static String refusal(String schema) {
        return assertThrows(ConfigException.class, () -> SchemaColumns.of(schema))
                .getMessage();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\u0001',
            value = {
                "{\"type\": \"string\"}                                     | string",
                "{\"type\": \"integer\"}                                    | bigint",
                "{\"type\": \"number\"}                                     | double",
                "{\"type\": \"boolean\"}                                    | boolean",
                "{\"type\": [\"string\", \"null\"]}                         | string",
                "{\"type\": [\"null\", \"integer\"]}                        | bigint",
                "{\"type\": [\"integer\", \"string\"]}                      | string",
                "{\"type\": \"string\", \"format\": \"date\"}               | date",
                "{\"type\": [\"string\", \"null\"], \"format\": \"date-time\"} | timestamp",
                "{\"type\": \"string\", \"format\": \"uuid\"}               | string",
                "{\"enum\": [\"a\", \"b\", null]}                           | string",
                "{\"enum\": [1, 2]}                                         | bigint",
                "{\"enum\": [1, 2.5]}                                       | double",
                "{\"enum\": [1, \"b\"]}                                     | string",
                "{\"const\": true}                                          | boolean",
                "{\"anyOf\": [{\"type\": \"number\"}, {\"type\": \"null\"}]} | double",
                "{\"oneOf\": [{\"type\": \"integer\"}, {\"const\": null}]}  | bigint",
                "{\"anyOf\": [{\"enum\": [\"x\"]}, {\"type\": \"string\"}]} | string",
                "{\"anyOf\": [{\"type\": \"number\"}, {\"type\": \"string\"}]} | string",
                "{\"type\": \"array\", \"items\": {\"type\": \"integer\"}}  | array<bigint>",
                "{\"type\": \"array\"}                                      | array<string>",
                "{\"type\": \"array\", \"prefixItems\": [{\"type\": \"integer\"}]} | string",
                "{\"type\": \"object\"}                                     | string",
                "{\"type\": \"object\", \"properties\": {}}                 | string",
                "{\"type\": \"object\", \"additionalProperties\": {\"type\": \"integer\"}} | map<string,bigint>",
                "{\"type\": \"object\", \"properties\": {\"b\": {\"type\": \"number\"}}} | struct<b:double>",
                "{\"properties\": {\"b\": true, \"c\": false}}              | struct<b:string>",
                "{}                                                         | string",
                "true                                                       | string",
                "{\"allOf\": [{\"type\": \"integer\"}]}                     | bigint",
                "{\"$ref\": \"#/$defs/whole\"}                              | bigint",
                "{\"$ref\": \"#/%24defs/a~1b\"}                             | boolean",
                "{\"$ref\": \"#/$defs/missing\"}                            | string",
                "{\"$ref\": \"https://example.com/x\"}                      | string",
                "{\"$ref\": \"#/$defs/node\"} | struct<name:string,next:string>",
                "{\"allOf\": [{\"$ref\": \"#/$defs/node\"}], \"type\": \"object\", \"properties\": {\"x\": {\"type\": \"number\"}}}"
                        + " | struct<x:double,name:string,next:string>"
            })
    void columnsHaveTheTypesOfTheirSchemas(String property, String expected) {
        String schema = "{\"type\": \"object\", \"properties\": {\"p\": " + property + "}, \"$defs\": {"
                + "\"whole\": {\"type\": \"integer\"}, \"a/b\": {\"type\": \"boolean\"}, \"node\": {\"type\": \"object\","
                + " \"properties\": {\"name\": {\"type\": \"string\"}, \"next\": {\"$ref\": \"#/$defs/node\"}}}}}";
        assertEquals("struct<p:" + expected + ">", type(schema));
    }

    @Test
    void aDocumentThatRefersToItselfIsTextFromThereOn() {
        assertEquals(
                "struct<value:bigint,children:array<string>>",
                type(
                        "{\"$ref\": \"#/$defs/tree\", \"$defs\": {\"tree\": {\"type\": \"object\", \"properties\": {\"value\":"
                                + " {\"type\": \"integer\"}, \"children\": {\"type\": \"array\", \"items\": {\"$ref\":"
                                + " \"#/$defs/tree\"}}}}}}"));
        assertEquals(
                "struct<a:struct<a:string>>",
                type("{\"type\": \"object\", \"properties\": {\"a\": {\"$ref\": \"#\"}}}"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"type\": \"array\", \"items\": {\"type\": \"integer\"}}",
                "{\"type\": \"object\"}",
                "{\"$ref\": \"#\"}",
                "true",
                "3"
            })
    void whatHasNoPropertiesIsRefused(String schema) {
        assertTrue(refusal(schema).startsWith("extract.schema does not describe an object with properties"));
    }

    @Test
    void whatIsNoJsonIsRefusedWithItsPlace() {
        assertTrue(refusal("{\"type\": }").startsWith("extract.schema is not JSON at line 1, column "));
        assertTrue(refusal("{\"type\": 1, \"type\": 2}").contains("Duplicate"));
    }

    @Test
    void namesThatSparkCannotTellApartAreRefused() {
        assertEquals(
                "extract.schema.properties.a has 'Id' and 'ID', which are one column for Spark; rename one of them",
                refusal("{\"type\": \"object\", \"properties\": {\"a\": {\"type\": \"object\", \"properties\":"
                        + " {\"Id\": {}, \"ID\": {}}}}}"));
    }

    /** Two references of each definition to the next: a tree of 2^40 columns. */
    @Test
    void treesThatAreMuchLargerThanTheirSchemaAreRefused() {
        String definitions = IntStream.range(0, 40)
                .mapToObj(i -> "\"d" + i + "\": {\"type\": \"object\", \"properties\": {\"a\": {\"$ref\": \"#/$defs/d"
                        + (i + 1) + "\"}, \"b\": {\"$ref\": \"#/$defs/d" + (i + 1) + "\"}}}")
                .collect(Collectors.joining(", "));
        assertTrue(refusal("{\"$ref\": \"#/$defs/d0\", \"$defs\": {" + definitions + "}}")
                .startsWith("extract.schema describes more than 10000 values"));
    }

    @Test
    void deepSchemasEndInText() {
        String schema = "{\"type\": \"integer\"}";
        for (int i = 0; i < 200; i++) {
            schema = "{\"type\": \"object\", \"properties\": {\"p\": " + schema + "}}";
        }
        assertTrue(type(schema).contains("struct<p:string>"));
    }
}
