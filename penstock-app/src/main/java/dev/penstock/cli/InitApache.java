package dev.penstock.cli;

import dev.penstock.deploy.SettingsBuilder;
import dev.penstock.deploy.SettingsException;
import dev.penstock.paste.ConfigUri;
import dev.penstock.paste.IniException;
import dev.penstock.paste.IniFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// Writes the two files for Apache and says what it did. Everything is looked at before anything is written.
final class InitApache {
    private static final Pattern SCRIPT_NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]*\\.fcgi");

    private static final Pattern URL_PATH = Pattern.compile("/[^\\s\"%#?]*");

    private final Path directory;
    private final PythonFinder pythons;
    private final PrintWriter out;

    /// What a person asked for; `rootUrl` and `python` are empty where nothing was said.
    record Wish(Path folder, String ini, String name, String rootUrl, String python, boolean isForced) {}

    InitApache(Path directory, PythonFinder pythons, PrintWriter out) {
        this.directory = directory;
        this.pythons = pythons;
        this.out = out;
    }

    int run(Wish wish) {
        write(wish);
        return Exit.OK;
    }

    /// The same.
    ///
    /// @return the interpreter of the dispatch script
    Path write(Wish wish) {
        ConfigUri ini = ini(wish);
        check(wish);
        Path project = parent(ini.path());
        Path python = python(wish, project);
        Path script = wish.folder().resolve(wish.name());
        ApacheFiles texts = new ApacheFiles(python, ini, script, url(wish.rootUrl()), StaticFolders.of(project));
        write(wish, texts);
        Optional<Path> other = pythons.virtualenv(project).filter(found -> !found.equals(python));
        advise(texts, ApacheAdvice.warnings(texts, other.orElse(null)));
        return python;
    }

    /// The INI file must be one that can be served: better said here than by Apache.
    private ConfigUri ini(Wish wish) {
        ConfigUri uri = TargetReader.iniFile(wish.ini(), directory);
        try {
            IniFile file = SettingsBuilder.read(uri.path(), Map.of());
            file.application(uri.name());
            new SettingsBuilder().section(file).beside(parent(uri.path())).build();
            return uri;
        } catch (IniException e) {
            throw CommandFailure.usage(e.getMessage());
        } catch (SettingsException e) {
            throw CommandFailure.usage(e.getMessage());
        }
    }

    private static void check(Wish wish) {
        if (!SCRIPT_NAME.matcher(wish.name()).matches()) {
            throw CommandFailure.usage("--name: expected a file name that ends in .fcgi, found: " + wish.name());
        }
        if (!wish.rootUrl().isEmpty() && !URL_PATH.matcher(wish.rootUrl()).matches()) {
            throw CommandFailure.usage("--root-url: expected a path like /shop, found: " + wish.rootUrl());
        }
        if (!Files.isDirectory(wish.folder()) && !Files.isDirectory(parent(wish.folder()))) {
            throw CommandFailure.usage("there is no directory " + wish.folder() + ", and none above it to make it in");
        }
    }

    private Path python(Wish wish, Path project) {
        List<Path> candidates = new ArrayList<>();
        if (wish.python().isEmpty()) {
            pythons.virtualenv(project).ifPresent(candidates::add);
            pythons.installed().ifPresent(candidates::add);
        } else {
            candidates.add(pythons.named(wish.python(), directory));
        }
        return DispatchPython.choose(candidates);
    }

    private void write(Wish wish, ApacheFiles texts) {
        NewFiles.NewFile dispatch = new NewFiles.NewFile(texts.script(), texts.dispatch(), "rwxr-xr-x");
        NewFiles.NewFile htaccess =
                new NewFiles.NewFile(wish.folder().resolve(".htaccess"), texts.htaccess(), "rw-r--r--");
        NewFiles files = new NewFiles(List.of(dispatch, htaccess));
        try {
            String conflicts = files.conflicts();
            if (!conflicts.isEmpty() && !wish.isForced()) {
                throw CommandFailure.failed(conflicts + "Nothing was written; --force overwrites.");
            }
            if (!Files.isDirectory(wish.folder())) {
                Files.createDirectory(wish.folder());
                out.println("Made " + wish.folder());
            }
            files.write();
        } catch (IOException e) {
            throw CommandFailure.failed("cannot write into " + wish.folder() + ": " + e);
        }
        show(dispatch);
        show(htaccess);
    }

    private void show(NewFiles.NewFile file) {
        out.println("Wrote " + file.path() + " (" + file.mode() + "):\n");
        file.text().lines().forEach(line -> out.println(line.isEmpty() ? "" : "    " + line));
        out.println();
    }

    private void advise(ApacheFiles texts, List<String> warnings) {
        warnings.forEach(warning -> out.println("Note: " + warning));
        out.println("Next:");
        ApacheAdvice.next(texts.script()).forEach(step -> out.println("  - " + step));
    }

    /// `RewriteBase` wants the slash at its end.
    private static String url(String rootUrl) {
        return rootUrl.isEmpty() || rootUrl.endsWith("/") ? rootUrl : rootUrl + "/";
    }

    private static Path parent(Path path) {
        Path parent = path.getParent();
        return parent == null ? path : parent;
    }
}
