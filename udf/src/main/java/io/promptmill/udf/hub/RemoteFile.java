package io.promptmill.udf.hub;

import java.util.List;
import java.util.regex.Pattern;

/**
 * A file of a repository, as the hub lists it.
 *
 * @param path in the repository
 * @param size in bytes
 * @param sha256 of the content in lower-case hexadecimal, or null where the hub does not give it
 * @param gitId the content's name in git, see {@link ContentDigest}, or null where the hub does not give it
 */
record RemoteFile(String path, long size, String sha256, String gitId) {
    private static final int LONGEST_PATH = 1024;
    /** Most filesystems end a name at 255 bytes; ours get a suffix. */
    private static final int LONGEST_NAME = 220;

    private static final Pattern NAME = Pattern.compile("[^/\\\\\\p{Cntrl}]+");

    /** The file's name without its folders. */
    String name() {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** The path of the file's folder, empty at the top. */
    String folder() {
        return path.substring(0, Math.max(0, path.lastIndexOf('/')));
    }

    /** True for a path of names that can become files here, none of which leads out of its folder. */
    static boolean isPath(String path) {
        return path.length() <= LONGEST_PATH
                && List.of(path.split("/", -1)).stream()
                        .allMatch(name -> NAME.matcher(name).matches()
                                && name.length() <= LONGEST_NAME
                                && !name.equals(".")
                                && !name.equals(".."));
    }
}
