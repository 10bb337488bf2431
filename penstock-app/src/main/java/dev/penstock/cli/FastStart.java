package dev.penstock.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/// Has Java's AOT cache trained for the servers that a dispatch script will start, by `penstock.training`
/// of that script's interpreter: it knows which Java that is. Nothing depends on its success.
final class FastStart {
    /// It gives up earlier by itself.
    private static final int PATIENCE_SECONDS = 90;

    private FastStart() {}

    /// Trains where there is need and it can be; what it says goes to our standard output.
    static void prepare(Path python) {
        ProcessBuilder builder =
                new ProcessBuilder(python.toString(), "-m", "penstock.training", "--for-web-server").inheritIO();
        builder.directory(Path.of("/").toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("PYTHON"));
        builder.redirectError(ProcessBuilder.Redirect.DISCARD); // An older penstock has no such module.
        try {
            Process training = builder.start();
            if (!training.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                training.destroyForcibly();
            }
        } catch (IOException e) {
            // Then starts take a little longer.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
