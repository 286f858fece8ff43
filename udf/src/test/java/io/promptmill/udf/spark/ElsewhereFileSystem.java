package io.promptmill.udf.spark;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.CompositeCrcFileChecksum;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileChecksum;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.util.DataChecksum;

/**
 * This machine's files as those of another filesystem, {@code elsewhere:/path}. Every read is written to a log; settings
 * make it slow, damage what is read, or have it give checksums.
 */
public final class ElsewhereFileSystem extends RawLocalFileSystem {
    static final String LOG = "elsewhere.log";
    static final String DELAY_MILLIS = "elsewhere.delay";
    static final String DAMAGE = "elsewhere.damage";
    static final String CHECKSUMS = "elsewhere.checksums";

    static Configuration configuration(Path log) {
        Configuration configuration = new Configuration();
        configuration.set("fs.elsewhere.impl", ElsewhereFileSystem.class.getName());
        configuration.setBoolean("fs.elsewhere.impl.disable.cache", true);
        configuration.set(LOG, log.toString());
        return configuration;
    }

    @Override
    public URI getUri() {
        return URI.create("elsewhere:///");
    }

    @Override
    public String getScheme() {
        return "elsewhere";
    }

    @Override
    public FSDataInputStream open(org.apache.hadoop.fs.Path path, int bufferSize) throws IOException {
        Files.writeString(
                Path.of(getConf().get(LOG)),
                path.getName() + "\n",
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
        try {
            Thread.sleep(getConf().getLong(DELAY_MILLIS, 0));
        } catch (InterruptedException interrupted) {
            throw new IOException(interrupted);
        }
        String damage = getConf().get(DAMAGE, "");
        if (damage.isEmpty()) {
            return super.open(path, bufferSize);
        }
        Path file = pathToFile(path).toPath();
        Path damaged = Files.createTempFile(file.getParent(), "damaged", "");
        byte[] bytes = Files.readAllBytes(file);
        if (damage.equals("truncate")) {
            Files.write(damaged, java.util.Arrays.copyOf(bytes, bytes.length / 2));
        } else {
            bytes[bytes.length / 2] ^= 1;
            Files.write(damaged, bytes);
        }
        return super.open(new org.apache.hadoop.fs.Path(damaged.toString()), bufferSize);
    }

    @Override
    public FileChecksum getFileChecksum(org.apache.hadoop.fs.Path path, long length) throws IOException {
        if (!getConf().getBoolean(CHECKSUMS, false)) {
            return null;
        }
        CRC32C crc = new CRC32C();
        crc.update(Files.readAllBytes(pathToFile(path).toPath()));
        return new CompositeCrcFileChecksum((int) crc.getValue(), DataChecksum.Type.CRC32C, 512);
    }
}
