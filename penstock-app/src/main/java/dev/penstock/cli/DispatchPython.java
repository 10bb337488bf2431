package dev.penstock.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Finds the interpreter for the first line of a dispatch script. Apache runs it alone, without an activated
/// virtualenv and with next to no environment, so it has to have penstock by itself.
final class DispatchPython {
    /// An import takes a fraction of a second, on a sleeping network disk some.
    private static final int PATIENCE_SECONDS = 30;

    /// Linux reads this much of a script's first line, from 5.1 on twice that.
    private static final int LONGEST_FIRST_LINE = 127;

    private DispatchPython() {}

    /// The first of the candidates that has penstock.
    ///
    /// @throws CommandFailure when none has, or Linux could not run a script with it
    static Path choose(List<Path> candidates) {
        List<String> without = new ArrayList<>();
        for (Path candidate : candidates) {
            if (hasPenstock(candidate)) {
                return fit(candidate);
            }
            without.add("  " + candidate + " -m pip install penstock");
        }
        throw CommandFailure.failed("Apache runs the dispatch script with a Python that has penstock installed, and"
                + (without.isEmpty()
                        ? " no Python was found: name one with --python"
                        : " there is none. Install it in the project's virtualenv:\n" + without.getFirst()));
    }

    private static Path fit(Path python) {
        String text = python.toString();
        if (text.chars().anyMatch(Character::isWhitespace)
                || text.getBytes(StandardCharsets.UTF_8).length + 2 > LONGEST_FIRST_LINE) {
            throw CommandFailure.failed("a script's first line cannot name this interpreter, because its path has a"
                    + " blank or is too long: " + python + "\nMake the virtualenv at another place,"
                    + " or give a link to it with --python");
        }
        return python;
    }

    private static boolean hasPenstock(Path python) {
        ProcessBuilder builder = new ProcessBuilder(python.toString(), "-c", "import penstock.fcgi");
        builder.directory(Path.of("/").toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("PYTHON"));
        builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD);
        return Files.isExecutable(python) && succeeds(builder);
    }

    private static boolean succeeds(ProcessBuilder builder) {
        @Nullable Process process = null;
        try {
            process = builder.start();
            process.getOutputStream().close();
            return process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            if (process != null) {
                process.destroyForcibly();
            }
        }
    }
}
