package io.promptmill.udf.constraint.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.List;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;
import org.junit.jupiter.api.Test;

class FormatsTest {
    private static boolean is(String format, String text) {
        return Operations.run(Formats.named("", format), text);
    }

    @Test
    void datesAreThoseOfTheCalendar() {
        Automaton dates = Formats.named("", "date");
        for (int year : new int[] {1, 4, 100, 400, 1600, 1900, 1970, 1999, 2000, 2023, 2024, 2100, 2400, 9996, 9999}) {
            for (int month = 0; month <= 13; month++) {
                for (int day = 0; day <= 32; day++) {
                    String text = String.format("%04d-%02d-%02d", year, month, day);
                    assertEquals(isDate(year, month, day), Operations.run(dates, text), text);
                }
            }
        }
    }

    private static boolean isDate(int year, int month, int day) {
        try {
            LocalDate.of(year, month, day);
            return true;
        } catch (DateTimeException e) {
            return false;
        }
    }

    @Test
    void allDaysOfACenturyAreDates() {
        for (LocalDate day = LocalDate.of(1899, 1, 1); day.getYear() < 2005; day = day.plusDays(1)) {
            assertTrue(is("date", day.toString()), day.toString());
            assertTrue(is("date-time", day + "T23:59:59Z"), day.toString());
        }
    }

    @Test
    void othersAreNoDates() {
        for (String wrong :
                List.of("0000-01-01", "24-01-01", "2024-1-1", "2024-01-01 ", "2024/01/01", "20240101", "12024-01-01")) {
            assertFalse(is("date", wrong), wrong);
        }
    }

    @Test
    void timesHaveOffsets() {
        for (String right : List.of(
                "2024-02-29T00:00:00Z",
                "2023-12-31T23:59:59.123456789+05:30",
                "1999-01-01T12:00:00-18:00",
                "2024-06-01T01:02:03.5+00:00")) {
            assertTrue(is("date-time", right), right);
            assertTrue(OffsetDateTime.parse(right).getYear() > 1900, right);
            assertTrue(is("time", right.substring(11)), right);
        }
        for (String wrong : List.of(
                "2023-02-29T00:00:00Z",
                "2024-01-01T24:00:00Z",
                "2024-01-01T23:60:00Z",
                "2024-01-01T23:59:60Z",
                "2024-01-01T00:00:00",
                "2024-01-01 00:00:00Z",
                "2024-01-01T00:00:00.Z",
                "2024-01-01T00:00:00+18:01",
                "2024-01-01T00:00:00-00:00",
                "2024-01-01T00:00Z",
                "2024-01-01T00:00:00+0100",
                "0000-01-01T00:00:00Z")) {
            assertFalse(is("date-time", wrong), wrong);
        }
    }

    @Test
    void otherFormats() {
        assertTrue(is("uuid", "123e4567-e89B-12d3-a456-426614174000"));
        assertFalse(is("uuid", "123e4567e89b12d3a456426614174000"));
        assertTrue(is("ipv4", "192.168.0.255"));
        for (String wrong : List.of("256.0.0.1", "1.2.3", "01.2.3.4", "1.2.3.4.5")) {
            assertFalse(is("ipv4", wrong), wrong);
        }
        for (String right : List.of("a@b.com", "first.last+tag@mail.example.co.uk", "x_y-z@example.org")) {
            assertTrue(is("email", right), right);
        }
        for (String wrong : List.of("a", "a@b", "@b.com", "a@.com", "a..b@c.com", "a@-b.com", "a b@c.com")) {
            assertFalse(is("email", wrong), wrong);
        }
    }
}
