package dev.penstock.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/// What `--data` means: a text, a file's content or standard input, with its length.
///
/// Standard input goes through a temporary file first: most applications read no body whose length they are
/// not told.
record RequestBody(InputStream stream, long length) implements AutoCloseable {
    static RequestBody of(@Nullable String data) throws IOException {
        if (data == null) {
            return of(new byte[0]);
        }
        if (data.equals("-") || data.equals("@-")) {
            return spooled(System.in);
        }
        if (!data.startsWith("@")) {
            return of(data.getBytes(StandardCharsets.UTF_8));
        }
        return ofFile(Path.of(data.substring(1)));
    }

    static RequestBody ofFile(Path file) throws IOException {
        try {
            return Files.isRegularFile(file)
                    ? new RequestBody(Files.newInputStream(file), Files.size(file))
                    : spooled(Files.newInputStream(file));
        } catch (NoSuchFileException e) {
            throw CommandFailure.usage(file + ": no such file");
        }
    }

    private static RequestBody of(byte[] bytes) {
        return new RequestBody(new ByteArrayInputStream(bytes), bytes.length);
    }

    private static RequestBody spooled(InputStream source) throws IOException {
        Path file = Files.createTempFile("penstock-body", "");
        long length = Files.copy(source, file, StandardCopyOption.REPLACE_EXISTING);
        return new RequestBody(Files.newInputStream(file, StandardOpenOption.DELETE_ON_CLOSE), length);
    }

    @Override
    public void close() throws IOException {
        stream.close();
    }
}
