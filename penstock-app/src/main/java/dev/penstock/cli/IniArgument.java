package dev.penstock.cli;

import dev.penstock.paste.ConfigUri;
import java.nio.file.Path;

/// An INI file as people and dispatch scripts name it.
final class IniArgument {
    private static final String WITH_NAME = ".ini#";

    private IniArgument() {}

    /// Reads a `config:` URI, or a plain path with `#name` or without. The file need not be there.
    ///
    /// @param directory what a relative path is relative to
    /// @throws IllegalArgumentException when it is a malformed `config:` URI
    static ConfigUri parse(String text, Path directory) {
        if (ConfigUri.isOne(text)) {
            return ConfigUri.parse(text, directory);
        }
        int end = text.lastIndexOf(WITH_NAME);
        String path = end < 0 ? text : text.substring(0, end + WITH_NAME.length() - 1);
        String name = end < 0 ? "main" : text.substring(end + WITH_NAME.length());
        return new ConfigUri(directory.resolve(path).toAbsolutePath().normalize(), name);
    }
}
