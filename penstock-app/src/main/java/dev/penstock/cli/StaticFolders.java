package dev.penstock.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// The folders of static files in a project, under the names by which its URLs know them.
final class StaticFolders {
    private static final int MOST = 8;

    private StaticFolders() {}

    /// A folder `static` is one URL; a folder `public`, as TurboGears has it, is the root of URLs, so what counts
    /// are the folders in it.
    static List<Path> of(Path project) {
        return folders(project)
                .flatMap(folder -> Stream.concat(Stream.of(folder), folders(folder)))
                .flatMap(StaticFolders::served)
                .sorted()
                .limit(MOST)
                .toList();
    }

    private static Stream<Path> served(Path folder) {
        return switch (String.valueOf(folder.getFileName())) {
            case "static" -> Stream.of(folder);
            case "public" -> folders(folder);
            default -> Stream.of();
        };
    }

    private static Stream<Path> folders(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(StaticFolders::isOfProject).toList().stream();
        } catch (IOException e) {
            return Stream.of();
        }
    }

    private static boolean isOfProject(Path folder) {
        return Files.isDirectory(folder)
                && !String.valueOf(folder.getFileName()).startsWith(".")
                && !Files.exists(folder.resolve("pyvenv.cfg"));
    }
}
