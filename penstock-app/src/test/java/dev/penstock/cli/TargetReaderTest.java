package dev.penstock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.deploy.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TargetReaderTest {
    @TempDir
    Path folder;

    @BeforeEach
    void twoIniFiles() throws Exception {
        Files.createFile(folder.resolve("development.ini"));
        Files.createFile(folder.resolve("my site.ini"));
    }

    @ParameterizedTest
    @CsvSource({
        "development.ini, development.ini, main",
        "./development.ini, development.ini, main",
        "development.ini#admin, development.ini, admin",
        "config:development.ini, development.ini, main",
        "config:my%20site.ini#x, my site.ini, x",
        "my site.ini, my site.ini, main",
    })
    void readsIniFiles(String text, String file, String name) {
        assertThat(TargetReader.read(text, Map.of("a", "b"), folder))
                .isEqualTo(new Target.Config(folder.resolve(file), name, Map.of("a", "b")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"site:application", "site.wsgi:app", "site.wsgi:make_app()", "_a.b1:c.d", "größe:app"})
    void readsCallables(String text) {
        assertThat(TargetReader.read(text, Map.of(), folder)).isEqualTo(new Target.Callable(text, folder));
    }

    @Test
    void saysWhichIniFilesThereAre() {
        assertRefused(
                "production.ini",
                folder.resolve("production.ini") + ": no such file; there is development.ini, my site.ini");
        assertRefused(".", ". is a directory; in it development.ini, my site.ini");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "dispatch.fcgi | is for a web server to run",
                "site/wsgi.py | name the module and what is in it, like site.wsgi:application",
                "shop.war | serves Python applications only",
                "nonsense | expected file.ini, config:file.ini#name or module:callable, found: nonsense (there is no",
                "site: | expected file.ini",
                "C:\\x | expected file.ini",
                "config: | expected config:file.ini#name, found: config:",
            })
    void saysWhatToSayInstead(String text, String message) {
        assertThatThrownBy(() -> TargetReader.read(text, Map.of(), folder))
                .isInstanceOfSatisfying(
                        CommandFailure.class, e -> assertThat(e.status()).isEqualTo(Exit.USAGE))
                .hasMessageContaining(message);
    }

    @Test
    void refusesGlobalsForACallable() {
        assertThatThrownBy(() -> TargetReader.read("site:app", Map.of("debug", "true"), folder))
                .hasMessageContaining("name=value is for INI files")
                .hasMessageContaining("debug");
    }

    private void assertRefused(String text, String message) {
        assertThatThrownBy(() -> TargetReader.read(text, Map.of(), folder)).hasMessage(message);
    }
}
