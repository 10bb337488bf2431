package dev.penstock.cli;

import dev.penstock.deploy.Target;
import dev.penstock.paste.ConfigUri;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Finds out what a person means by the TARGET of a command.
final class TargetReader {
    /// `package.module:attribute`, and `module:factory()` as gunicorn has it.
    static final Pattern CALLABLE =
            Pattern.compile("[\\p{L}_][\\w.]*:[\\p{L}_][\\w.]*(\\(\\))?", Pattern.UNICODE_CHARACTER_CLASS);

    private TargetReader() {}

    /// Reads `file.ini`, `file.ini#name`, `config:file.ini#name` or `module:callable`.
    ///
    /// @param directory the working directory
    /// @throws CommandFailure when it is nothing that can be served
    static Target read(String text, Map<String, String> globalConf, Path directory) {
        if (ConfigUri.isOne(text) || isIniName(text)) {
            ConfigUri uri = iniFile(text, directory);
            return new Target.Config(uri.path(), uri.name(), globalConf);
        }
        if (!CALLABLE.matcher(text).matches()) {
            throw refusal(text, directory);
        }
        if (!globalConf.isEmpty()) {
            throw CommandFailure.usage("name=value is for INI files; " + text + " takes none: "
                    + String.join(", ", globalConf.keySet()) + " (settings of Penstock go with --set)");
        }
        return new Target.Callable(text, directory);
    }

    /// Reads an INI file with its `#name` or without.
    ///
    /// @throws CommandFailure when there is no such file
    static ConfigUri iniFile(String text, Path directory) {
        try {
            ConfigUri uri = IniArgument.parse(text, directory);
            requireFile(uri.path(), directory);
            return uri;
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
    }

    private static boolean isIniName(String text) {
        return text.endsWith(".ini") || text.contains(".ini#");
    }

    private static void requireFile(Path path, Path directory) {
        if (Files.isRegularFile(path)) {
            return;
        }
        Path folder = path.getParent();
        List<String> others = iniFiles(folder == null ? directory : folder);
        String hint = others.isEmpty() ? "" : "; there is " + String.join(", ", others);
        throw CommandFailure.usage(path + ": no such file" + hint);
    }

    private static CommandFailure refusal(String text, Path directory) {
        Path path = directory.resolve(text);
        if (text.endsWith(".fcgi") || text.endsWith(".cgi")) {
            return CommandFailure.usage(text + " is for a web server to run; to serve the same application from here,"
                    + " name its INI file: penstock serve development.ini");
        }
        if (text.endsWith(".py")) {
            String module = text.substring(0, text.length() - 3).replace('/', '.');
            return CommandFailure.usage(text + ": name the module and what is in it, like " + module + ":application");
        }
        if (text.endsWith(".war")) {
            return CommandFailure.usage(text + ": this version serves Python applications only");
        }
        if (Files.isDirectory(path)) {
            List<String> inis = iniFiles(path);
            return CommandFailure.usage(text + " is a directory; "
                    + (inis.isEmpty()
                            ? "expected an INI file or module:callable"
                            : "in it " + String.join(", ", inis)));
        }
        return CommandFailure.usage("expected file.ini, config:file.ini#name or module:callable, found: " + text
                + (Files.exists(path) ? "" : " (there is no such file either)"));
    }

    private static List<String> iniFiles(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.endsWith(".ini"))
                    .sorted()
                    .limit(8)
                    .toList();
        } catch (IOException e) {
            return List.of();
        }
    }
}
