package dev.penstock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.deploy.Deployment;
import dev.penstock.deploy.Settings;
import dev.penstock.deploy.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DispatchCommandTest {
    @TempDir
    Path folder;

    @Test
    void isMeantOnlyByTheDispatchScriptsOwnForm() {
        assertThat(DispatchCommand.isMeantBy(new String[] {"serve", "--dispatch", "/x"}))
                .isTrue();
        assertThat(DispatchCommand.isMeantBy(new String[] {"serve", "x.ini"})).isFalse();
        assertThat(DispatchCommand.isMeantBy(new String[] {"serve"})).isFalse();
        assertThat(DispatchCommand.isMeantBy(new String[] {})).isFalse();
    }

    @Test
    void readsWhatTheDispatchScriptSays() {
        DispatchArguments arguments = arguments("--config", "/p/site.ini", "debug=true", "url=a=b");
        assertThat(arguments.script()).isEqualTo(folder.resolve("dispatch.fcgi"));
        assertThat(arguments.python()).isEqualTo(Path.of("/venv/bin/python"));
        assertThat(arguments.instance()).isEqualTo(Path.of("/run/i"));
        assertThat(arguments.config()).isEqualTo("/p/site.ini");
        assertThat(arguments.globalConf()).isEqualTo(Map.of("debug", "true", "url", "a=b"));
    }

    @Test
    void refusesAnotherForm() {
        assertThatThrownBy(() -> arguments("debug=true")).hasMessage("unexpected argument: debug=true");
        assertThatThrownBy(() -> arguments("--config")).hasMessage("unexpected argument: --config");
        assertThatThrownBy(() -> DispatchArguments.parse(new String[] {"serve", "--dispatch", "/x"}))
                .hasMessage("--python is missing");
    }

    @Test
    void servesTheScriptWithTheSettingsOfItsIniFile() throws Exception {
        Path project = Files.createDirectory(folder.resolve("project"));
        write("project/site.ini", "[penstock]\nworkers = 7\n");
        write("project/penstock.ini", "[penstock]\nworkers = 1\nthreads = 2\n");
        write("penstock.ini", "[penstock]\nthreads = 3\n");
        Deployment deployment =
                DispatchCommand.deployment(arguments("--config", project.resolve("site.ini") + "#main"));
        assertThat(deployment.target()).isEqualTo(new Target.Script(folder.resolve("dispatch.fcgi")));
        assertThat(deployment.settings().get(Settings.WORKERS)).isEqualTo(7);
        assertThat(deployment.settings().get(Settings.THREADS)).isEqualTo(3);
        assertThat(deployment.settings().get(Settings.HTTP)).isEmpty();
        assertThat(deployment.directory()).isEqualTo(folder);
        assertThat(deployment.python()).isEqualTo(Path.of("/venv/bin/python"));
        assertThat(deployment.problems()).isEmpty();
    }

    @Test
    void startsAlsoWithAWrongSettingAndSaysSo() throws Exception {
        write("penstock.ini", "[penstock]\nworker = 3\n");
        Deployment deployment = DispatchCommand.deployment(arguments());
        assertThat(deployment.settings()).isSameAs(Settings.DEFAULTS);
        assertThat(deployment.problems())
                .containsExactly(
                        folder.resolve("penstock.ini") + ":2: there is no setting `worker`; did you mean `workers`?");
    }

    @Test
    void startsAlsoWithABrokenIniFileOrNone() throws Exception {
        Path ini = write("site.ini", "[app:main]\nno value\n");
        assertThat(DispatchCommand.deployment(arguments("--config", ini.toString()))
                        .problems())
                .singleElement()
                .asString()
                .startsWith(ini + ":2: expected `key = value`");
        assertThat(DispatchCommand.deployment(arguments("--config", "/none.ini"))
                        .problems())
                .singleElement()
                .asString()
                .startsWith("/none.ini: cannot be read");
    }

    @Test
    void runsTheApplicationWithThePythonThatTheSettingsName() throws Exception {
        Path python = Programs.make(folder.resolve("old/bin/python"), "");
        write("penstock.ini", "[penstock]\npython = old\n");
        assertThat(DispatchCommand.deployment(arguments()).python()).isEqualTo(python);
        write("penstock.ini", "[penstock]\npython = older/bin/python\n");
        assertThat(DispatchCommand.deployment(arguments()).problems())
                .singleElement()
                .asString()
                .contains("penstock.ini:2: expected a Python interpreter, but there is no such file");
    }

    private DispatchArguments arguments(String... more) {
        List<String> words = new ArrayList<>(List.of(
                "serve",
                "--dispatch",
                folder.resolve("dispatch.fcgi").toString(),
                "--python",
                "/venv/bin/python",
                "--instance",
                "/run/i"));
        words.addAll(List.of(more));
        return DispatchArguments.parse(words.toArray(String[]::new));
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }
}
