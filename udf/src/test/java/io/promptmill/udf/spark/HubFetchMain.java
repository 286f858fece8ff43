package io.promptmill.udf.spark;

import io.promptmill.udf.hub.HubSettings;
import java.nio.file.Path;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;

/** Resolves a model of the hub in a process of its own: arguments are the reference, the cache folder, the endpoint. */
final class HubFetchMain {
    private HubFetchMain() {}

    public static void main(String[] arguments) {
        HubSettings hub = HubSettings.of(Map.of("HF_ENDPOINT", arguments[2]));
        ModelCache cache = new ModelCache(Path.of(arguments[1]));
        System.out.println(
                "resolved " + new ModelResolver(new Configuration(), cache, () -> hub).resolve(arguments[0]));
    }
}
