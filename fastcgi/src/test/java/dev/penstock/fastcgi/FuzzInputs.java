package dev.penstock.fastcgi;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/// What a fuzz target starts from and what [FuzzCasesTest] replays to it: the fixtures of `records`, in the form that
/// the target reads, and the cases in `fuzz/TARGET` that were found earlier.
final class FuzzInputs {
    private static final Path CASES = Path.of("src/test/resources/fuzz");

    private FuzzInputs() {}

    /// Inputs of one target by name. The working directory is the module's, as Surefire has it.
    static Map<String, byte[]> of(String target) throws IOException {
        Map<String, byte[]> inputs = new TreeMap<>();
        String replies = target.startsWith("Response") ? "-replies" : "";
        for (String folder : new String[] {"valid" + replies, "invalid" + replies}) {
            for (RecordFile file : RecordFile.all(folder)) {
                inputs.put(
                        file.name(),
                        switch (target) {
                            case "ParametersFuzz" -> parameters(file);
                            case "ResponseHeadFuzz" -> head(file);
                            default -> file.bytes();
                        });
            }
        }
        Path found = CASES.resolve(target);
        try (Stream<Path> files = Files.isDirectory(found) ? Files.list(found) : Stream.of()) {
            for (Path file : files.toList()) {
                inputs.put(file.getFileName().toString(), Files.readAllBytes(file));
            }
        }
        return inputs;
    }

    /// The pairs of the file's first request.
    private static byte[] parameters(RecordFile file) {
        Decoder decoder = new Decoder(file.limits());
        decoder.feed(ByteBuffer.wrap(file.bytes()));
        try {
            for (Event event = decoder.next(); event != null; event = decoder.next()) {
                if (event instanceof Event.Begin begin) {
                    return begin.parameters().encode();
                }
            }
        } catch (ProtocolException e) {
            return new byte[0]; // What is broken in it is for the other targets.
        }
        return new byte[0];
    }

    /// The first response of the file.
    private static byte[] head(RecordFile file) {
        ResponseDecoder decoder = new ResponseDecoder(id -> true);
        decoder.feed(ByteBuffer.wrap(file.bytes()));
        try {
            for (Reply reply = decoder.next(); reply != null; reply = decoder.next()) {
                if (reply instanceof Reply.Stdout stdout) {
                    byte[] content = new byte[stdout.content().remaining()];
                    stdout.content().get(content);
                    return content;
                }
            }
        } catch (ProtocolException e) {
            return new byte[0];
        }
        return new byte[0];
    }

    /// Writes the inputs as files, for the fuzzer: `FuzzInputs TARGET FOLDER`.
    public static void main(String[] args) throws IOException {
        Path folder = Files.createDirectories(Path.of(args[1]));
        for (Map.Entry<String, byte[]> input : of(args[0]).entrySet()) {
            Files.write(folder.resolve(input.getKey()), input.getValue());
        }
    }
}
