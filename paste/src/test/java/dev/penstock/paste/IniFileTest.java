package dev.penstock.paste;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What Paste Deploy has no word on: our messages, and where things are said.
class IniFileTest {
    @TempDir
    Path folder;

    @Test
    void namesFileAndLineOfASecondKey() {
        assertThatThrownBy(() -> read("[penstock]\nworkers = 2\n\nworkers = 3\n"))
                .isInstanceOf(IniException.class)
                .hasMessage(folder.resolve("x.ini") + ":4: key `workers` is in [penstock] already, on line 2");
    }

    @Test
    void showsTheLineThatHasNoValue() {
        assertThatThrownBy(() -> read("[penstock]\nworkers\n"))
                .hasMessage(folder.resolve("x.ini") + ":2: expected `key = value`, found: workers");
    }

    @Test
    void saysWhichReferenceLeadsNowhere() throws Exception {
        IniSection section = read("[a]\nx = 1\ny = %(z)s\n").section("a");
        assertThatThrownBy(() -> section.get("y"))
                .hasMessage(folder.resolve("x.ini") + ":3: `y` in [a]: %(z)s: no such key in [a] or [DEFAULT]");
    }

    @Test
    void endsACircleOfReferences() throws Exception {
        IniSection section = read("[a]\nx = %(y)s\ny = %(x)s\n").section("a");
        assertThatThrownBy(() -> section.get("x")).hasMessageContaining("in a circle");
    }

    @Test
    void tellsOwnKeysFromThoseOfDefault() throws Exception {
        IniSection section =
                read("[DEFAULT]\ndebug = true\n[penstock]\nworkers = 2\n").section("penstock");
        assertThat(section.keys()).containsExactly("workers");
        assertThat(section.get("debug")).isEqualTo("true");
        assertThat(section.get("Workers")).isNull();
    }

    @Test
    void knowsWhereAKeyIsSaid() throws Exception {
        IniSection section = read("\n[penstock]\n\nworkers = 2\n").section("penstock");
        assertThat(section.where("workers")).isEqualTo(folder.resolve("x.ini") + ":4");
        assertThat(section.where("threads")).isEqualTo(folder.resolve("x.ini") + ":2");
    }

    @Test
    void saysWhichSectionsThereAreWhenTheApplicationIsNotAmongThem() throws Exception {
        IniFile file = read("[app:site]\nuse = egg:site\n[server:main]\n");
        assertThatThrownBy(() -> file.application("main"))
                .hasMessageContaining("expected a section [app:main]")
                .hasMessageContaining("[app:site, server:main]");
    }

    @Test
    void refusesWhatIsNotText() {
        assertThatThrownBy(() -> IniFile.read(write(new byte[] {'[', 'a', ']', '\n', (byte) 0xe9}), Map.of()))
                .hasMessageEndingWith("x.ini:2: this is not UTF-8");
        assertThatThrownBy(() -> IniFile.read(write(new byte[5 * 1024 * 1024]), Map.of()))
                .hasMessageContaining("this is no INI file");
    }

    @Test
    void leavesAFileThatIsNotThereToItsCaller() {
        assertThatThrownBy(() -> IniFile.read(folder.resolve("none.ini"), Map.of()))
                .isInstanceOf(IOException.class);
    }

    private IniFile read(String text) throws IOException, IniException {
        return IniFile.read(write(text.getBytes()), Map.of());
    }

    private Path write(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("x.ini"), bytes);
    }
}
