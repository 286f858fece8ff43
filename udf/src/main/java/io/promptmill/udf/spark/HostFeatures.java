package io.promptmill.udf.spark;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What a machine computes with, in words: which instructions its processor has decides which kernels are chosen. */
final class HostFeatures {
    private static final Path PROCESSORS = Path.of("/proc/cpuinfo");
    /** Those that kernels here or in oneDNN make use of, as Linux names them. */
    private static final List<String> INSTRUCTIONS = List.of(
            "avx2",
            "fma",
            "avx_vnni",
            "avx512f",
            "avx512_vnni",
            "avx512_bf16",
            "amx_int8",
            "amx_bf16",
            "asimddp",
            "sve");

    private HostFeatures() {}

    /** Such as {@code node-7: AMD EPYC 9654, 32 processors, avx2 fma avx512f, Java 17.0.15}. */
    static String describe() {
        return host() + ": " + processor() + ", " + Runtime.getRuntime().availableProcessors() + " processors, "
                + String.join(" ", instructions()) + ", Java " + Runtime.version();
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException unnamed) {
            return "unnamed host";
        }
    }

    private static String processor() {
        return lines("model name").stream().findFirst().orElse(System.getProperty("os.arch"));
    }

    private static List<String> instructions() {
        List<String> found = new ArrayList<>();
        for (String key : List.of("flags", "Features")) {
            lines(key).stream()
                    .findFirst()
                    .ifPresent(line -> Arrays.stream(line.split(" "))
                            .filter(INSTRUCTIONS::contains)
                            .forEach(found::add));
        }
        return found;
    }

    /** The values under a key; none where the system does not say. */
    private static List<String> lines(String key) {
        try {
            return Files.readAllLines(PROCESSORS).stream()
                    .filter(line -> line.startsWith(key) && line.contains(":"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .toList();
        } catch (IOException unknown) {
            return List.of();
        }
    }
}
