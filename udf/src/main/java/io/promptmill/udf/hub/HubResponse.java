package io.promptmill.udf.hub;

import java.net.URI;
import java.net.http.HttpHeaders;
import java.util.Optional;

/**
 * An answer whose bytes are still to be read.
 *
 * @param address that gave it, behind all redirects
 * @param own whether that is the endpoint itself
 * @param linkedTag what the endpoint says that the content behind its redirect has for an ETag; null where it does not
 */
record HubResponse(int status, HttpHeaders headers, URI address, boolean own, String linkedTag, ResponseBody body)
        implements AutoCloseable {
    private static final String LINKED = "linked ";

    Optional<String> header(String name) {
        return headers.firstValue(name);
    }

    /**
     * What changes when the content does: the endpoint's tag, which is the same at all hosts behind it, before an ETag.
     * Empty where there is neither.
     */
    String version() {
        return linkedTag != null ? LINKED + linkedTag : header("ETag").orElse("");
    }

    /** True where a server can be asked to compare a version itself: a strong ETag (RFC 9110, 13.1.5). */
    static boolean isStrongTag(String version) {
        return version.startsWith("\"");
    }

    /** The SHA-256 of the content of a version, where the endpoint's tag is one, as it is for large files; else null. */
    static String sha256(String version) {
        String digits =
                version == null ? "" : version.replaceFirst("^" + LINKED, "").replace("\"", "");
        return digits.matches("[0-9a-f]{64}") && version.startsWith(LINKED) ? digits : null;
    }

    /** The address without what is signed or secret in it. */
    String place() {
        return address.getScheme() + "://" + address.getAuthority() + address.getPath();
    }

    @Override
    public void close() {
        body.close();
    }
}
