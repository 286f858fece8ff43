package io.promptmill.udf.hub;

import io.promptmill.udf.error.ModelFileException;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Set;

/**
 * What the status of an answer means for a model. The codes in {@code X-Error-Code} are those that the hub's own client
 * tells apart (huggingface/huggingface_hub, {@code utils/_http.py}).
 */
final class HubStatus {
    private static final Set<Integer> LATER = Set.of(408, 425, 429, 500, 502, 503, 504);

    private final HubReference reference;
    private final HubSettings settings;

    HubStatus(HubReference reference, HubSettings settings) {
        this.reference = reference;
        this.settings = settings;
    }

    /**
     * Returns where the answer is what was asked for.
     *
     * @throws IOException where it may be another time
     * @throws ModelFileException where it will not be before somebody does something about it
     */
    void require(HubResponse response) throws IOException {
        int status = response.status();
        if (status == 200 || status == 206) {
            return;
        }
        String answer = response.place() + " answers with status " + status;
        if (LATER.contains(status)) {
            throw new BusyException(answer, retryAfter(response));
        }
        // Behind a redirect, addresses are signed and expire; the endpoint gives a new one.
        if (!response.own()) {
            throw new IOException(answer);
        }
        throw refusal(status, response.header("X-Error-Code").orElse(""), answer);
    }

    private ModelFileException refusal(int status, String code, String answer) {
        String model = "model '" + reference + "': " + answer + ": ";
        String page = settings.page(reference);
        if (code.equals("RevisionNotFound")) {
            return new ModelFileException(model + "the repository has no revision '" + reference.revision()
                    + "'; take one of those at " + page + "/commits");
        }
        if (status == 401 || status == 403) {
            return new ModelFileException(model
                    + (code.equals("GatedRepo") ? "the repository is gated; " : "")
                    + (settings.token() == null ? withoutToken(page) : withToken(page)));
        }
        if (code.equals("EntryNotFound")) {
            return new ModelFileException(
                    model + "the repository lists the file and does not have it; look at " + page);
        }
        if (status == 404) {
            return new ModelFileException(
                    model + "there is no such repository or revision; check the name, or set HF_TOKEN to a token of"
                            + " somebody who may see it if it is private");
        }
        return new ModelFileException(model + "this was not expected; check that HF_ENDPOINT, " + settings.endpoint()
                + ", is the address of a Hugging Face hub");
    }

    private static String withoutToken(String page) {
        return "it is private or gated, or does not exist. Check its name, ask for access at " + page
                + " and set HF_TOKEN to your token, for executors too (spark.executorEnv.HF_TOKEN)";
    }

    private static String withToken(String page) {
        return "the token in HF_TOKEN is not valid or has no access. Ask for access at " + page
                + ", or set HF_TOKEN to another token, for executors too (spark.executorEnv.HF_TOKEN)";
    }

    /** Seconds or a date (RFC 9110, 10.2.3); zero for anything else. */
    private static Duration retryAfter(HubResponse response) {
        String text = response.header("Retry-After").orElse("").strip();
        if (text.matches("\\d{1,9}")) {
            return Duration.ofSeconds(Long.parseLong(text));
        }
        try {
            Instant then = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
            Duration wait = Duration.between(Instant.now(), then);
            return wait.isNegative() ? Duration.ZERO : wait;
        } catch (DateTimeException none) {
            return Duration.ZERO;
        }
    }
}
