package io.promptmill.udf.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.promptmill.udf.error.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DdlSchemaTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\u0001',
            value = {
                "STRING NOT NULL    | {\"type\": \"string\"}",
                "STRING             | {\"type\": [\"string\", \"null\"]}",
                "BOOLEAN NOT NULL   | {\"type\": \"boolean\"}",
                "TINYINT NOT NULL   | {\"type\": \"integer\", \"minimum\": -128, \"maximum\": 127}",
                "SMALLINT NOT NULL  | {\"type\": \"integer\", \"minimum\": -32768, \"maximum\": 32767}",
                "INT NOT NULL       | {\"type\": \"integer\", \"minimum\": -2147483648, \"maximum\": 2147483647}",
                "BIGINT NOT NULL    | {\"type\": \"integer\", \"minimum\": -9223372036854775808, \"maximum\": 9223372036854775807}",
                "FLOAT NOT NULL     | {\"type\": \"number\"}",
                "DOUBLE             | {\"type\": [\"number\", \"null\"]}",
                "DECIMAL(5, 2) NOT NULL | {\"type\": \"number\", \"minimum\": -999.99, \"maximum\": 999.99}",
                "DATE NOT NULL      | {\"type\": \"string\", \"format\": \"date\"}",
                "TIMESTAMP NOT NULL | {\"type\": \"string\", \"format\": \"date-time\"}",
                "ARRAY<INT> NOT NULL | {\"type\": \"array\", \"items\": {\"type\": [\"integer\", \"null\"], \"minimum\": -2147483648, \"maximum\": 2147483647}}",
                "MAP<STRING, BOOLEAN> | {\"type\": [\"object\", \"null\"], \"additionalProperties\": {\"type\": [\"boolean\", \"null\"]}}",
                "STRUCT<b: STRING NOT NULL> NOT NULL | {\"type\": \"object\", \"properties\": {\"b\": {\"type\": \"string\"}}, \"required\": [\"b\"], \"additionalProperties\": false}"
            })
    void columnsBecomeRequiredProperties(String type, String expected) throws Exception {
        assertEquals(
                JSON.readTree("{\"type\": \"object\", \"properties\": {\"a\": " + expected
                        + "}, \"required\": [\"a\"], \"additionalProperties\": false}"),
                JSON.readTree(DdlSchema.jsonSchema("a " + type)));
    }

    @Test
    void theStructColumnHasTheTypesOfTheDdl() {
        String ddl =
                "a STRING NOT NULL, b DECIMAL(5,2), c ARRAY<STRUCT<d: TINYINT, e: MAP<STRING, DATE>>>, f TIMESTAMP,"
                        + " g FLOAT, h SMALLINT, i INT, j BIGINT, k BOOLEAN, l DOUBLE";
        assertEquals(
                "struct<a:string,b:decimal(5,2),c:array<struct<d:tinyint,e:map<string,date>>>,f:timestamp,g:float,"
                        + "h:smallint,i:int,j:bigint,k:boolean,l:double>",
                ExtractTask.ofDdl(ddl).type().catalogString());
    }

    /** An independent reader of schemas sees the same limits. */
    @Test
    void theSchemaHoldsDocumentsToTheColumns() {
        JsonSchema schema = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                .getSchema(DdlSchema.jsonSchema("n TINYINT NOT NULL, s STRING"));
        assertTrue(
                schema.validate("{\"n\": -128, \"s\": null}", InputFormat.JSON).isEmpty());
        assertEquals(
                1,
                schema.validate("{\"n\": 128, \"s\": \"x\"}", InputFormat.JSON).size());
        assertEquals(
                1,
                schema.validate("{\"n\": null, \"s\": \"x\"}", InputFormat.JSON).size());
        assertEquals(1, schema.validate("{\"n\": 1}", InputFormat.JSON).size());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a BINARY               | extract.schema.a is of type binary",
                "a TIMESTAMP_NTZ        | extract.schema.a is of type timestamp_ntz",
                "a VARCHAR(3)           | extract.schema.a is of type varchar(3)",
                "a ARRAY<STRUCT<b: INTERVAL DAY>> | extract.schema.a[].b is of type interval day",
                "a MAP<INT, STRING>     | extract.schema.a is of type map<int,string>",
                "a MAP<STRING, BINARY>  | extract.schema.a{} is of type binary",
                "a STRNG                | extract.schema is \"a STRNG\"",
                "people.txt             | a JSON schema, or a file with one that ends in .json",
                "a INT, A STRING        | has 'a' and 'A', which are one column for Spark",
                "a STRUCT<b: INT, B: INT> | extract.schema.a has 'b' and 'B'"
            })
    void whatJsonDoesNotHaveIsRefusedByName(String ddl, String message) {
        String refusal = assertThrows(ConfigException.class, () -> ExtractTask.ofDdl(ddl))
                .getMessage();
        assertTrue(refusal.contains(message), refusal);
    }
}
