package dev.penstock.deploy;

import dev.penstock.paste.IniException;
import dev.penstock.paste.IniFile;
import dev.penstock.paste.IniSection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Puts settings together from the places where they are said. Who is asked first wins: options, then the
/// `[penstock]` section of the INI file, then `penstock.ini` beside it or beside the dispatch script.
///
/// For one thread.
public final class SettingsBuilder {
    /// The section, in whatever file it is.
    public static final String SECTION = "penstock";

    /// The file beside the INI file or the dispatch script.
    public static final String FILE_NAME = "penstock.ini";

    private final Map<String, Settings.Value> values = new HashMap<>();

    /// A value from the command line.
    ///
    /// @param origin the option as it was written, for messages
    /// @param base what relative paths are relative to
    /// @throws SettingsException when there is no such setting, or it cannot have this value
    public SettingsBuilder option(String name, String text, String origin, Path base) throws SettingsException {
        add(name, text, origin, base);
        return this;
    }

    /// The `[penstock]` section of an application's INI file, if it has one.
    public SettingsBuilder section(IniFile file) throws SettingsException {
        IniSection section = file.section(SECTION);
        if (section == null) {
            return this;
        }
        for (String key : section.keys()) {
            add(key, value(section, key), section.where(key), folder(file));
        }
        return this;
    }

    /// The file `penstock.ini` in a folder, if there is one.
    public SettingsBuilder beside(Path folder) throws SettingsException {
        Path path = folder.resolve(FILE_NAME);
        if (!Files.exists(path)) {
            return this;
        }
        IniFile file = read(path, Map.of());
        List<String> sections = file.sectionNames();
        if (!sections.equals(List.of(SECTION))) {
            throw new SettingsException(path + ": expected the section [" + SECTION + "] and no other, found "
                    + (sections.isEmpty() ? "none" : sections));
        }
        return section(file);
    }

    /// Reads an INI file, with every failure as a message for its writer.
    public static IniFile read(Path path, Map<String, String> globals) throws SettingsException {
        try {
            return IniFile.read(path, globals);
        } catch (IniException e) {
            throw new SettingsException(e.getMessage());
        } catch (IOException e) {
            throw new SettingsException(path + ": cannot be read: " + e);
        }
    }

    public Settings build() {
        return new Settings(values);
    }

    private static String value(IniSection section, String key) throws SettingsException {
        try {
            String value = section.get(key);
            return value == null ? "" : value;
        } catch (IniException e) {
            throw new SettingsException(e.getMessage());
        }
    }

    private static Path folder(IniFile file) {
        Path folder = file.path().getParent();
        return folder == null ? file.path() : folder;
    }

    private void add(String name, String text, String origin, Path base) throws SettingsException {
        Setting<?> setting = Settings.named(name);
        if (setting == null) {
            throw new SettingsException(origin + ": there is no setting `" + name + "`" + Nearest.hint(name));
        }
        try {
            Object content = setting.kind().parse(text.strip(), base);
            values.putIfAbsent(name, new Settings.Value(content, origin));
        } catch (IllegalArgumentException e) {
            throw new SettingsException(
                    origin + ": `" + name + "`: expected " + e.getMessage() + ", found `" + text + "`");
        }
    }
}
