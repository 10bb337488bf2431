package dev.penstock.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// `docs/settings.md` is made from the table. After a change of the table:
/// `mvn test -pl penstock-app -am -Dtest=SettingsManualTest -Dsurefire.failIfNoSpecifiedTests=false
/// -Dpenstock.docs=write`
class SettingsManualTest {
    private static final Path FILE = Path.of("../docs/settings.md");

    @Test
    void theManualSaysWhatTheTableSays() throws IOException {
        if ("write".equals(System.getProperty("penstock.docs"))) {
            Files.createDirectories(FILE.getParent());
            Files.writeString(FILE, manual());
        }
        assertThat(FILE).exists();
        assertThat(Files.readString(FILE))
                .as("docs/settings.md is stale; run the tests with -Dpenstock.docs=write")
                .isEqualTo(manual());
    }

    private static String manual() {
        StringBuilder text = new StringBuilder("""
                # Settings

                A setting is said, in the order of who wins: as an option of `penstock serve` (`--workers 2`, or
                `--set key=value` for those without an option of their own); in a section `[penstock]` of the
                application's INI file; in the section `[penstock]` of a file `penstock.ini` beside the dispatch script
                or beside the INI file.

                ```ini
                [penstock]
                workers = 2
                shutdown_timeout = 30s
                ```

                Relative paths are relative to the file that says them. `%(here)s` is that file's folder. An unknown key
                is an error. (This page is made from the table in `Settings.java`, by `SettingsManualTest`.)
                """);
        Settings.ALL.forEach(setting -> text.append(entry(setting)));
        return text.toString();
    }

    private static String entry(Setting<?> setting) {
        return "\n## %s\n\n%s\n\nWritten as %s. Default: %s.\n"
                .formatted(setting.name(), setting.help(), setting.kind().syntax(), setting.fallbackText());
    }
}
