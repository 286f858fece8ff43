package io.promptmill.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.spark.RequestColumn;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OpenAiEmbeddingRequestTest {
    @Test
    void everyFieldHasItsPlace() {
        Row row = body("'input': ['a', 'b'], 'model': 'm', 'dimensions': 3, 'encoding_format': 'base64', 'user': 'u'");
        assertEquals("r1", row.getString(0));
        assertEquals("/v1/embeddings", row.getString(1));
        assertEquals("m", row.getString(2));
        assertEquals("base64", row.getString(4));
        assertEquals("[\"a\",\"b\"]", row.getStruct(3).getString(3));
        assertEquals(3, row.getStruct(3).getInt(4));
        assertNull(problem(row));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
        'a'              | ['a']
        ['a']            | ['a']
        [1, 2]           | [[1,2]]
        [[1, 2], [3]]    | [[1,2],[3]]
        ['a', [3]]       | ['a',[3]]
        """)
    void anInputIsATextOrTokensOrAListOfSuch(String given, String expected) {
        Row row = body("'input': " + given);
        assertEquals(expected.replace('\'', '"'), row.getStruct(3).getString(3));
        assertNull(problem(row));
        assertNull(row.get(4));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
        'model': 'm'                           | body.input is missing
        'input': null                          | body.input is missing
        'input': ''                            | at fault is ""
        'input': []                            | at fault is []
        'input': ['a', '']                     | at fault is ""
        'input': [[]]                          | at fault is []
        'input': [1, 'a']                      | at fault is [1,"a"]
        'input': [1.5]                         | at fault is [1.5]
        'input': [99999999999]                 | at fault is [99999999999]
        'input': {'text': 'a'}                 | at fault is {
        'input': 'a', 'dimensions': 0          | body.dimensions is 0; expected 1 or more
        'input': 'a', 'dimensions': 'x'        | body.dimensions is "x"
        'input': 'a', 'encoding_format': 'hex' | body.encoding_format is "hex"; expected one of float, base64
        'input': 'a', 'encoding_format': 5     | body.encoding_format is 5; expected one of float, base64
        'input': 'a', 'temperature': 1         | body.temperature is not supported
        'inputs': 'a'                          | body.inputs is not supported; did you mean 'input'?
        """)
    void refusesWhatIsNoRequest(String fields, String reason) {
        Row row = body(fields);
        assertTrue(problem(row).contains(reason), problem(row));
        assertNull(row.get(4));
    }

    @Test
    void tooManyTextsAreTooMany() {
        String texts = "'a', ".repeat(2048) + "'a'";
        assertTrue(problem(body("'input': [" + texts + "]")).contains("has 2049 texts; expected at most 2048"));
    }

    @Test
    void otherRequestsAreForOtherJobs() {
        String line = "{'custom_id': 'r1', 'url': '/v1/completions', 'body': {'prompt': 'x'}}".replace('\'', '"');
        String problem = problem(new OpenAiEmbeddingRequest().row(line));
        assertTrue(problem.contains("jobs with task: generate serve"), problem);
    }

    private static Row body(String body) {
        String line = "{'custom_id': 'r1', 'method': 'POST', 'url': '/v1/embeddings', 'body': {" + body + "}}";
        return new OpenAiEmbeddingRequest().row(line.replace('\'', '"'));
    }

    private static String problem(Row row) {
        return row.getStruct(3).getString(RequestColumn.TYPE.fieldIndex("problem"));
    }
}
