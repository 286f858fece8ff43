package io.promptmill.job.ledger;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Finds the files with rows below a folder that Spark has written. */
public final class PartFiles {
    private PartFiles() {}

    /** Their names relative to the folder, in order; hidden ones and those in hidden folders are not among them. */
    public static List<String> below(FileSystem files, Path folder) throws IOException {
        List<String> names = new ArrayList<>();
        add(files, folder, "", names);
        names.sort(null);
        return names;
    }

    private static void add(FileSystem files, Path folder, String prefix, List<String> names) throws IOException {
        for (FileStatus status : files.listStatus(folder)) {
            String name = status.getPath().getName();
            boolean hidden = name.startsWith(".") || (name.startsWith("_") && !name.contains("="));
            if (!hidden && status.isDirectory()) {
                add(files, status.getPath(), prefix + name + "/", names);
            } else if (!hidden) {
                names.add(prefix + name);
            }
        }
    }
}
