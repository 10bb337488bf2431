package dev.penstock.cli;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A Unix socket as a file: what it is, whose, and who may use it.
final class SocketFile {
    private static final int MAX_NAMED = 5;

    private final Path path;

    SocketFile(Path path) {
        this.path = path;
    }

    boolean isSocket() {
        try {
            int mode = (Integer) Files.getAttribute(path, "unix:mode");
            return (mode & 0170000) == 0140000;
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    String kind() {
        return Files.isDirectory(path)
                ? "directory"
                : Files.isRegularFile(path) ? "regular file" : "file of another kind";
    }

    /// The first folder on the way that we may not pass, told; empty when there is none.
    String unsearchableFolder() {
        Path root = path.getRoot();
        for (Path part = path.getParent(); part != null && !part.equals(root); part = part.getParent()) {
            if (Files.isDirectory(part) && !Files.isExecutable(part)) {
                return "permission denied: the folder " + part + " does not let us pass: " + told(part);
            }
        }
        return "";
    }

    /// Sockets that are near a file that is not there.
    String whatIsThereInstead() {
        Path folder = path.getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            return ", nor is there the folder " + folder;
        }
        List<String> near = sockets(folder);
        return near.isEmpty()
                ? "\nIs the application started? Sockets are often in /run, and go with the process."
                : "\nSockets in this folder: " + String.join(", ", near);
    }

    private static List<String> sockets(Path folder) {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                if (names.size() < MAX_NAMED && new SocketFile(file).isSocket()) {
                    names.add(RequestTrace.printable(String.valueOf(file.getFileName())));
                }
            }
        } catch (IOException e) {
            return List.of(); // Then there is nothing to name.
        }
        return names;
    }

    /// What stands between the socket and us. To connect takes the permission to write.
    String denied() {
        return "permission denied on the socket " + path + ": " + told(path);
    }

    private static String told(Path file) {
        PosixFileAttributes attributes = attributes(file);
        String you = "you are " + user();
        if (attributes == null) {
            return you;
        }
        String group = attributes.group().getName();
        return "its mode is " + PosixFilePermissions.toString(attributes.permissions()) + ", its owner "
                + attributes.owner().getName() + ", its group " + group + "; " + you
                + "\nAsk as its owner (`sudo -u " + attributes.owner().getName() + " penstock request …`), or join the"
                + " group (`sudo usermod -aG " + group + " USER`, then log in again) if the mode gives it `rw`.";
    }

    private static @Nullable PosixFileAttributes attributes(Path file) {
        try {
            return Files.readAttributes(file, PosixFileAttributes.class);
        } catch (IOException e) {
            return null;
        }
    }

    private static String user() {
        int id = RunFolders.userId();
        String name = System.getProperty("user.name", "?");
        return name.equals("?") ? "user " + id : name + " (user " + id + ")";
    }
}
