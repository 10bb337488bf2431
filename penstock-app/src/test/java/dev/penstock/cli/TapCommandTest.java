package dev.penstock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TapCommandTest {
    private final StringWriter err = new StringWriter();

    @TempDir
    Path folder;

    private int tap(String... arguments) {
        String[] words = new String[arguments.length + 1];
        words[0] = "tap";
        System.arraycopy(arguments, 0, words, 1, arguments.length);
        return Commands.commandLine(new PrintWriter(new StringWriter()), new PrintWriter(err))
                .execute(words);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--to 9000 | --listen is missing",
                "--listen 9000 | --to is missing",
                "--listen nine --to 9000 | --listen: expected a path, or HOST:PORT",
                "--listen 9001 --to 9000 --mode rw | --mode: expected an octal file mode",
                "--listen 9001 --to 9000 --status 20 | --status: expected a status like 404 or 5xx, found: 20",
                "--listen 9001 --to 9000 --uri ( | --uri: expected a regular expression",
                "--listen 9001 --to 9000 --queue 1K | --queue: expected a size from 1M to 64M, found: 1K",
                "--listen 9001 --to 9000 --max-connections 0 | --max-connections: expected at least 1",
                "--read x.tap --listen 9001 | --listen and --record do not go with it"
            })
    void wrongUsageSaysWhatWasExpected(String arguments, String message) {
        assertThat(tap(arguments.split(" "))).isEqualTo(Exit.USAGE);
        assertThat(err.toString()).contains(message);
    }

    @Test
    void aRecordingThatIsNotThereOrNoneIsAFailure() throws Exception {
        Path file = folder.resolve("x.tap");
        assertThat(tap("--read", file.toString())).isEqualTo(Exit.FAILED);
        Files.writeString(file, "something else\n");
        assertThat(tap("--read", file.toString())).isEqualTo(Exit.FAILED);
        assertThat(err.toString()).contains("there is no " + file, file + ": not a recording of `penstock tap`");
    }

    @Test
    void aPlaceWhereNobodyCanListenIsAFailure() {
        assertThat(tap("--listen", folder + "/none/tap.sock", "--to", "9000")).isEqualTo(Exit.FAILED);
        assertThat(err.toString()).contains("cannot listen on " + folder + "/none/tap.sock");
    }
}
