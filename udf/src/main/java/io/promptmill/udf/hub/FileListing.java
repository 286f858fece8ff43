package io.promptmill.udf.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import io.promptmill.udf.error.ModelFileException;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Asks the hub's API what a repository holds: {@code /api/models/REPOSITORY/revision/REVISION} for the commit,
 * {@code /api/models/REPOSITORY/tree/COMMIT?recursive=true} for its files (huggingface/huggingface_hub, {@code hf_api.py}).
 */
final class FileListing {
    private static final ObjectReader JSON = new ObjectMapper().reader();
    private static final int MOST_BYTES = 16 << 20;
    private static final int MOST_PAGES = 200;
    private static final int MOST_FILES = 50_000;
    /** A link to the next page (RFC 8288). */
    private static final Pattern NEXT = Pattern.compile("<([^<>]*)>\\s*;\\s*rel=\"?next\"?");

    private final HubReference reference;
    private final HubSettings settings;
    private final HubConnection connection;
    private final HubStatus status;
    private final Waiting waiting;

    FileListing(HubReference reference, HubSettings settings, HubConnection connection, Waiting waiting) {
        this.reference = reference;
        this.settings = settings;
        this.connection = connection;
        this.status = new HubStatus(reference, settings);
        this.waiting = waiting;
    }

    /** The commit that the reference's revision stands for now. */
    String commit() throws IOException {
        String revision = reference.revision() == null ? "main" : reference.revision();
        if (HubReference.isCommit(revision)) {
            return revision;
        }
        URI address = api("revision", revision, "");
        String commit = get(address, new ArrayList<>()).path("sha").asText("");
        if (!HubReference.isCommit(commit)) {
            throw notAHub(address, "no commit under 'sha'");
        }
        return commit;
    }

    /** Every file in a commit. */
    List<RemoteFile> files(String commit) throws IOException {
        List<RemoteFile> files = new ArrayList<>();
        URI page = api("tree", commit, "?recursive=true");
        for (int pages = 0; page != null; pages++) {
            List<String> links = new ArrayList<>();
            JsonNode entries = get(page, links);
            if (!entries.isArray()) {
                throw notAHub(page, "no list of files");
            }
            entries.forEach(entry -> add(entry, files));
            if (files.size() > MOST_FILES || pages == MOST_PAGES) {
                throw new ModelFileException("model '" + reference + "': the repository has more than " + files.size()
                        + " files; expected at most " + MOST_FILES + ", take a smaller one");
            }
            Matcher next = NEXT.matcher(String.join(",", links));
            page = next.find() ? connection.follow(page, next.group(1)) : null;
        }
        return files;
    }

    /** Where a file's content is had. */
    static URI content(HubSettings settings, HubReference pinned, RemoteFile file) {
        return URI.create(settings.endpoint() + "/" + pinned.repository() + "/resolve/" + encode(pinned.revision())
                + "/"
                + String.join(
                        "/",
                        List.of(file.path().split("/")).stream()
                                .map(FileListing::encode)
                                .toList()));
    }

    private URI api(String kind, String revision, String query) {
        return URI.create(settings.endpoint() + "/api/models/" + reference.repository() + "/" + kind + "/"
                + encode(revision) + query);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** @param links takes the answer's links to other pages */
    private JsonNode get(URI address, List<String> links) throws IOException {
        Retries retries = new Retries(settings.patience(), waiting);
        while (true) {
            byte[] body = null;
            try (HubResponse response = connection.get(address, Map.of("Accept", "application/json"))) {
                status.require(response);
                body = response.body().readAll(MOST_BYTES);
                links.addAll(response.headers().allValues("Link"));
            } catch (IOException failure) {
                retries.after(failure, 0);
            }
            if (body != null) {
                return parse(address, body);
            }
        }
    }

    private JsonNode parse(URI address, byte[] body) {
        try {
            return JSON.readTree(body);
        } catch (IOException notJson) {
            throw notAHub(address, "no JSON");
        }
    }

    /** Entries of other kinds, and names that cannot be those of files here, are passed over. */
    private static void add(JsonNode entry, List<RemoteFile> files) {
        String path = entry.path("path").asText("");
        JsonNode large = entry.path("lfs");
        JsonNode size = large.has("size") ? large.path("size") : entry.path("size");
        boolean usable = size.canConvertToLong() && size.longValue() >= 0 && RemoteFile.isPath(path);
        if (usable && entry.path("type").asText("").equals("file")) {
            // The name in git of a large file is that of a small one which points to it.
            files.add(new RemoteFile(
                    path,
                    size.longValue(),
                    digits(large.path("oid"), 64),
                    large.isObject() ? null : digits(entry.path("oid"), 40)));
        }
    }

    private static String digits(JsonNode node, int count) {
        String text = node.asText("");
        return text.matches("[0-9a-f]{" + count + "}") ? text : null;
    }

    private ModelFileException notAHub(URI address, String found) {
        return new ModelFileException("model '" + reference + "': the answer of " + address + " has " + found
                + "; check that HF_ENDPOINT is the address of a Hugging Face hub");
    }
}
