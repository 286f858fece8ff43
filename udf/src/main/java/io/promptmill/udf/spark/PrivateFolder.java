package io.promptmill.udf.spark;

import io.promptmill.udf.error.ModelFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** A folder below a place that everybody can write to, kept from other users, who could plant a model in it. */
final class PrivateFolder {
    private PrivateFolder() {}

    /** @throws ModelFileException where the folder exists and another user owns it or may write to it */
    static void create(Path folder) throws IOException {
        if (!folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.createDirectories(folder);
            return;
        }
        Set<PosixFilePermission> owner = PosixFilePermissions.fromString("rwx------");
        Files.createDirectories(folder, PosixFilePermissions.asFileAttribute(owner));
        Path probe = Files.createTempFile(folder, "owner", ".probe");
        boolean ours;
        try {
            ours = Files.getOwner(probe).equals(Files.getOwner(folder));
        } finally {
            Files.delete(probe);
        }
        if (!ours || !owner.containsAll(Files.getPosixFilePermissions(folder))) {
            throw new ModelFileException(
                    "cache folder " + folder + " belongs to or is open to other users; expected owner "
                            + "only (rwx------); delete it or set PROMPTMILL_CACHE to another folder");
        }
    }
}
