package dev.penstock.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/// What a fuzz target starts from and what [FuzzCasesTest] replays to it: a few requests as servers send them, and the
/// cases in `fuzz/TARGET` that were found earlier.
final class FuzzInputs {
    private static final Path CASES = Path.of("src/test/resources/fuzz");

    private FuzzInputs() {}

    /// Inputs of one target by name. The working directory is the module's, as Surefire has it.
    static Map<String, byte[]> of(String target) throws IOException {
        Map<String, byte[]> inputs = new TreeMap<>();
        if (target.equals("ScgiFuzz")) {
            inputs.put("get", HeadReaderTest.scgi("CONTENT_LENGTH~0~SCGI~1~REQUEST_METHOD~GET~PATH_INFO~/~"));
            inputs.put("repeated", HeadReaderTest.scgi("CONTENT_LENGTH~5~SCGI~1~CONTENT_LENGTH~~A~~"));
            inputs.put("no-length-first", HeadReaderTest.scgi("SCGI~1~CONTENT_LENGTH~5~"));
        } else {
            inputs.put("get", HeadReaderTest.uwsgi(0, 0, "REQUEST_METHOD", "GET", "PATH_INFO", "/", "X", ""));
            inputs.put("whole-path", HeadReaderTest.uwsgi(30, 0, "SCRIPT_NAME", "/a", "PATH_INFO", "/a/b"));
            inputs.put("command", HeadReaderTest.uwsgi(5, 0, "A", "b"));
        }
        Path found = CASES.resolve(target);
        try (Stream<Path> files = Files.isDirectory(found) ? Files.list(found) : Stream.of()) {
            for (Path file : files.toList()) {
                inputs.put(file.getFileName().toString(), Files.readAllBytes(file));
            }
        }
        return inputs;
    }

    /// Writes the inputs as files, for the fuzzer: `FuzzInputs TARGET FOLDER`.
    public static void main(String[] args) throws IOException {
        Path folder = Files.createDirectories(Path.of(args[1]));
        for (Map.Entry<String, byte[]> input : of(args[0]).entrySet()) {
            Files.write(folder.resolve(input.getKey()), input.getValue());
        }
    }
}
