package io.promptmill.udf.spark;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import io.promptmill.udf.error.ErrorCategory;
import io.promptmill.udf.error.RequestException;
import java.io.IOException;
import java.sql.Date;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;

/**
 * A completion in JSON. It is as long as its limit of tokens lets it be, so nothing else of it is limited.
 *
 * @param json the text
 * @param localDates whether Spark's session takes dates as java.time has them, instead of java.sql
 */
record JsonDocument(String json, boolean localDates) {
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(Integer.MAX_VALUE)
                    .maxNumberLength(Integer.MAX_VALUE)
                    .maxNameLength(Integer.MAX_VALUE)
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            // Names are a model's own: they are neither shared nor kept.
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();

    /**
     * The document as a row.
     *
     * @throws RequestException where it is no JSON
     */
    Object read(JsonColumn.Struct columns) {
        try (JsonParser parser = FACTORY.createParser(json)) {
            parser.nextToken();
            Object row = parser.currentToken() == null ? null : columns.read(parser, this);
            if (row == null || parser.nextToken() != null) {
                throw new RequestException(
                        ErrorCategory.CONSTRAINT,
                        "the completion is no JSON object; it is kept in the column " + OutputSchema.COMPLETION
                                + ". Raise sampling.max_tokens where it is cut off");
            }
            return row;
        } catch (IOException malformed) {
            throw new RequestException(
                    ErrorCategory.CONSTRAINT,
                    "the completion is not JSON (" + firstLine(malformed) + "); it is kept in the column "
                            + OutputSchema.COMPLETION + ". Raise sampling.max_tokens where it is cut off",
                    malformed);
        }
    }

    String text(int from, int to) {
        return json.substring(from, to);
    }

    Object date(LocalDate date) {
        return localDates ? date : Date.valueOf(date);
    }

    Object timestamp(Instant moment) {
        return localDates ? moment : Timestamp.from(moment);
    }

    private static String firstLine(IOException failure) {
        String message = failure instanceof com.fasterxml.jackson.core.JsonProcessingException json
                ? json.getOriginalMessage()
                : failure.getMessage();
        return String.valueOf(message).lines().findFirst().orElse("no reason given");
    }
}
