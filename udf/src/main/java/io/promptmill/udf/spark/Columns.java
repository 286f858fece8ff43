package io.promptmill.udf.spark;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.error.NearestName;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.types.StructType;

/** Finds columns by name and helps where there is none. */
final class Columns {
    private Columns() {}

    /**
     * The position of a column. A name that differs in case only is accepted where just one column has it, as Spark does.
     *
     * @param use what the column is for, for the message
     * @throws ConfigException where there is no such column
     */
    static int require(StructType schema, String name, String use) {
        String[] names = schema.fieldNames();
        int exact = Arrays.asList(names).indexOf(name);
        if (exact >= 0) {
            return exact;
        }
        int found = -1;
        for (int column = 0; column < names.length; column++) {
            if (names[column].equalsIgnoreCase(name)) {
                if (found >= 0) {
                    throw new ConfigException(use + " '" + name + "' fits two columns, '" + names[found] + "' and '"
                            + names[column] + "'; write the name with the case of the one that is meant");
                }
                found = column;
            }
        }
        if (found < 0) {
            throw new ConfigException(use + " '" + name + "' is not a column of the input; "
                    + NearestName.hint(name, List.of(names)) + "the columns are " + List.of(names));
        }
        return found;
    }
}
