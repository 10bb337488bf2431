package dev.penstock.paste;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One section of an [IniFile]. Keys are case-sensitive.
///
/// Safe for use by several threads: it never changes.
public final class IniSection {
    private final Path file;
    private final String name;
    private final int line;
    private final Map<String, IniValue> own;
    private final Map<String, IniValue> defaults;

    IniSection(Path file, String name, int line, Map<String, IniValue> own, Map<String, IniValue> defaults) {
        this.file = file;
        this.name = name;
        this.line = line;
        this.own = own;
        this.defaults = defaults;
    }

    /// The name between the brackets.
    public String name() {
        return name;
    }

    /// The keys that the section itself has, in order, without those of `[DEFAULT]`.
    public List<String> keys() {
        return List.copyOf(own.keySet());
    }

    /// The value of `key` here or else in `[DEFAULT]`, its references replaced; null when neither has it.
    ///
    /// @throws IniException when a reference in it cannot be replaced
    public @Nullable String get(String key) throws IniException {
        return Interpolation.get(file, name, key, own, defaults);
    }

    /// Where `key` is said, as `file:line` for messages; where the section begins if it has no such key.
    public String where(String key) {
        IniValue value = own.get(key);
        return file + ":" + (value == null ? line : value.line());
    }
}
