package dev.penstock.paste;

import java.nio.file.Path;

/// An INI file does not say what it should: its syntax, a reference between its values, or a section
/// that is not there.
///
/// The message begins with `file:line: ` (or `file: ` where no line is to blame) and is meant for the
/// person who wrote the file. It has no stack trace: the fault is not in this program.
public final class IniException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String text;
    private final int line;

    IniException(Path file, int line, String message) {
        super(null, null, false, false);
        this.text = file + (line > 0 ? ":" + line : "") + ": " + message;
        this.line = line;
    }

    @Override
    public String getMessage() {
        return text;
    }

    /// The line at fault, counted from 1, or 0 when it is the file as a whole.
    public int line() {
        return line;
    }
}
