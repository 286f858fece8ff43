package io.promptmill.job;

import static io.promptmill.job.ledger.ColumnNames.quoted;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * A few rows as text, one line each.
 *
 * @param cells by row and column; null for an absent value
 */
record Table(List<String> header, List<List<String>> cells) {
    private static final String GAP = "  ";
    private static final String CUT = "\u2026";
    private static final int NARROWEST = 4;

    /** The first rows of a dataset; nested values as JSON. */
    static Table of(Dataset<Row> rows, int limit) {
        Column[] columns =
                Arrays.stream(rows.schema().fields()).map(Table::asText).toArray(Column[]::new);
        List<List<String>> cells = new ArrayList<>();
        for (Row row : rows.limit(limit).select(columns).collectAsList()) {
            List<String> line = new ArrayList<>();
            for (int i = 0; i < row.size(); i++) {
                line.add(row.getString(i));
            }
            cells.add(line);
        }
        return new Table(List.of(rows.columns()), cells);
    }

    /** Columns by their exact names, whatever characters those have. */
    static Dataset<Row> select(Dataset<Row> rows, List<String> names) {
        return rows.select(quoted(names));
    }

    /** Lines of at most {@code width} characters where the columns allow it; wide cells are cut. */
    String format(int width) {
        int[] widths = widths(width);
        StringBuilder text = new StringBuilder();
        append(text, header, widths);
        append(text, Arrays.stream(widths).mapToObj("-"::repeat).toList(), widths);
        for (List<String> line : cells) {
            append(text, line.stream().map(Table::oneLine).toList(), widths);
        }
        return text.toString();
    }

    /** Natural widths, then the widest columns share what there is. */
    private int[] widths(int width) {
        int[] widths = header.stream().mapToInt(Table::length).toArray();
        for (List<String> line : cells) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], length(oneLine(line.get(i))));
            }
        }
        int room = width - GAP.length() * (widths.length - 1);
        while (Arrays.stream(widths).sum() > room) {
            int widest = 0;
            for (int i = 1; i < widths.length; i++) {
                widest = widths[i] > widths[widest] ? i : widest;
            }
            if (widths[widest] <= NARROWEST) {
                break;
            }
            widths[widest]--;
        }
        return widths;
    }

    private static void append(StringBuilder text, List<String> line, int[] widths) {
        StringBuilder joined = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            String cell = cut(line.get(i), widths[i]);
            joined.append(i == 0 ? "" : GAP).append(cell).append(" ".repeat(widths[i] - length(cell)));
        }
        text.append(joined.toString().stripTrailing()).append('\n');
    }

    private static String cut(String cell, int width) {
        return length(cell) <= width ? cell : cell.substring(0, cell.offsetByCodePoints(0, width - 1)) + CUT;
    }

    private static String oneLine(String cell) {
        if (cell == null) {
            return "";
        }
        StringBuilder line = new StringBuilder();
        cell.codePoints().forEach(character -> {
            switch (character) {
                case '\n' -> line.append("\\n");
                case '\r' -> line.append("\\r");
                case '\t' -> line.append("\\t");
                default -> line.appendCodePoint(Character.isISOControl(character) ? 0xFFFD : character);
            }
        });
        return line.toString();
    }

    private static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    private static Column asText(StructField field) {
        Column column = quoted(field.name());
        boolean nested = field.dataType() instanceof StructType
                || field.dataType() instanceof ArrayType
                || field.dataType() instanceof MapType;
        return (nested ? functions.to_json(column) : column.cast(DataTypes.StringType)).as(field.name());
    }
}
