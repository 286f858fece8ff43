package io.promptmill.job.ledger;

import java.util.Arrays;
import java.util.Collection;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.functions;

/** Columns by names that may have dots and quotes in them. */
public final class ColumnNames {
    private ColumnNames() {}

    public static Column quoted(String name) {
        return functions.col("`" + name.replace("`", "``") + "`");
    }

    public static Column[] quoted(String[] names) {
        return quoted(Arrays.asList(names));
    }

    public static Column[] quoted(Collection<String> names) {
        return names.stream().map(ColumnNames::quoted).toArray(Column[]::new);
    }
}
