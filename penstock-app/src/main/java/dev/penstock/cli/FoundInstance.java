package dev.penstock.cli;

import dev.penstock.control.ControlClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// The directory of an instance that is or was there.
///
/// @param directory absolute
/// @param target what it serves: the real path of its script or INI file; empty where it does not say
record FoundInstance(Path directory, String target) {
    /// A path, with room to spare.
    private static final long MAX_TARGET_BYTES = 8192;

    private static final Duration ANSWERS_AT_ONCE = Duration.ofSeconds(10);

    /// Looks at a directory; null when it is none of an instance, or not safe: it must be private to the owner
    /// of the folder that it is in.
    static @Nullable FoundInstance at(Path directory) {
        Path folder = directory.getParent();
        boolean isSafe = folder != null
                && RunFolders.isPrivate(directory)
                && Files.exists(directory.resolve(ControlClient.SOCKET), LinkOption.NOFOLLOW_LINKS);
        return isSafe ? new FoundInstance(directory, target(directory.resolve("target"))) : null;
    }

    /// The name of the directory, which tells instances apart.
    String id() {
        return String.valueOf(directory.getFileName());
    }

    /// What people call it: the id without its check sum.
    String name() {
        int dash = id().lastIndexOf('-');
        return dash < 1 ? id() : id().substring(0, dash);
    }

    /// Whether it is of the user that this process runs as.
    boolean isOurs() {
        return RunFolders.owner(directory) == RunFolders.userId();
    }

    /// Whether its server answers.
    boolean isAlive() {
        return new ControlClient(directory, ANSWERS_AT_ONCE).isAlive();
    }

    private static String target(Path file) {
        try {
            return Files.size(file) > MAX_TARGET_BYTES
                    ? ""
                    : Files.readString(file).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
