package dev.penstock.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
    @TempDir
    Path folder;

    @Test
    void optionsWinOverTheIniFileAndThatOverPenstockIni() throws Exception {
        write("penstock.ini", "[penstock]\nworkers = 1\nthreads = 1\nhttp = 8001\n");
        Path ini = write("site.ini", "[penstock]\nworkers = 2\nthreads = 2\n");
        Settings settings = new SettingsBuilder()
                .option("workers", "3", "--workers", folder)
                .section(SettingsBuilder.read(ini, Map.of()))
                .beside(folder)
                .build();
        assertThat(settings.get(Settings.WORKERS)).isEqualTo(3);
        assertThat(settings.get(Settings.THREADS)).isEqualTo(2);
        assertThat(settings.get(Settings.HTTP)).contains(new ListenAddress.Tcp("127.0.0.1", 8001));
        assertThat(settings.get(Settings.IDLE_EXIT)).isEqualTo(Duration.ofSeconds(60));
    }

    @Test
    void everyValueKnowsWhoSaidIt() throws Exception {
        Path ini = write("site.ini", "[app:main]\n\n[penstock]\nthreads = 2\n");
        Settings settings = new SettingsBuilder()
                .option("workers", "3", "--workers", folder)
                .section(SettingsBuilder.read(ini, Map.of()))
                .build();
        assertThat(settings.origin(Settings.WORKERS)).isEqualTo("--workers");
        assertThat(settings.origin(Settings.THREADS)).isEqualTo(ini + ":4");
        assertThat(settings.origin(Settings.DEBUG)).isEqualTo("default");
    }

    @Test
    void debugOfDefaultIsTheApplicationsAndNotOurs() throws Exception {
        Path ini = write("site.ini", "[DEFAULT]\ndebug = true\n[penstock]\nworkers = 2\n");
        Settings settings = new SettingsBuilder()
                .section(SettingsBuilder.read(ini, Map.of()))
                .build();
        assertThat(settings.get(Settings.DEBUG)).isFalse();
    }

    @Test
    void anUnknownKeyFailsWithTheNearestRightName() throws Exception {
        Path ini = write("site.ini", "[penstock]\nworker = 2\n");
        assertThatThrownBy(() -> new SettingsBuilder().section(SettingsBuilder.read(ini, Map.of())))
                .isInstanceOf(SettingsException.class)
                .hasMessage(ini + ":2: there is no setting `worker`; did you mean `workers`?");
    }

    @Test
    void anUnknownKeyThatIsLikeNoneFailsWithoutAGuess() {
        assertThatThrownBy(() -> new SettingsBuilder().option("colour", "blue", "--set colour", folder))
                .hasMessageStartingWith("--set colour: there is no setting `colour`")
                .hasMessageNotContaining("did you mean");
    }

    @Test
    void aWrongValueFailsWithWhatWasExpected() throws Exception {
        Path ini = write("site.ini", "[penstock]\n\nidle_exit = soon\n");
        assertThatThrownBy(() -> new SettingsBuilder().section(SettingsBuilder.read(ini, Map.of())))
                .hasMessage(ini + ":3: `idle_exit`: expected a duration like 500ms, 10s, 5m, 1h, or plain seconds,"
                        + " found `soon`");
    }

    @Test
    void aWrongValueFailsAlsoWhereAnOptionWins() throws Exception {
        Path ini = write("site.ini", "[penstock]\nworkers = many\n");
        assertThatThrownBy(() -> new SettingsBuilder()
                        .option("workers", "3", "--workers", folder)
                        .section(SettingsBuilder.read(ini, Map.of())))
                .hasMessageContaining("expected a number from 1 to 512, found `many`");
    }

    @Test
    void relativePathsAreRelativeToTheFileThatSaysThem() throws Exception {
        Path ini = write("site.ini", "[penstock]\nlog = log/site.log\nfcgi = run/a.sock 127.0.0.1:9000\n");
        Settings settings = new SettingsBuilder()
                .section(SettingsBuilder.read(ini, Map.of()))
                .build();
        assertThat(settings.get(Settings.LOG)).contains(folder.resolve("log/site.log"));
        assertThat(settings.get(Settings.FCGI))
                .containsExactly(
                        new ListenAddress.Unix(folder.resolve("run/a.sock")), new ListenAddress.Tcp("127.0.0.1", 9000));
    }

    @Test
    void penstockIniHoldsNothingElse() throws Exception {
        write("penstock.ini", "[app:main]\nuse = egg:site\n");
        assertThatThrownBy(() -> new SettingsBuilder().beside(folder))
                .hasMessageContaining("expected the section [penstock] and no other, found [app:main]");
    }

    @Test
    void aFileThatIsNotThereIsNamed() {
        assertThatThrownBy(() -> SettingsBuilder.read(folder.resolve("none.ini"), Map.of()))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("none.ini: cannot be read");
    }

    @ParameterizedTest
    @CsvSource({
        "idle_exit, 90, 90s",
        "idle_exit, 5m, 300s",
        "idle_exit, 1h, 3600s",
        "idle_exit, 250 ms, 250ms",
        "max_request_body, 10M, 10M",
        "max_request_body, 1536, 1536",
        "max_request_body, 2 kb, 2K",
        "max_request_body, 1GiB, 1G",
        "fcgi_mode, 666, 0666",
        "debug, On, true",
        "debug, 0, false",
        "script_name, /shop/, /shop",
        "script_name, as-is, as-is",
        "reload, changed, changed",
        "http, *:80, 0.0.0.0:80",
        "http, :80, 127.0.0.1:80",
        "http, [::1]:80, [::1]:80",
        "http, localhost:0, localhost:0",
        "fcgi, unix:/a /b, /a /b",
        "fcgi, [::1]:9000, [::1]:9000",
        "python_path, /a:/b, /a:/b",
        "python, python3.8, python3.8",
    })
    void readsWhatPeopleWrite(String name, String text, String shown) {
        assertThat(shownAgain(Settings.named(name), text)).isEqualTo(shown);
    }

    @ParameterizedTest
    @CsvSource({
        "workers, 0",
        "workers, 1.5",
        "idle_exit, -1",
        "idle_exit, 5 days",
        "idle_exit, 9999999999",
        "max_request_body, M",
        "max_request_body, 10X",
        "max_request_body, 10Mx",
        "fcgi_mode, 0999",
        "fcgi_mode, 7777",
        "debug, maybe",
        "script_name, shop",
        "reload, true",
        "http, 70000",
        "http, ::1:80",
        "http, localhost",
        "fcgi, nonsense",
        "fcgi, @",
        "fcgi_owner, www data",
        "allowed_clients, localhost",
        "allowed_clients, 10.1.2.3/8",
        "max_parameter_name, 1",
    })
    void refusesWhatItCannotRead(String name, String text) {
        assertThatThrownBy(() -> new SettingsBuilder().option(name, text, "--set", folder))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("`" + name + "`: expected ");
    }

    @Test
    void theDefaultsAreWhatTheirKindCanRead() throws Exception {
        for (Setting<?> setting : Settings.ALL) {
            assertThat(shownAgain(setting, shown(setting))).isEqualTo(shown(setting));
        }
    }

    @Test
    void namesAreUniqueAndAllAreInTheTable() throws Exception {
        List<String> names = Settings.ALL.stream().map(Setting::name).toList();
        assertThat(names).doesNotHaveDuplicates();
        for (var field : Settings.class.getDeclaredFields()) {
            if (field.getType() == Setting.class) {
                assertThat(Settings.ALL).contains((Setting<?>) field.get(null));
            }
        }
    }

    private <T> String shownAgain(Setting<T> setting, String text) {
        return setting.kind().show(setting.kind().parse(text, folder));
    }

    private static <T> String shown(Setting<T> setting) {
        return setting.kind().show(setting.fallback());
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }
}
