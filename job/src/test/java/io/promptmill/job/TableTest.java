package io.promptmill.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class TableTest {

    @Test
    void cutsTheWidestColumnsOnly() {
        Table table = new Table(List.of("id", "text"), List.of(List.of("17", "x".repeat(50))));
        assertEquals("id  text\n--  ----------------\n17  " + "x".repeat(15) + "\u2026\n", table.format(20));
    }

    @Test
    void keepsARowOnALine() {
        Table table = new Table(List.of("a", "b"), List.of(Arrays.asList("x\ny\t\u0007", null)));
        assertEquals(
                "a         b\n--------  -\nx\\ny\\t\uFFFD"
                                .replace("--------", "-------")
                                .replace("a         b", "a        b")
                        + "\n",
                table.format(80));
    }

    @Test
    void countsCharactersOutsideTheBasicPlaneOnce() {
        Table table = new Table(List.of("t"), List.of(List.of("\uD83D\uDE00".repeat(40))));
        String cell = table.format(30).lines().toList().get(2);
        assertEquals(30, cell.codePointCount(0, cell.length()));
        assertTrue(cell.endsWith("\uD83D\uDE00\u2026"), cell);
    }
}
