package io.promptmill.job;

import io.promptmill.udf.engine.ModelSummary;
import io.promptmill.udf.error.PromptmillException;
import io.promptmill.udf.spark.ModelResolver;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;

/**
 * Which model, or adapter, a job computes with.
 *
 * @param sha256 of the file in hexadecimal; of several files, of the lines {@code SHA256  NAME} in the order of their
 *     names. Null where the files are not on this machine
 * @param reference what tells it where there is no digest: a commit on the Hugging Face hub, or size and time of change
 * @param chatTemplateSha256 of the template's UTF-8 text, or null where there is none or it is not known
 */
record ModelIdentity(String sha256, String reference, String chatTemplateSha256) {
    private static final int BUFFER_BYTES = 1 << 20;

    /**
     * Reads the whole model where it is on this machine: about a second for each gigabyte.
     *
     * @param reference as executors are given it
     */
    static ModelIdentity of(String reference, Configuration hadoop) {
        if (ModelResolver.isOnHub(reference)) {
            return new ModelIdentity(null, reference, null);
        }
        Optional<Path> here = ModelResolver.pathOf(reference).filter(Files::exists);
        try {
            return here.isPresent() ? of(here.get()) : new ModelIdentity(null, elsewhere(reference, hadoop), null);
        } catch (IOException e) {
            throw new JobFailedException("the model '" + reference + "' cannot be read: " + Failures.firstLine(e), e);
        }
    }

    /** What identifies the model, as one text. */
    String text() {
        return sha256 == null ? reference : sha256;
    }

    private static ModelIdentity of(Path path) throws IOException {
        List<Path> files = files(path);
        if (files.size() == 1) {
            return new ModelIdentity(digest(files.get(0)), path.toString(), chatTemplate(path));
        }
        StringBuilder lines = new StringBuilder();
        for (Path file : files) {
            lines.append(digest(file)).append("  ").append(file.getFileName()).append('\n');
        }
        return new ModelIdentity(digest(lines.toString()), path.toString(), chatTemplate(path));
    }

    /** The file, its other parts, or the files of a folder, by name. */
    private static List<Path> files(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            try (Stream<Path> found = Files.list(path)) {
                return found.filter(Files::isRegularFile).sorted().toList();
            }
        }
        String parts = path.getFileName().toString().replaceFirst("-\\d{5}(-of-\\d{5}\\.gguf)$", "-*$1");
        if (!parts.contains("*")) {
            return List.of(path);
        }
        List<Path> found = new ArrayList<>();
        try (var matches = Files.newDirectoryStream(path.toAbsolutePath().getParent(), parts)) {
            matches.forEach(found::add);
        }
        return found.stream().sorted().toList();
    }

    private static String chatTemplate(Path path) {
        try {
            String template = ModelSummary.of(path).chatTemplate();
            return template == null ? null : digest(template);
        } catch (PromptmillException noModel) {
            return null;
        }
    }

    private static String elsewhere(String reference, Configuration hadoop) throws IOException {
        if (ModelResolver.pathOf(reference).isPresent()) {
            return reference;
        }
        org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path(reference);
        FileSystem files = path.getFileSystem(hadoop);
        FileStatus status = files.getFileStatus(path);
        return reference + " of " + status.getLen() + " bytes, changed " + status.getModificationTime();
    }

    private static String digest(Path file) throws IOException {
        MessageDigest digest = sha256Algorithm();
        byte[] buffer = new byte[BUFFER_BYTES];
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                digest.update(buffer, 0, read);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    static String digest(String text) {
        return HexFormat.of().formatHex(sha256Algorithm().digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static MessageDigest sha256Algorithm() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }
}
