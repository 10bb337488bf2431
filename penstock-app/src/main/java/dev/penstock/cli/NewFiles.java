package dev.penstock.cli;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/// Files that are written together or not at all.
final class NewFiles {
    /// @param mode as `ls` shows it, like `rwxr-xr-x`
    record NewFile(Path path, String text, String mode) {}

    private final List<NewFile> files;

    NewFiles(List<NewFile> files) {
        this.files = List.copyOf(files);
    }

    /// What is there already and says something else, as text for a person; empty when nothing is in the way.
    String conflicts() throws IOException {
        StringBuilder text = new StringBuilder();
        for (NewFile file : files) {
            if (Files.exists(file.path()) && !isThere(file)) {
                text.append(file.path()).append(" is there and says something else:\n");
                String old = Files.isRegularFile(file.path()) ? Files.readString(file.path()) : "";
                difference(old.lines().toList(), file.text().lines().toList())
                        .forEach(line -> text.append("  ").append(line).append('\n'));
            }
        }
        return text.toString();
    }

    /// Whether the file is there with this text.
    static boolean isThere(NewFile file) throws IOException {
        return Files.isRegularFile(file.path()) && Files.readString(file.path()).equals(file.text());
    }

    /// Writes all beside their places first and then moves each into its own, so a full disk or a missing
    /// permission leaves what was there.
    void write() throws IOException {
        List<Path> drafts = new ArrayList<>();
        try {
            for (NewFile file : files) {
                Path draft = file.path().resolveSibling(file.path().getFileName() + ".new");
                drafts.add(draft);
                Files.writeString(draft, file.text());
                Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString(file.mode()));
            }
            for (NewFile file : files) {
                move(file.path().resolveSibling(file.path().getFileName() + ".new"), file.path());
            }
        } finally {
            for (Path draft : drafts) {
                Files.deleteIfExists(draft);
            }
        }
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /// The lines that go (`-`) and come (`+`), without those that both have at their place.
    static List<String> difference(List<String> before, List<String> after) {
        int[][] common = new int[before.size() + 1][after.size() + 1];
        for (int i = before.size() - 1; i >= 0; i--) {
            for (int j = after.size() - 1; j >= 0; j--) {
                common[i][j] = before.get(i).equals(after.get(j))
                        ? common[i + 1][j + 1] + 1
                        : Math.max(common[i + 1][j], common[i][j + 1]);
            }
        }
        List<String> lines = new ArrayList<>();
        int i = 0;
        int j = 0;
        while (i < before.size() || j < after.size()) {
            if (i < before.size() && j < after.size() && before.get(i).equals(after.get(j))) {
                i++;
                j++;
            } else if (j == after.size() || (i < before.size() && common[i + 1][j] >= common[i][j + 1])) {
                lines.add("- " + before.get(i++));
            } else {
                lines.add("+ " + after.get(j++));
            }
        }
        return lines;
    }
}
