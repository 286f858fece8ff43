package io.promptmill.udf.spark;

import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;

/** Resolves a model in a process of its own: arguments are the reference, the cache folder and the log of reads. */
final class FetchMain {
    private FetchMain() {}

    public static void main(String[] arguments) {
        Configuration hadoop = ElsewhereFileSystem.configuration(Path.of(arguments[2]));
        hadoop.setLong(ElsewhereFileSystem.DELAY_MILLIS, 1500);
        ModelLocation model = new ModelResolver(hadoop, new ModelCache(Path.of(arguments[1]))).resolve(arguments[0]);
        System.out.println("resolved " + model.path());
    }
}
