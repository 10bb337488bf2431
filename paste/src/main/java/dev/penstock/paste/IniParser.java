package dev.penstock.paste;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One pass over the lines of an INI file, with the rules of Python's ConfigParser in its strict mode.
///
/// ```
/// # comment   ; comment        full lines only, indented or not
/// [section]                    not twice; only [DEFAULT] may come again
/// key = value                  or `key: value`; the first `=` or `:` divides
///     more of the value        deeper than its key; blank lines inside belong to the value
/// ```
final class IniParser {
    static final String DEFAULT = "DEFAULT";

    private final Path file;
    private final Map<String, Map<String, Draft>> sections = new LinkedHashMap<>();
    private final Map<String, Integer> sectionLines = new LinkedHashMap<>();

    private String sectionName = "";
    private @Nullable Map<String, Draft> section;
    /// The value that deeper lines go on with.
    private @Nullable Draft value;

    private int indent;
    private int lineNumber;

    IniParser(Path file) {
        this.file = file;
        sections.put(DEFAULT, new LinkedHashMap<>());
    }

    void parse(String text) throws IniException {
        if (text.startsWith("\ufeff")) {
            throw new IniException(
                    file, 1, "the file begins with a byte order mark, which Paste Deploy refuses; save it without one");
        }
        int begin = 0;
        while (begin <= text.length()) {
            int end = lineEnd(text, begin);
            lineNumber++;
            takeLine(text.substring(begin, end));
            begin = end + (text.startsWith("\r\n", end) ? 2 : 1);
        }
    }

    /// The sections that the file has, `[DEFAULT]` among them also when it is not written.
    Map<String, Map<String, IniValue>> sections() {
        Map<String, Map<String, IniValue>> result = new LinkedHashMap<>();
        for (Map.Entry<String, Map<String, Draft>> entry : sections.entrySet()) {
            Map<String, IniValue> values = new LinkedHashMap<>();
            for (Map.Entry<String, Draft> draft : entry.getValue().entrySet()) {
                values.put(draft.getKey(), draft.getValue().finish());
            }
            result.put(entry.getKey(), values);
        }
        return result;
    }

    int lineOf(String section) {
        return sectionLines.getOrDefault(section, 0);
    }

    private static int lineEnd(String text, int begin) {
        int end = begin;
        while (end < text.length() && text.charAt(end) != '\n' && text.charAt(end) != '\r') {
            end++;
        }
        return end;
    }

    private void takeLine(String line) throws IniException {
        String text = Blanks.strip(line);
        if (text.startsWith("#") || text.startsWith(";")) {
            return;
        }
        if (text.isEmpty()) {
            goOn("");
        } else if (value != null && Blanks.indent(line) > indent) {
            goOn(text);
        } else {
            indent = Blanks.indent(line);
            begin(text);
        }
    }

    private void goOn(String text) {
        if (value != null) {
            value.text.append('\n').append(text);
        }
    }

    private void begin(String text) throws IniException {
        int closing = text.lastIndexOf(']');
        if (text.startsWith("[") && closing > 1) {
            beginSection(text.substring(1, closing));
        } else if (section == null) {
            throw error("expected a [section] before the first key, found: " + text);
        } else {
            beginValue(section, text);
        }
    }

    private void beginSection(String name) throws IniException {
        Integer known = sectionLines.putIfAbsent(name, lineNumber);
        if (known != null && !name.equals(DEFAULT)) {
            throw error("section [" + name + "] is there already, on line " + known);
        }
        sectionName = name;
        sections.putIfAbsent(name, new LinkedHashMap<>());
        section = sections.get(name);
        value = null;
    }

    private void beginValue(Map<String, Draft> into, String text) throws IniException {
        int delimiter = delimiter(text);
        if (delimiter < 1) {
            throw error("expected `key = value`, found: " + text);
        }
        String key = Blanks.stripEnd(text.substring(0, delimiter));
        Draft draft = new Draft(Blanks.strip(text.substring(delimiter + 1)), lineNumber);
        Draft known = into.putIfAbsent(key, draft);
        if (known != null) {
            throw error("key `" + key + "` is in [" + sectionName + "] already, on line " + known.line);
        }
        value = draft;
    }

    private static int delimiter(String text) {
        int at = 0;
        while (at < text.length() && text.charAt(at) != '=' && text.charAt(at) != ':') {
            at++;
        }
        return at < text.length() ? at : -1;
    }

    private IniException error(String message) {
        return new IniException(file, lineNumber, message);
    }

    /// A value while its lines come in.
    private static final class Draft {
        private final StringBuilder text;
        private final int line;

        Draft(String text, int line) {
            this.text = new StringBuilder(text);
            this.line = line;
        }

        IniValue finish() {
            return new IniValue(Blanks.stripEnd(text.toString()), line);
        }
    }
}
