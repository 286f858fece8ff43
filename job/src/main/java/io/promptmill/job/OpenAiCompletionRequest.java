package io.promptmill.job;

import io.promptmill.udf.engine.CompletionOptions;
import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.spark.RequestColumn;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Reads a request for a completion, with its own sampling and form of answer. */
final class OpenAiCompletionRequest extends OpenAiRequest {
    private static final long serialVersionUID = 1L;

    static final String TOP_LOGPROBS = "top_logprobs";

    /** Sampling keys that a body may have, under the same names, and the columns that hold them. */
    static final Map<String, DataType> SAMPLING = sampling();

    private static final StructType SCHEMA = completionSchema();

    private final int logprobs;

    /** @param logprobs of the job, as {@link io.promptmill.udf.spark.GenerateTask#logprobs} */
    OpenAiCompletionRequest(int logprobs) {
        this.logprobs = logprobs;
    }

    private static Map<String, DataType> sampling() {
        Map<String, DataType> columns = new LinkedHashMap<>();
        columns.put("max_tokens", DataTypes.IntegerType);
        columns.put("temperature", DataTypes.DoubleType);
        columns.put("top_p", DataTypes.DoubleType);
        columns.put("stop", DataTypes.createArrayType(DataTypes.StringType));
        columns.put("seed", DataTypes.LongType);
        columns.put("presence_penalty", DataTypes.DoubleType);
        columns.put("frequency_penalty", DataTypes.DoubleType);
        columns.put("logit_bias", DataTypes.StringType);
        // What vLLM takes besides.
        columns.put("top_k", DataTypes.IntegerType);
        columns.put("min_p", DataTypes.DoubleType);
        columns.put("repetition_penalty", DataTypes.DoubleType);
        columns.put("min_tokens", DataTypes.IntegerType);
        columns.put("stop_token_ids", DataTypes.StringType);
        columns.put("ignore_eos", DataTypes.BooleanType);
        return columns;
    }

    private static StructType completionSchema() {
        StructType schema = commonSchema();
        for (Map.Entry<String, DataType> column : SAMPLING.entrySet()) {
            schema = schema.add(column.getKey(), column.getValue());
        }
        return schema.add(TOP_LOGPROBS, DataTypes.IntegerType);
    }

    @Override
    StructType schema() {
        return SCHEMA;
    }

    @Override
    List<String> urls() {
        return List.of(CHAT, TEXT);
    }

    @Override
    RequestColumn request(String url, OpenAiBody body, Object[] values) {
        boolean chat = url.equals(CHAT);
        body.requireSupported(chat ? OpenAiBody.CHAT_FIELDS : OpenAiBody.TEXT_FIELDS);
        int column = COMMON;
        for (Map.Entry<String, DataType> sampling : SAMPLING.entrySet()) {
            boolean newer = sampling.getKey().equals("max_tokens") && body.has("max_completion_tokens");
            values[column++] = body.value(newer ? "max_completion_tokens" : sampling.getKey(), sampling.getValue());
        }
        values[column] = topLogprobs(body, chat);
        return chat
                ? RequestColumn.chat(body.messages(), body.jsonSchema())
                : RequestColumn.text(body.prompt(), body.jsonSchema());
    }

    /** How many alternatives the answer is to have for each token; null for no log-probabilities. */
    private Integer topLogprobs(OpenAiBody body, boolean chat) {
        Integer asked;
        String key = chat ? TOP_LOGPROBS : "logprobs";
        if (chat) {
            boolean wanted = Boolean.TRUE.equals(body.flag("logprobs"));
            Integer alternatives = body.count(key);
            if (!wanted && alternatives != null && alternatives != 0) {
                throw new RequestException("body.top_logprobs is " + alternatives + " without logprobs: true; add that,"
                        + " or remove it");
            }
            asked = !wanted ? null : alternatives == null ? Integer.valueOf(0) : alternatives;
        } else {
            asked = body.count(key);
        }
        if (asked != null && (asked < 0 || asked > CompletionOptions.MOST_ALTERNATIVES)) {
            throw new RequestException(
                    "body." + key + " is " + asked + "; expected 0 to " + CompletionOptions.MOST_ALTERNATIVES);
        }
        if (asked != null && asked > logprobs) {
            throw new RequestException("body asks for log-probabilities with " + asked + " alternatives, and the job "
                    + (logprobs == CompletionOptions.NONE ? "computes none" : "for " + logprobs)
                    + "; set generate.logprobs to " + asked + " or more");
        }
        return asked;
    }
}
