package dev.penstock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.deploy.Deployment;
import dev.penstock.deploy.ListenAddress;
import dev.penstock.deploy.Settings;
import dev.penstock.deploy.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServeArgumentsTest {
    @TempDir
    Path folder;

    private Path python;

    @BeforeEach
    void aVirtualenv() throws Exception {
        python = Programs.make(folder.resolve("venv/bin/python"), "");
    }

    @Test
    void anIniFileIsServedWhereItsOwnServerWouldListen() throws Exception {
        ini("[app:main]\nuse = egg:site\n[server:main]\nuse = egg:gearbox#wsgiref\nhost = 0.0.0.0\nport = 6543\n");
        Deployment deployment = deployment("site.ini");
        assertThat(deployment.target()).isEqualTo(new Target.Config(folder.resolve("site.ini"), "main", Map.of()));
        assertThat(deployment.settings().get(Settings.HTTP)).contains(new ListenAddress.Tcp("0.0.0.0", 6543));
        assertThat(deployment.settings().origin(Settings.HTTP)).isEqualTo(folder.resolve("site.ini") + ":6");
        assertThat(deployment.python()).isEqualTo(python);
        assertThat(deployment.directory()).isEqualTo(folder);
    }

    @Test
    void theServersAddressIsOnlyWhatItsOwnSectionSays() throws Exception {
        ini("[DEFAULT]\nport = 1\nhost = 0.0.0.0\nbase = 65\n[server:main]\nuse = egg:x\nport = %(base)s43\n");
        assertThat(deployment("site.ini").settings().get(Settings.HTTP))
                .contains(new ListenAddress.Tcp("127.0.0.1", 6543));
    }

    @Test
    void withoutAnyWordItIsTheLoopbackInterface() throws Exception {
        ini("[app:main]\n");
        assertThat(deployment("site.ini").settings().get(Settings.HTTP))
                .contains(new ListenAddress.Tcp("127.0.0.1", 8080));
        assertThat(deployment("site:app").settings().get(Settings.HTTP))
                .contains(new ListenAddress.Tcp("127.0.0.1", 8080));
    }

    @ParameterizedTest
    @ValueSource(strings = {"fcgi", "scgi", "uwsgi"})
    void whoAsksForAnotherProtocolGetsNoHttp(String protocol) throws Exception {
        ini("[server:main]\nport = 6543\n[penstock]\n" + protocol + " = run/site.sock\n");
        assertThat(deployment("site.ini").settings().get(Settings.HTTP)).isEmpty();
    }

    @Test
    void aPortThatIsNoneIsSaidWithItsLine() throws Exception {
        ini("[server:main]\nport = http\n");
        assertThatThrownBy(() -> deployment("site.ini"))
                .hasMessage(folder.resolve("site.ini") + ":2: expected a port from 0 to 65535, found: http");
    }

    @Test
    void settingsComeFromOptionsTheIniFileAndTheFileBesideIt() throws Exception {
        ini("[penstock]\nthreads = 2\n");
        Files.writeString(folder.resolve("penstock.ini"), "[penstock]\nthreads = 9\nidle_exit = 1m\n");
        ServeArguments arguments = new ServeArguments(
                "site.ini", Map.of(), List.of(new ServeArguments.Option("workers", "3", "--workers")), false);
        Settings settings = arguments.deployment(folder, finder()).settings();
        assertThat(settings.get(Settings.WORKERS)).isEqualTo(3);
        assertThat(settings.get(Settings.THREADS)).isEqualTo(2);
        assertThat(settings.get(Settings.IDLE_EXIT)).hasMinutes(1);
    }

    @Test
    void aWrongSettingIsWrongUsageForWhoStartsItByHand() throws Exception {
        ini("[penstock]\nthread = 2\n");
        assertThatThrownBy(() -> deployment("site.ini"))
                .isInstanceOfSatisfying(
                        CommandFailure.class, e -> assertThat(e.status()).isEqualTo(Exit.USAGE))
                .hasMessageEndingWith("did you mean `threads`?");
    }

    @Test
    void globalsReachTheIniFile() throws Exception {
        ini("[penstock]\nworkers = %(n)s\n");
        ServeArguments arguments = new ServeArguments("site.ini", Map.of("n", "5"), List.of(), false);
        Deployment deployment = arguments.deployment(folder, finder());
        assertThat(deployment.settings().get(Settings.WORKERS)).isEqualTo(5);
        assertThat(deployment.target())
                .isEqualTo(new Target.Config(folder.resolve("site.ini"), "main", Map.of("n", "5")));
    }

    private Deployment deployment(String target) {
        return new ServeArguments(target, Map.of(), List.of(), false).deployment(folder, finder());
    }

    private static PythonFinder finder() {
        return new PythonFinder(Map.of(), null);
    }

    private void ini(String text) throws IOException {
        Files.writeString(folder.resolve("site.ini"), text);
    }
}
