package dev.penstock.cli;

import dev.penstock.paste.ConfigUri;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a person should know after the two files were written, made from what can be seen on this machine.
final class ApacheAdvice {
    private ApacheAdvice() {}

    /// What to do next.
    static List<String> next(Path script) {
        Path folder = script.getParent();
        return List.of(
                "Open the folder's address in a browser; the first request starts the server.",
                "penstock status " + folder + "   shows what runs, and why not if it does not.",
                "penstock reload " + folder + "   after a change of the application; touching the script does it too.",
                "If Apache answers 500 or shows the script's text, its error log says which line of .htaccess it does"
                        + " not allow: it needs `AllowOverride FileInfo Options=ExecCGI`, mod_rewrite, and mod_fcgid or"
                        + " mod_fastcgi.",
                "Uploads over 128 KiB need FcgidMaxRequestLen in Apache's own configuration.");
    }

    /// What may be in the way.
    ///
    /// @param projectPython the virtualenv beside the project when it is not the one that runs the script
    static List<String> warnings(ApacheFiles files, @Nullable Path projectPython) {
        List<String> warnings = new ArrayList<>();
        if (projectPython != null) {
            warnings.add("The script runs with " + files.python() + ", and so does the application. If that should run"
                    + " with " + projectPython + ", say `python = " + projectPython + "` in a section [penstock] of "
                    + files.ini().path());
        }
        if (RunFolders.userId() == 0) {
            warnings.add(owner(files.script()));
        }
        closedFolder(files.script(), files.ini(), files.python())
                .ifPresent(
                        folder -> warnings.add("Only you can enter " + folder + ". Unless Apache runs your scripts as"
                                + " you (suexec), let its user pass: chmod o+x " + folder));
        return warnings;
    }

    private static String owner(Path script) {
        return "You are root, so the files are root's. Their owner may use status, reload and stop, and suexec refuses"
                + " files of root; to give them away: chown USER " + script + " "
                + script.resolveSibling(".htaccess");
    }

    private static Optional<Path> closedFolder(Path script, ConfigUri ini, Path python) {
        return List.of(script, ini.path(), python).stream()
                .map(ApacheAdvice::closedAbove)
                .flatMap(Optional::stream)
                .findFirst();
    }

    /// The topmost folder on the way to a file that others cannot enter.
    private static Optional<Path> closedAbove(Path file) {
        Path closed = null;
        for (Path folder = file.getParent(); folder != null; folder = folder.getParent()) {
            if (!isOpen(folder)) {
                closed = folder;
            }
        }
        return Optional.ofNullable(closed);
    }

    private static boolean isOpen(Path folder) {
        try {
            return Files.getPosixFilePermissions(folder).contains(PosixFilePermission.OTHERS_EXECUTE);
        } catch (IOException | UnsupportedOperationException e) {
            return true;
        }
    }
}
