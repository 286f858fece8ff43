package io.promptmill.udf.hub;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The files of one model as they are in one commit. Immutable.
 *
 * @param reference that is pinned to the commit
 * @param folder whether the model is a folder of files, not one file and the parts that belong to it
 * @param files in one folder of the repository, at least one
 */
public record Snapshot(HubReference reference, boolean folder, List<RemoteFile> files) {
    private static final String NONE = "-";
    private static final String FOLDER = "folder";
    private static final String FILE = "file";
    private static final Pattern LINE = Pattern.compile("(\\d{1,18}) ([0-9a-f]{64}|-) ([0-9a-f]{40}|-) (.+)");

    public Snapshot {
        files = List.copyOf(files);
    }

    /** What to call the model's place: the file's name, or the repository's where the model is a folder. */
    public String name() {
        String whole = folder ? reference.repository() : reference.path();
        return whole.substring(whole.lastIndexOf('/') + 1);
    }

    /** In bytes, of all files. */
    public long size() {
        return files.stream().mapToLong(RemoteFile::size).sum();
    }

    /**
     * Sixty-four hexadecimal digits that change when a file does. A commit that leaves these files alone leaves them be,
     * too, unless the hub does not give checksums.
     */
    public String identity() {
        StringBuilder text = new StringBuilder(folder ? FOLDER : FILE);
        for (RemoteFile file : files) {
            text.append('\n')
                    .append(file.name())
                    .append('\n')
                    .append(file.size())
                    .append('\n');
            if (file.sha256() == null && file.gitId() == null) {
                text.append(reference);
            } else {
                text.append(file.sha256()).append(' ').append(file.gitId());
            }
        }
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256")
                            .digest(text.toString().getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }

    /** In a form that {@link #parse} reads: the reference, the kind, and a line for each file. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>(List.of(reference.toString(), folder ? FOLDER : FILE));
        for (RemoteFile file : files) {
            lines.add(file.size() + " " + orNone(file.sha256()) + " " + orNone(file.gitId()) + " " + file.path());
        }
        return lines;
    }

    /** Empty for what {@link #lines} did not write. */
    public static Optional<Snapshot> parse(List<String> lines) {
        if (lines.size() < 3 || !HubReference.hasScheme(lines.get(0))) {
            return Optional.empty();
        }
        List<RemoteFile> files = new ArrayList<>();
        for (String line : lines.subList(2, lines.size())) {
            Matcher fields = LINE.matcher(line);
            if (!fields.matches() || !RemoteFile.isPath(fields.group(4))) {
                return Optional.empty();
            }
            files.add(new RemoteFile(
                    fields.group(4), Long.parseLong(fields.group(1)), given(fields.group(2)), given(fields.group(3))));
        }
        HubReference reference = HubReference.parse(lines.get(0));
        return reference.isPinned()
                ? Optional.of(new Snapshot(reference, lines.get(1).equals(FOLDER), files))
                : Optional.empty();
    }

    private static String orNone(String text) {
        return text == null ? NONE : text;
    }

    private static String given(String text) {
        return text.equals(NONE) ? null : text;
    }
}
