package dev.penstock.paste;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What we say about an INI file beside what the real Paste Deploy said. `src/test/python/expected.py`
/// wrote the `.expected` files and says how to write them again; a new case is a new `.ini` file there.
class PasteDeployTest {
    private static final Path FOLDER =
            Path.of("src/test/resources/dev/penstock/paste/ini").toAbsolutePath();
    private static final List<String> NAMES = List.of("main", "spaced", "old", "guarded", "twice", "nothing");

    static Stream<String> files() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files
                    .map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".ini"))
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void saysWhatPasteDeploySays(String name) throws IOException {
        String expected = Files.readString(FOLDER.resolve(name.replace(".ini", ".expected")));
        assertThat(report(FOLDER.resolve(name))).isEqualTo(expected.lines().toList());
    }

    private static List<String> report(Path path) throws IOException {
        IniFile file;
        try {
            file = IniFile.read(path, globals(path));
        } catch (IniException e) {
            return List.of("file ! line " + e.line());
        }
        List<String> lines = new ArrayList<>();
        Set<String> defaults = defaults(file, lines);
        for (String name : file.sectionNames()) {
            IniSection section = file.section(name);
            Set<String> keys = new LinkedHashSet<>(section.keys());
            keys.addAll(defaults);
            keys.forEach(key -> lines.add(escaped("[" + name + "] | " + key + " " + lookedUp(() -> section.get(key)))));
        }
        NAMES.forEach(name -> lines.add("application " + name + " "
                + lookedUp(() -> file.application(name).name())));
        NAMES.forEach(name -> lines.add("server " + name + " "
                + lookedUp(() -> {
                    IniSection server = file.server(name);
                    return server == null ? null : server.name();
                })));
        return lines;
    }

    /// The keys of [DEFAULT]; where they cannot be had they are those that a section answers to.
    private static Set<String> defaults(IniFile file, List<String> lines) {
        try {
            Map<String, String> defaults = file.defaults();
            defaults.forEach((key, value) -> lines.add(escaped("DEFAULT | " + key + " = " + value)));
            return defaults.keySet();
        } catch (IniException e) {
            lines.add("DEFAULT ! error");
            return new LinkedHashSet<>(List.of("here", "__file__", "bad"));
        }
    }

    private interface LookUp {
        String get() throws IniException;
    }

    private static String lookedUp(LookUp lookUp) {
        try {
            String value = lookUp.get();
            return value == null ? "! error" : "= " + value;
        } catch (IniException e) {
            return "! error";
        }
    }

    private static Map<String, String> globals(Path path) throws IOException {
        Map<String, String> globals = new LinkedHashMap<>();
        Files.readString(path, StandardCharsets.ISO_8859_1)
                .lines()
                .filter(line -> line.startsWith("# globals: "))
                .map(line -> line.substring("# globals: ".length()).split("=", 2))
                .forEach(pair -> globals.put(pair[0], pair[1]));
        return globals;
    }

    private static String escaped(String line) {
        return line.replace(FOLDER.toString(), "{here}")
                .replace("\\", "\\\\")
                .replace("\n", "\\n")
                .replace("\t", "\\t");
    }
}
