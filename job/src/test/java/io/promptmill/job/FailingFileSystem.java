package io.promptmill.job;

import java.io.IOException;
import java.net.URI;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/** Local files under {@code failing:}, on which the renames that {@link #REFUSED} counts fail. */
public final class FailingFileSystem extends RawLocalFileSystem {
    /** Setting: which renames fail, counted from 1. */
    static final String REFUSED = "failing.renames";

    static final URI ROOT = URI.create("failing:///");
    private int renames;

    static void register(Configuration hadoop) {
        hadoop.setClass("fs.failing.impl", FailingFileSystem.class, RawLocalFileSystem.class);
    }

    @Override
    public URI getUri() {
        return ROOT;
    }

    @Override
    public String getScheme() {
        return ROOT.getScheme();
    }

    @Override
    public boolean rename(Path from, Path to) throws IOException {
        renames++;
        for (int refused : getConf().getInts(REFUSED)) {
            if (renames == refused) {
                throw new IOException("rename " + renames + " is refused");
            }
        }
        return super.rename(from, to);
    }
}
