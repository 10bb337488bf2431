package dev.penstock.cli;

import dev.penstock.deploy.Settings;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Finds the interpreter for an application: who says one is obeyed; otherwise the project's virtualenv,
/// the one that Penstock itself is in, and `python3` last. Links are not followed: a virtualenv's
/// interpreter is a link, and is known by its place.
final class PythonFinder {
    private static final List<String> VIRTUALENVS = List.of(".venv", "venv", "env", "../venv");

    private final Map<String, String> environment;
    private final @Nullable String installation;

    /// @param environment of this process: VIRTUAL_ENV and PATH count
    /// @param installation the interpreter that Penstock was installed with, if known
    PythonFinder(Map<String, String> environment, @Nullable String installation) {
        this.environment = environment;
        this.installation = installation;
    }

    /// @param project the folder of the INI file, or the working directory
    /// @throws CommandFailure when a Python was named that is none, or there is none at all
    Path find(Settings settings, Path project) {
        return named(settings)
                .or(() -> virtualenv(project))
                .or(this::installed)
                .or(() -> onPath("python3"))
                .orElseThrow(() -> CommandFailure.failed("found no Python: no virtualenv beside " + project
                        + " and no python3 on the PATH;" + " name one with --python"));
    }

    /// The interpreter that the settings name, if they do.
    ///
    /// @throws CommandFailure when it is none
    Optional<Path> named(Settings settings) {
        Optional<Path> said = settings.get(Settings.PYTHON);
        return said.isPresent() ? Optional.of(check(said.get(), settings.origin(Settings.PYTHON))) : Optional.empty();
    }

    /// The interpreter that is meant by `said`, a path or the name of a program.
    ///
    /// @param directory what a relative path is relative to
    /// @throws CommandFailure when it is none
    Path named(String said, Path directory) {
        Path path = directory.resolve(said).normalize();
        return check(said.contains("/") || Files.exists(path) ? path : Path.of(said), "--python");
    }

    /// The interpreter that Penstock was installed with.
    Optional<Path> installed() {
        return Optional.ofNullable(installation).map(Path::of).filter(PythonFinder::isProgram);
    }

    /// The virtualenv that belongs to a project: the active one, or one beside it.
    Optional<Path> virtualenv(Path project) {
        String active = environment.get("VIRTUAL_ENV");
        if (active != null && isProgram(inFolder(Path.of(active)))) {
            return Optional.of(inFolder(Path.of(active)));
        }
        return VIRTUALENVS.stream()
                .map(name -> project.resolve(name).normalize().resolve("bin/python"))
                .filter(PythonFinder::isProgram)
                .findFirst();
    }

    /// The interpreter that is meant by the folder of a virtualenv; anything else stays what it is.
    private static Path inFolder(Path path) {
        return Files.isDirectory(path) ? path.resolve("bin/python") : path;
    }

    private Path check(Path said, String origin) {
        Path path = inFolder(said.isAbsolute() ? said : onPath(said.toString()).orElse(said));
        if (!Files.exists(path)) {
            String where = said.isAbsolute() ? "there is no such file" : "there is no such program on the PATH";
            throw CommandFailure.usage(origin + ": expected a Python interpreter, but " + where + ": " + path);
        }
        if (!isProgram(path)) {
            throw CommandFailure.usage(origin + ": expected a Python interpreter, but this cannot be run: " + path);
        }
        return path;
    }

    private Optional<Path> onPath(String name) {
        for (String folder : environment.getOrDefault("PATH", "/usr/bin:/bin").split(File.pathSeparator, -1)) {
            Path program = Path.of(folder, name);
            if (!folder.isEmpty() && isProgram(program)) {
                return Optional.of(program.toAbsolutePath());
            }
        }
        return Optional.empty();
    }

    private static boolean isProgram(Path path) {
        return Files.isRegularFile(path) && Files.isExecutable(path);
    }
}
