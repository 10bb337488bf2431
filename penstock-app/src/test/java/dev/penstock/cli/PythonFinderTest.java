package dev.penstock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.deploy.Settings;
import dev.penstock.deploy.SettingsBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PythonFinderTest {
    @TempDir
    Path folder;

    private Path project;

    @BeforeEach
    void aProject() throws Exception {
        project = Files.createDirectory(folder.resolve("project"));
    }

    @Test
    void whoSaysOneIsObeyed() throws Exception {
        Path said = Programs.make(folder.resolve("said"), "");
        Programs.make(project.resolve("venv/bin/python"), "");
        assertThat(finder().find(python(said.toString()), project)).isEqualTo(said);
    }

    @Test
    void theFolderOfAVirtualenvMeansItsInterpreter() throws Exception {
        Path python = Programs.make(folder.resolve("v/bin/python"), "");
        assertThat(finder().find(python("v"), project)).isEqualTo(python);
    }

    @Test
    void aBareNameIsLookedForOnThePath() throws Exception {
        Path python = Programs.make(folder.resolve("bin/python3.8"), "");
        assertThat(finder().find(python("python3.8"), project)).isEqualTo(python);
        assertThatThrownBy(() -> finder().find(python("python2"), project))
                .hasMessage("--python: expected a Python interpreter, but there is no such program on the PATH:"
                        + " python2");
    }

    @Test
    void whatCannotBeRunIsRefused() throws Exception {
        Files.createFile(folder.resolve("text"));
        assertThatThrownBy(() -> finder().find(python("text"), project))
                .hasMessageContaining("this cannot be run: " + folder.resolve("text"));
        assertThatThrownBy(() -> finder().find(python("/none"), project))
                .hasMessage("--python: expected a Python interpreter, but there is no such file: /none");
    }

    @Test
    void theActiveVirtualenvComesBeforeTheOneBesideTheProject() throws Exception {
        Path active = Programs.make(folder.resolve("active/bin/python"), "");
        Programs.make(project.resolve(".venv/bin/python"), "");
        PythonFinder finder =
                new PythonFinder(Map.of("VIRTUAL_ENV", folder.resolve("active").toString()), null);
        assertThat(finder.find(Settings.DEFAULTS, project)).isEqualTo(active);
    }

    @Test
    void theVirtualenvBesideTheProjectIsFoundUnderItsUsualNames() throws Exception {
        Path above = Programs.make(folder.resolve("venv/bin/python"), "");
        assertThat(finder().find(Settings.DEFAULTS, project)).isEqualTo(above);
        Path env = Programs.make(project.resolve("env/bin/python"), "");
        assertThat(finder().find(Settings.DEFAULTS, project)).isEqualTo(env);
        Path hidden = Programs.make(project.resolve(".venv/bin/python"), "");
        assertThat(finder().find(Settings.DEFAULTS, project)).isEqualTo(hidden);
    }

    @Test
    void theInterpreterOfTheInstallationComesBeforeThatOfThePath() throws Exception {
        Path onPath = Programs.make(folder.resolve("bin/python3"), "");
        assertThat(finder().find(Settings.DEFAULTS, project)).isEqualTo(onPath);
        Path own = Programs.make(folder.resolve("own"), "");
        assertThat(new PythonFinder(Map.of(), own.toString()).find(Settings.DEFAULTS, project))
                .isEqualTo(own);
    }

    @Test
    void linksAreNotFollowedBecauseAVirtualenvIsKnownByItsPlace() throws Exception {
        Path real = Programs.make(folder.resolve("real"), "");
        Files.createDirectories(project.resolve("venv/bin"));
        Path link = Files.createSymbolicLink(project.resolve("venv/bin/python"), real);
        assertThat(finder().find(Settings.DEFAULTS, project)).isEqualTo(link);
    }

    @Test
    void noneAtAllIsSaidWithWhatToDo() {
        assertThatThrownBy(() -> new PythonFinder(Map.of("PATH", "/none"), null).find(Settings.DEFAULTS, project))
                .hasMessageContaining("name one with --python");
    }

    private PythonFinder finder() {
        return new PythonFinder(Map.of("PATH", "/none:" + folder.resolve("bin")), null);
    }

    private Settings python(String said) throws Exception {
        return new SettingsBuilder().option("python", said, "--python", folder).build();
    }
}
