package io.promptmill.job.ledger;

import java.util.Map;

/** How values are written as JSON so that all of them are there, to the microsecond. */
public final class JsonText {
    /** Of a timestamp. */
    public static final String MOMENT = "yyyy-MM-dd'T'HH:mm:ss[.SSSSSS][XXX]";

    /** Of a timestamp without a time zone. */
    public static final String MOMENT_WITHOUT_ZONE = "yyyy-MM-dd'T'HH:mm:ss[.SSSSSS]";

    /** For Spark's writer of JSON. */
    public static final Map<String, String> OPTIONS =
            Map.of("ignoreNullFields", "false", "timestampFormat", MOMENT, "timestampNTZFormat", MOMENT_WITHOUT_ZONE);

    private JsonText() {}
}
