package io.promptmill.job.ledger;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.UUID;

/** Names of runs: the moment, then letters and digits that no other run draws. */
public final class RunId {
    private static final DateTimeFormatter MOMENT =
            DateTimeFormatter.ofPattern("yyyyMMddHHmmss").withZone(ZoneOffset.UTC);
    private static final int DRAWN = 8;

    private RunId() {}

    public static String next() {
        return MOMENT.format(Instant.now()) + "x" + UUID.randomUUID().toString().substring(0, DRAWN);
    }
}
