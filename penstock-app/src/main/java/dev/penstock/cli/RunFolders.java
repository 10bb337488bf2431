package dev.penstock.cli;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The folders that hold the directories of instances, wherever a server may have found a place for its own:
/// `$PENSTOCK_RUN_DIR`, `~/.penstock`, `/dev/shm/penstock-UID`, `/tmp/penstock-UID`.
final class RunFolders {
    private static final String PREFIX = "penstock-";
    private static final int ROOT = 0;

    private RunFolders() {}

    /// Those that are there now. Root also gets those in the homes of others.
    static List<Path> all(Map<String, String> environment) {
        Set<Path> found = new LinkedHashSet<>();
        String chosen = environment.get("PENSTOCK_RUN_DIR");
        if (chosen != null && !chosen.isEmpty()) {
            found.add(Path.of(chosen).toAbsolutePath());
        }
        // Java takes user.home from the password file; HOME can be another user's, as under sudo.
        addHome(found, Path.of(System.getProperty("user.home", "/")));
        if (userId() == ROOT) {
            homes(Path.of("/etc/passwd")).forEach(home -> addHome(found, home));
        }
        addShared(found, Path.of("/dev/shm"));
        addShared(found, Path.of("/tmp"));
        return List.copyOf(found);
    }

    /// The user that this process runs as, or -1 where that cannot be told.
    static int userId() {
        return owner(Path.of("/proc", Long.toString(ProcessHandle.current().pid()))); // `self` is a link of root's
    }

    /// The owner of a file, itself and not what it links to, or -1.
    static int owner(Path path) {
        try {
            return (Integer) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        } catch (IOException | UnsupportedOperationException e) {
            return -1;
        }
    }

    /// A directory and no link, which nobody but its owner can change.
    static boolean isPrivate(Path path) {
        if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        try {
            Set<PosixFilePermission> mode = Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS);
            return !mode.contains(PosixFilePermission.GROUP_WRITE) && !mode.contains(PosixFilePermission.OTHERS_WRITE);
        } catch (IOException e) {
            return false;
        }
    }

    private static void addHome(Set<Path> found, Path home) {
        Path folder = home.resolve(".penstock");
        if (isPrivate(folder)) {
            found.add(folder);
        }
    }

    /// In a folder where everyone can write, a name with a user's number must also be that user's.
    static void addShared(Set<Path> found, Path shared) {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(shared, PREFIX + "*")) {
            for (Path folder : folders) {
                String number = String.valueOf(folder.getFileName()).substring(PREFIX.length());
                if (number.equals(Integer.toString(owner(folder))) && isPrivate(folder)) {
                    found.add(folder);
                }
            }
        } catch (IOException e) {
            // A system without such a folder has no instances there.
        }
    }

    static List<Path> homes(Path passwordFile) {
        List<Path> homes = new ArrayList<>();
        try {
            for (String line : Files.readAllLines(passwordFile)) {
                String[] fields = line.split(":", -1);
                if (fields.length > 5 && fields[5].startsWith("/")) {
                    homes.add(Path.of(fields[5]));
                }
            }
        } catch (IOException e) {
            // Without the list there are only our own.
        }
        return homes;
    }
}
