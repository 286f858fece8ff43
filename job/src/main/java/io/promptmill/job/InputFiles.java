package io.promptmill.job;

import io.promptmill.udf.error.DataException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Finds the files that Spark reads for the paths of an input. */
final class InputFiles {

    private InputFiles() {}

    /**
     * Every file of a path: those that it names, and those of the folders that it names, in the order of their names.
     * Folders in folders count where their name is a partition's, {@code key=value}, or where the reader is told to
     * descend into all.
     *
     * @throws DataException where the path matches nothing or cannot be listed
     */
    static List<Path> of(String path, Map<String, String> options, Configuration hadoop) {
        boolean all = options.entrySet().stream()
                .anyMatch(option -> option.getKey().equalsIgnoreCase("recursiveFileLookup")
                        && Boolean.parseBoolean(option.getValue()));
        try {
            Path location = new Path(path);
            FileSystem files = location.getFileSystem(hadoop);
            FileStatus[] matches = files.globStatus(location);
            if (matches == null || matches.length == 0) {
                throw new DataException("input.path '" + path + "' matches no file on " + files.getUri()
                        + " (working directory " + files.getWorkingDirectory() + ")");
            }
            List<Path> found = new ArrayList<>();
            for (FileStatus match : matches) {
                addFiles(files, match, all, found);
            }
            return found;
        } catch (IOException | IllegalArgumentException e) {
            throw new DataException("input.path '" + path + "' cannot be listed: " + Failures.firstLine(e), e);
        }
    }

    private static void addFiles(FileSystem files, FileStatus match, boolean all, List<Path> found) throws IOException {
        Deque<FileStatus> queue = new ArrayDeque<>(List.of(match));
        while (!queue.isEmpty()) {
            FileStatus status = queue.pop();
            if (status.isFile()) {
                found.add(status.getPath());
                continue;
            }
            for (FileStatus child : files.listStatus(status.getPath())) {
                String name = child.getPath().getName();
                boolean hidden = name.startsWith(".") || (name.startsWith("_") && !name.contains("="));
                if (!hidden && (child.isFile() || all || name.contains("="))) {
                    queue.add(child);
                }
            }
        }
    }
}
