package io.promptmill.udf.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.RequestException;
import java.math.BigDecimal;
import java.sql.Date;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonDocumentTest {
    private static Row read(String ddl, String json) {
        return (Row) new JsonDocument(json, false).read(DdlSchema.columns(ddl));
    }

    private static Object value(String type, String json) {
        return read("a " + type, "{\"a\": " + json + "}").get(0);
    }

    private static Object any(String json) {
        return ((Row) new JsonDocument("{\"a\": " + json + ", \"b\": 1}", false)
                        .read(SchemaColumns.of("{\"type\": \"object\", \"properties\": {\"a\": {}}}")))
                .get(0);
    }

    @Test
    void numbersAreExact() {
        assertEquals(Long.MAX_VALUE, value("BIGINT", "9223372036854775807"));
        assertEquals(Long.MIN_VALUE, value("BIGINT", "-9223372036854775808"));
        assertEquals((byte) -128, value("TINYINT", "-128"));
        assertEquals((short) 7, value("SMALLINT", "7.0"));
        assertEquals(1200, value("INT", "1.2e3"));
        assertEquals(0, value("INT", "-0"));
        assertEquals(0.1, value("DOUBLE", "0.1"));
        assertEquals(0.1f, value("FLOAT", "0.1"));
        assertEquals(16777217.0, value("DOUBLE", "16777217"));
        assertEquals(new BigDecimal("12345678901234567890.12"), value("DECIMAL(22,2)", "12345678901234567890.12"));
        assertEquals(new BigDecimal("0.13"), value("DECIMAL(3,2)", "0.125"));
        assertEquals(new BigDecimal("5.00"), value("DECIMAL(3,2)", "5"));
    }

    @Test
    void whatATypeCannotHoldIsNull() {
        assertNull(value("TINYINT", "128"));
        assertNull(value("BIGINT", "9223372036854775808"));
        assertNull(value("INT", "1.5"));
        assertNull(value("INT", "1e999999999"));
        assertNull(value("INT", "1e99999999999"));
        assertNull(value("INT", "\"5\""));
        assertNull(value("DECIMAL(3,2)", "10"));
        assertNull(value("DECIMAL(3,2)", "1e999999999"));
        assertNull(value("STRING", "5"));
        assertNull(value("BOOLEAN", "\"true\""));
        assertNull(value("DATE", "\"2026-02-30\""));
        assertNull(value("DATE", "20260230"));
        assertNull(value("TIMESTAMP", "\"2026-02-01 10:00\""));
        assertNull(value("ARRAY<INT>", "{\"x\": [1]}"));
        assertNull(value("STRUCT<b: INT>", "[1, {\"b\": 2}]"));
        assertNull(value("MAP<STRING, INT>", "3"));
        assertNull(value("STRING", "null"));
        assertNull(value("STRING", "[1, [2]]"));
    }

    @Test
    void daysAndMoments() {
        assertEquals(Date.valueOf("2024-02-29"), value("DATE", "\"2024-02-29\""));
        Timestamp moment = (Timestamp) value("TIMESTAMP", "\"2026-01-31T09:30:00.123456+01:00\"");
        assertEquals(Instant.parse("2026-01-31T08:30:00.123456Z"), moment.toInstant());
        assertEquals(
                Instant.parse("2026-01-31T08:30:00.123456789Z"),
                ((Timestamp) value("TIMESTAMP", "\"2026-01-31t08:30:00.1234567899999z\"")).toInstant());
        Row local = (Row) new JsonDocument("{\"d\": \"2024-02-29\", \"t\": \"2026-01-31T09:30:00Z\"}", true)
                .read(DdlSchema.columns("d DATE, t TIMESTAMP"));
        assertEquals(LocalDate.of(2024, 2, 29), local.get(0));
        assertEquals(Instant.parse("2026-01-31T09:30:00Z"), local.get(1));
    }

    @Test
    void partsOfDocuments() {
        Row row = read(
                "name STRING, tags ARRAY<STRING>, by MAP<STRING, INT>, at STRUCT<x: DOUBLE, y: DOUBLE>, gone INT",
                "{\"other\": {\"name\": [\"no\"]}, \"tags\": [\"a\", null, \"\\u00e9\\n\"], \"name\": \"A \\\"B\\\"\","
                        + " \"by\": {\"k\": 1, \"l\": null}, \"at\": {\"y\": 2, \"z\": [], \"x\": 1}}");
        assertEquals("A \"B\"", row.get(0));
        assertEquals(Arrays.asList("a", null, "é\n"), row.getList(1));
        assertEquals(1, row.getJavaMap(2).get("k"));
        assertNull(row.getJavaMap(2).get("l"));
        assertEquals(1.0, row.getStruct(3).get(0));
        assertEquals(2.0, row.getStruct(3).get(1));
        assertNull(row.get(4));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "12",
                "-1.50e+3",
                "true",
                "\"a \\\"quoted\\\" text\"",
                "{\"x\": [1, {\"y\": \"]}\"}]}",
                "[]",
                "[1, null]"
            })
    void whatHasNoOneTypeIsKeptAsItStands(String json) {
        assertEquals(json, any(json));
        assertNull(any("null"));
    }

    /** Jackson reads long documents in pieces. */
    @Test
    void placesInLongDocumentsAreRight() {
        String padding = "\"" + "x".repeat(70_000) + "\"";
        Row row = (Row) new JsonDocument("{\"p\": " + padding + ", \"a\": [1, " + padding + "], \"b\": \"y\"}", false)
                .read(SchemaColumns.of("{\"type\": \"object\", \"properties\": {\"a\": {}, \"b\": {}}}"));
        assertEquals("[1, " + padding + "]", row.get(0));
        assertEquals("\"y\"", row.get(1));
    }

    @Test
    void depthAndLengthAreNotLimited() {
        String deep = "[".repeat(100_000) + "]".repeat(100_000);
        assertEquals(deep, any(deep));
        String digits = "9".repeat(5_000);
        assertEquals(digits, any(digits));
        assertNull(value("BIGINT", digits));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", " ", "{", "{\"a\": 1", "[1]", "null", "{\"a\": 1} {}", "{'a': 1}", "hello", "{\"a\": \"x"})
    void whatIsNoDocumentIsAnErrorOfTheRow(String text) {
        String message =
                assertThrows(RequestException.class, () -> read("a INT", text)).getMessage();
        assertTrue(message.startsWith("the completion is no"), message);
        assertEquals(List.of(), message.lines().skip(1).toList());
    }
}
