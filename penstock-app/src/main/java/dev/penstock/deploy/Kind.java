package dev.penstock.deploy;

import java.nio.file.Path;

/// A kind of value that a setting can have: how it is written and read.
public interface Kind<T> {
    /// How a value is written, in a few words, for the manual and for error messages.
    String syntax();

    /// Reads a value.
    ///
    /// @param base the folder of the file that says it, or the working directory
    /// @throws IllegalArgumentException whose message says what was expected
    T parse(String text, Path base);

    /// Writes a value as [#parse] reads it.
    default String show(T value) {
        return value.toString();
    }
}
