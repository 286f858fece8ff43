package io.promptmill.udf.spark;

import io.promptmill.udf.engine.TokenLogprob;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Log-probabilities of tokens as a column. */
final class LogprobColumns {
    private static final StructType TOKEN = new StructType()
            .add("token", DataTypes.StringType)
            .add("token_id", DataTypes.IntegerType)
            .add("logprob", DataTypes.DoubleType);

    /** An array with an element for each token, which has the most likely tokens of its place in {@code top}. */
    static final ArrayType TYPE = DataTypes.createArrayType(TOKEN.add("top", DataTypes.createArrayType(TOKEN)));

    private LogprobColumns() {}

    /** A value of {@link #TYPE}; null for null. */
    static Object value(List<TokenLogprob> tokens) {
        return tokens == null
                ? null
                : RowValues.toScala(tokens.stream()
                        .map(token -> RowFactory.create(
                                token.text(), token.token(), token.logprob(), alternatives(token.alternatives())))
                        .toList());
    }

    private static Object alternatives(List<TokenLogprob> tokens) {
        return RowValues.toScala(
                tokens.stream().map(LogprobColumns::alternative).toList());
    }

    private static Row alternative(TokenLogprob token) {
        return RowFactory.create(token.text(), token.token(), token.logprob());
    }
}
