package io.promptmill.udf.hub;

import java.net.ConnectException;
import java.nio.channels.UnresolvedAddressException;

/** Words for failures whose exceptions have none. */
final class Words {
    private Words() {}

    /** Whether the name of the host leads nowhere: waiting for long does not help. */
    static boolean isUnknownHost(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnresolvedAddressException) {
                return true;
            }
        }
        return false;
    }

    /** What went wrong, in a few words. */
    static String of(Throwable failure) {
        if (isUnknownHost(failure)) {
            return "the host's name is not known";
        }
        if (failure.getMessage() != null && !failure.getMessage().isBlank()) {
            return failure.getMessage();
        }
        return failure instanceof ConnectException
                ? "the connection was refused"
                : failure.getClass().getSimpleName();
    }
}
