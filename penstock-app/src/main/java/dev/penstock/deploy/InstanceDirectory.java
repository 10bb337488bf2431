package dev.penstock.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Finds or makes the directory of an instance that a person starts. (A dispatch makes its own: the
/// same places in the same order, in `penstock/instance.py`.)
final class InstanceDirectory {
    private static final Set<PosixFilePermission> OTHERS_WRITE =
            Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

    private InstanceDirectory() {}

    /// The first place that can be used: `run_dir` or PENSTOCK_RUN_DIR, the home of the user, and what
    /// belongs to the user in shared memory and in the temporary folder.
    ///
    /// @throws IOException when there is none; the message says why for each
    static Path open(String id, @Nullable Path runDirectory) throws IOException {
        List<String> reasons = new ArrayList<>();
        for (Path parent : parents(runDirectory)) {
            try {
                return checked(checked(parent).resolve(id));
            } catch (IOException e) {
                reasons.add(parent + ": " + e.getMessage());
            }
        }
        throw new IOException(
                "no place for the instance's directory (set PENSTOCK_RUN_DIR): " + String.join("; ", reasons));
    }

    private static List<Path> parents(@Nullable Path runDirectory) throws IOException {
        List<Path> parents = new ArrayList<>();
        String variable = System.getenv("PENSTOCK_RUN_DIR");
        if (runDirectory != null) {
            parents.add(runDirectory);
        } else if (variable != null && !variable.isEmpty()) {
            parents.add(Path.of(variable));
        }
        parents.add(Path.of(System.getProperty("user.home")).resolve(".penstock"));
        String user = "penstock-" + Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        parents.add(Path.of("/dev/shm", user));
        parents.add(Path.of("/tmp", user));
        return parents;
    }

    private static Path checked(Path directory) throws IOException {
        if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            Files.createDirectory(directory);
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
        }
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException("is not a directory");
        }
        Object owner = Files.getAttribute(directory, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        if (!owner.equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
            throw new IOException("belongs to user " + owner);
        }
        Set<PosixFilePermission> mode = Files.getPosixFilePermissions(directory, LinkOption.NOFOLLOW_LINKS);
        if (mode.stream().anyMatch(OTHERS_WRITE::contains)) {
            throw new IOException("can be written by others");
        }
        return directory;
    }
}
