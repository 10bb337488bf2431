package dev.penstock.paste;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// An INI file as Paste Deploy understands it, read once and unchangeable.
///
/// `[DEFAULT]` lends its keys to every section; `here` (the file's folder) and `__file__` are in it from
/// the start. `%(key)s` is replaced when a value is asked for, so an error in one section does not keep
/// anyone from reading another. See
/// [Paste Deploy](https://docs.pylonsproject.org/projects/pastedeploy/) and Python's `configparser`.
public final class IniFile {
    /// An INI file is written by hand; what is larger is another kind of file.
    private static final long MAX_BYTES = 4 * 1024 * 1024;

    /// The kinds of section that can be an application; the first of a row that is there counts.
    private static final List<List<String>> APPLICATION_PREFIXES = List.of(
            List.of("app", "application"),
            List.of("composite", "composit"),
            List.of("pipeline"),
            List.of("filter-app"));

    private static final List<List<String>> SERVER_PREFIXES = List.of(List.of("server"));

    private final Path path;
    private final Map<String, IniSection> sections = new LinkedHashMap<>();
    private final Map<String, IniValue> defaults = new LinkedHashMap<>();

    private IniFile(Path path, IniParser parser, Map<String, String> globals) {
        this.path = path;
        Path folder = path.getParent();
        defaults.put("here", new IniValue(folder == null ? "/" : folder.toString(), 0));
        defaults.put("__file__", new IniValue(path.toString(), 0));
        for (Map.Entry<String, Map<String, IniValue>> entry : parser.sections().entrySet()) {
            String name = entry.getKey();
            if (name.equals(IniParser.DEFAULT)) {
                defaults.putAll(entry.getValue());
            } else {
                sections.put(name, new IniSection(path, name, parser.lineOf(name), entry.getValue(), defaults));
            }
        }
        for (Map.Entry<String, String> global : globals.entrySet()) {
            defaults.putIfAbsent(global.getKey(), new IniValue(global.getValue(), 0));
        }
    }

    /// Reads a file in UTF-8.
    ///
    /// @param globals the `name=value` pairs that a person gave; they count as keys of `[DEFAULT]` where
    ///     the file has no such key itself
    /// @throws IniException when it is not an INI file
    /// @throws IOException when it cannot be read
    public static IniFile read(Path file, Map<String, String> globals) throws IOException, IniException {
        Path path = file.toAbsolutePath().normalize();
        IniParser parser = new IniParser(path);
        parser.parse(text(path));
        return new IniFile(path, parser, globals);
    }

    private static String text(Path path) throws IOException, IniException {
        if (Files.size(path) > MAX_BYTES) {
            throw new IniException(path, 0, "this is no INI file: it has more than " + MAX_BYTES + " bytes");
        }
        byte[] bytes = Files.readAllBytes(path);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new IniException(path, lineOfFirstError(bytes), "this is not UTF-8");
        }
    }

    private static int lineOfFirstError(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length);
        StandardCharsets.UTF_8.newDecoder().decode(in, out, true);
        int line = 1;
        for (int i = 0; i < in.position(); i++) {
            line += bytes[i] == '\n' ? 1 : 0;
        }
        return line;
    }

    /// The absolute path of the file.
    public Path path() {
        return path;
    }

    /// The names of all sections but `[DEFAULT]`, in order.
    public List<String> sectionNames() {
        return List.copyOf(sections.keySet());
    }

    /// The section of exactly this name, or null.
    public @Nullable IniSection section(String name) {
        return sections.get(name);
    }

    /// The keys of `[DEFAULT]` with their references replaced, all of them at once as Paste Deploy does
    /// before it loads anything.
    ///
    /// @throws IniException when one of them cannot be replaced
    public Map<String, String> defaults() throws IniException {
        Map<String, String> result = new LinkedHashMap<>();
        for (String key : defaults.keySet()) {
            String value = Interpolation.get(path, IniParser.DEFAULT, key, Map.of(), defaults);
            result.put(key, value == null ? "" : value);
        }
        return result;
    }

    /// The section that `config:file.ini#name` means: `[app:name]`, `[composite:name]`,
    /// `[pipeline:name]` or `[filter-app:name]`.
    ///
    /// @throws IniException when there is none, or more than one
    public IniSection application(String name) throws IniException {
        List<IniSection> found = find(APPLICATION_PREFIXES, name);
        if (found.isEmpty()) {
            throw new IniException(
                    path,
                    0,
                    "expected a section [app:" + name + "] (or composite, pipeline, filter-app)" + ", found "
                            + sections.keySet());
        }
        return only(found, name);
    }

    /// The section `[server:name]`, or null.
    ///
    /// @throws IniException when there is more than one
    public @Nullable IniSection server(String name) throws IniException {
        List<IniSection> found = find(SERVER_PREFIXES, name);
        return found.isEmpty() ? null : only(found, name);
    }

    private IniSection only(List<IniSection> found, String name) throws IniException {
        if (found.size() > 1) {
            List<String> names = found.stream().map(IniSection::name).toList();
            throw new IniException(path, 0, "`" + name + "` can mean any of " + names + "; one of them must go");
        }
        return found.getFirst();
    }

    private List<IniSection> find(List<List<String>> prefixes, String name) {
        List<IniSection> found = new ArrayList<>();
        for (List<String> sameKind : prefixes) {
            for (String prefix : sameKind) {
                List<IniSection> of = sections.values().stream()
                        .filter(section -> isNamed(section, prefix, name))
                        .toList();
                found.addAll(of);
                if (!of.isEmpty()) {
                    break;
                }
            }
        }
        return found;
    }

    /// `[app: main]` is `[app:main]`.
    private static boolean isNamed(IniSection section, String prefix, String name) {
        return section.name().startsWith(prefix + ":")
                && Blanks.strip(section.name().substring(prefix.length() + 1)).equals(name);
    }
}
