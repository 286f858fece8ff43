package io.promptmill.udf.hub;

import io.promptmill.udf.error.ConfigException;
import java.net.URI;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;

/** Which hub is asked, and as whom. Immutable. */
public final class HubSettings {
    private static final String ENDPOINT_VARIABLE = "HF_ENDPOINT";
    private static final String TOKEN_VARIABLE = "HF_TOKEN";
    private static final String OLD_TOKEN_VARIABLE = "HUGGING_FACE_HUB_TOKEN";
    private static final String DEFAULT_ENDPOINT = "https://huggingface.co";
    private static final Pattern VISIBLE = Pattern.compile("[!-~]+");

    private final URI endpoint;
    private final String token;
    private final HubPatience patience;

    /** @param token or null */
    HubSettings(URI endpoint, String token, HubPatience patience) {
        this.endpoint = endpoint;
        this.token = token;
        this.patience = patience;
    }

    /**
     * The hub that {@code HF_ENDPOINT} names, else huggingface.co; the token of {@code HF_TOKEN}, else of
     * {@code HUGGING_FACE_HUB_TOKEN}, else none.
     *
     * @throws ConfigException where a variable has a value that cannot be used; a token is not repeated in the message
     */
    public static HubSettings of(Map<String, String> environment) {
        String name = isGiven(environment.get(TOKEN_VARIABLE)) ? TOKEN_VARIABLE : OLD_TOKEN_VARIABLE;
        String token = environment.get(name);
        String endpoint = environment.get(ENDPOINT_VARIABLE);
        return new HubSettings(
                endpoint(isGiven(endpoint) ? endpoint.strip() : DEFAULT_ENDPOINT),
                isGiven(token) ? token(name, token.strip()) : null,
                HubPatience.DEFAULT);
    }

    private static boolean isGiven(String value) {
        return value != null && !value.isBlank();
    }

    private static URI endpoint(String text) {
        URI endpoint = null;
        try {
            endpoint = URI.create(text.replaceAll("/+$", ""));
        } catch (IllegalArgumentException malformed) {
            throw badEndpoint(malformed);
        }
        boolean web = "https".equalsIgnoreCase(endpoint.getScheme()) || "http".equalsIgnoreCase(endpoint.getScheme());
        if (!web || endpoint.getHost() == null || endpoint.getUserInfo() != null || endpoint.getQuery() != null) {
            throw badEndpoint(null);
        }
        return endpoint;
    }

    /** The value may hold a password and is not repeated. */
    private static ConfigException badEndpoint(Throwable cause) {
        return new ConfigException(
                ENDPOINT_VARIABLE + " is not the address of a hub; expected one such as " + DEFAULT_ENDPOINT
                        + ", without user and password",
                cause);
    }

    private static String token(String name, String text) {
        if (!VISIBLE.matcher(text).matches()) {
            throw new ConfigException(
                    name + " holds characters that no token has, such as a space; set it to the token alone");
        }
        return text;
    }

    /** Without a slash at the end. */
    public URI endpoint() {
        return endpoint;
    }

    /** Null where there is none. */
    String token() {
        return token;
    }

    HubPatience patience() {
        return patience;
    }

    HubSettings with(HubPatience other) {
        return new HubSettings(endpoint, token, other);
    }

    /** True for an address at the endpoint itself: the one place that may see the token. */
    boolean isOwn(URI address) {
        return endpoint.getScheme().equalsIgnoreCase(address.getScheme())
                && endpoint.getHost().equalsIgnoreCase(Objects.requireNonNullElse(address.getHost(), ""))
                && port(endpoint) == port(address);
    }

    private static int port(URI address) {
        if (address.getPort() >= 0) {
            return address.getPort();
        }
        return "https".equalsIgnoreCase(address.getScheme()) ? 443 : 80;
    }

    /** The page of a repository, for people. */
    String page(HubReference reference) {
        return endpoint + "/" + reference.repository();
    }

    /** Without the token. */
    @Override
    public String toString() {
        return endpoint + (token == null ? " without token" : " with a token");
    }
}
