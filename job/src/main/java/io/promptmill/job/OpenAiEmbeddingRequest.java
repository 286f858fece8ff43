package io.promptmill.job;

import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.spark.RequestColumn;
import java.util.List;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Reads a request for embeddings: texts, each of which becomes a vector. */
final class OpenAiEmbeddingRequest extends OpenAiRequest {
    private static final long serialVersionUID = 1L;

    static final String ENCODING_FORMAT = "encoding_format";
    static final String BASE64 = "base64";

    private static final StructType SCHEMA = commonSchema().add(ENCODING_FORMAT, DataTypes.StringType);

    @Override
    StructType schema() {
        return SCHEMA;
    }

    @Override
    List<String> urls() {
        return List.of(EMBEDDINGS);
    }

    @Override
    RequestColumn request(String url, OpenAiBody body, Object[] values) {
        body.requireSupported(OpenAiBody.EMBEDDING_FIELDS);
        values[COMMON] = body.oneOf(ENCODING_FORMAT, List.of("float", BASE64));
        Integer dimensions = body.count("dimensions");
        if (dimensions != null && dimensions < 1) {
            throw new RequestException("body.dimensions is " + dimensions + "; expected 1 or more");
        }
        return RequestColumn.embedding(body.inputs(), dimensions);
    }
}
