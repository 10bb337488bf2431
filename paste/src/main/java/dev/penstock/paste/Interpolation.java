package dev.penstock.paste;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `%(key)s` and `%%` in a value, replaced when somebody asks for the value and not before: a broken
/// reference hurts only who reads it. Lives for one look-up.
final class Interpolation {
    /// Python's `configparser.MAX_INTERPOLATION_DEPTH`; also what ends a circle of references.
    private static final int MAX_DEPTH = 10;

    private final Path file;
    private final String section;
    private final String key;
    private final int line;
    private final Map<String, IniValue> own;
    private final Map<String, IniValue> defaults;
    private final StringBuilder out = new StringBuilder();

    private Interpolation(
            Path file,
            String section,
            String key,
            int line,
            Map<String, IniValue> own,
            Map<String, IniValue> defaults) {
        this.file = file;
        this.section = section;
        this.key = key;
        this.line = line;
        this.own = own;
        this.defaults = defaults;
    }

    /// The value of `key`, or null where neither the section nor `[DEFAULT]` has it.
    static @Nullable String get(
            Path file, String section, String key, Map<String, IniValue> own, Map<String, IniValue> defaults)
            throws IniException {
        IniValue value = own.containsKey(key) ? own.get(key) : defaults.get(key);
        if (value == null) {
            return null;
        }
        Interpolation run = new Interpolation(file, section, key, value.line(), own, defaults);
        run.expand(value.text(), 1);
        return run.out.toString();
    }

    private void expand(String text, int depth) throws IniException {
        if (depth > MAX_DEPTH) {
            throw error("its %(…)s go deeper than " + MAX_DEPTH + " levels, or in a circle");
        }
        int at = 0;
        for (int percent = text.indexOf('%'); percent >= 0; percent = text.indexOf('%', at)) {
            out.append(text, at, percent);
            at = percent + 1 < text.length() && text.charAt(percent + 1) == '%'
                    ? percentSign(percent)
                    : reference(text, percent, depth);
        }
        out.append(text, at, text.length());
    }

    private int percentSign(int percent) {
        out.append('%');
        return percent + 2;
    }

    private int reference(String text, int percent, int depth) throws IniException {
        int closing = text.indexOf(')', percent);
        if (!text.startsWith("%(", percent) || closing < percent + 3 || !text.startsWith("s", closing + 1)) {
            throw error("expected %% or %(name)s, found: " + text.substring(percent));
        }
        String name = text.substring(percent + 2, closing);
        IniValue value = own.containsKey(name) ? own.get(name) : defaults.get(name);
        if (value == null) {
            throw error("%(" + name + ")s: no such key in [" + section + "] or [" + IniParser.DEFAULT + "]");
        }
        expand(value.text(), depth + 1);
        return closing + 2;
    }

    private IniException error(String message) {
        return new IniException(file, line, "`" + key + "` in [" + section + "]: " + message);
    }
}
