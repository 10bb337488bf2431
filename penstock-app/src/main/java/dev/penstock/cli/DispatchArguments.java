package dev.penstock.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a dispatch script says when it starts a server. The two agree on this; nobody types it.
///
/// ```
/// serve --dispatch SCRIPT --python EXECUTABLE --instance DIR [--config INI-TARGET [name=value …]]
/// ```
///
/// @param config an INI file or its `config:` URI, or null when the script does not say what it loads
record DispatchArguments(
        Path script, Path python, Path instance, @Nullable String config, Map<String, String> globalConf) {
    /// @throws IllegalArgumentException when they are not of the form above
    static DispatchArguments parse(String[] args) {
        Map<String, String> options = new LinkedHashMap<>();
        Map<String, String> globalConf = new LinkedHashMap<>();
        for (int at = 1; at < args.length; at++) {
            String word = args[at];
            int equals = word.indexOf('=');
            if (isOption(word) && at + 1 < args.length) {
                options.put(word, args[++at]);
            } else if (options.containsKey("--config") && equals > 0) {
                globalConf.put(word.substring(0, equals), word.substring(equals + 1));
            } else {
                throw new IllegalArgumentException("unexpected argument: " + word);
            }
        }
        return new DispatchArguments(
                required(options, "--dispatch"),
                required(options, "--python"),
                required(options, "--instance"),
                options.get("--config"),
                globalConf);
    }

    private static boolean isOption(String word) {
        return switch (word) {
            case "--dispatch", "--python", "--instance", "--config" -> true;
            default -> false;
        };
    }

    private static Path required(Map<String, String> options, String name) {
        String value = options.get(name);
        if (value == null) {
            throw new IllegalArgumentException(name + " is missing");
        }
        return Path.of(value).toAbsolutePath();
    }
}
