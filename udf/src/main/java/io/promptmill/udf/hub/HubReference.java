package io.promptmill.udf.hub;

import io.promptmill.udf.error.ModelFileException;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a user calls a model on the hub: {@code hf://organisation/name[@revision]}, then nothing, {@code /path} or
 * {@code :QUANTISATION}. Immutable.
 *
 * @param repository {@code organisation/name}
 * @param revision branch, tag or commit, or null for the branch {@code main}
 * @param path of a file or folder in the repository, empty for its top folder
 * @param quantisation that the file's name has, such as {@code Q4_K_M}, or null
 */
public record HubReference(String repository, String revision, String path, String quantisation) {
    private static final String SCHEME = "hf:";
    private static final String NAME = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,95}";
    private static final String REPOSITORY = "(" + NAME + "/" + NAME + ")";
    /** A slash stands in a revision as %2F, besides those of the hub's own forms for pull requests and conversions. */
    private static final String REVISION = "(?:@(refs/(?:pr|convert)/[^/:@\\s]+|[^/:@\\s]+))?";

    private static final String QUANTISATION = ":([A-Za-z0-9_.-]+)";
    private static final Pattern FULL =
            Pattern.compile("(?i:hf)://" + REPOSITORY + REVISION + "(?:" + QUANTISATION + "|/(.*))?");
    private static final Pattern SHORT = Pattern.compile(REPOSITORY + REVISION + QUANTISATION);
    private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");

    public HubReference {
        Objects.requireNonNull(repository);
        Objects.requireNonNull(path);
    }

    /** True for a reference that says {@code hf:}, right or not. */
    public static boolean hasScheme(String text) {
        return text.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
    }

    /** True for {@code organisation/name:QUANTISATION}, which could be the path of a file, too. */
    public static boolean isShort(String text) {
        return SHORT.matcher(text).matches();
    }

    /** @throws ModelFileException for what is no reference, with the forms that there are */
    public static HubReference parse(String text) {
        Matcher brief = SHORT.matcher(text);
        if (brief.matches()) {
            return new HubReference(brief.group(1), revision(brief.group(2)), "", brief.group(3));
        }
        Matcher full = FULL.matcher(text);
        if (!full.matches()) {
            throw new ModelFileException("model '" + text + "' is not a reference to the Hugging Face hub; expected"
                    + " hf://organisation/name/file.gguf, hf://organisation/name:Q4_K_M or hf://organisation/name,"
                    + " with @revision after the name where it is not the newest");
        }
        String repository = full.group(1);
        String owner = repository.substring(0, repository.indexOf('/')).toLowerCase(Locale.ROOT);
        if (owner.equals("datasets") || owner.equals("spaces")) {
            throw new ModelFileException("model '" + text + "' lies among the hub's " + owner
                    + "; expected a repository of a model, hf://organisation/name");
        }
        String path = full.group(4) == null ? "" : full.group(4).replaceAll("/+$", "");
        if (!path.isEmpty() && !RemoteFile.isPath(path)) {
            throw new ModelFileException("model '" + text + "': '" + path + "' is not a path in a repository;"
                    + " expected names with single slashes between them, without . and ..");
        }
        return new HubReference(repository, revision(full.group(2)), path, full.group(3));
    }

    private static String revision(String written) {
        return written == null ? null : written.replaceAll("(?i)%2f", "/");
    }

    /** The reference to {@code path} as it is in a commit, for good. */
    HubReference at(String commit, String path) {
        return new HubReference(repository, commit, path, null);
    }

    /** True where the reference names a commit and what in it: it means the same files for ever. */
    public boolean isPinned() {
        return quantisation == null
                && revision != null
                && COMMIT.matcher(revision).matches();
    }

    /** True for the name of a commit, forty hexadecimal digits. */
    static boolean isCommit(String text) {
        return COMMIT.matcher(text).matches();
    }

    /** The reference in the form that {@link #parse} reads. */
    @Override
    public String toString() {
        return "hf://" + repository
                + (revision == null ? "" : "@" + revision.replace("/", "%2F"))
                + (quantisation == null ? "" : ":" + quantisation)
                + (path.isEmpty() ? "" : "/" + path);
    }
}
