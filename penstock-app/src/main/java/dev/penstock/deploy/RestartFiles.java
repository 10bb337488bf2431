package dev.penstock.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The files whose touch asks for a reload: the dispatch script, and `tmp/restart.txt` beside it or
/// beside the INI file. Used by one thread.
final class RestartFiles {
    private static final long MISSING = -1;

    private final Map<Path, Long> seen = new HashMap<>();

    private RestartFiles(Set<Path> files) {
        files.forEach(file -> seen.put(file, modified(file)));
    }

    static RestartFiles of(Target target, List<Path> folders) {
        Set<Path> files = new HashSet<>();
        if (target instanceof Target.Script(Path path)) {
            files.add(path);
        }
        folders.forEach(folder -> files.add(folder.resolve("tmp/restart.txt")));
        return new RestartFiles(files);
    }

    /// Whether a file was touched since the last call. One that has gone was not touched.
    boolean touched() {
        boolean touched = false;
        for (Map.Entry<Path, Long> entry : seen.entrySet()) {
            long now = modified(entry.getKey());
            touched |= now != MISSING && now != entry.getValue();
            entry.setValue(now);
        }
        return touched;
    }

    private static long modified(Path file) {
        try {
            return Files.getLastModifiedTime(file).toMillis();
        } catch (IOException e) {
            return MISSING;
        }
    }
}
