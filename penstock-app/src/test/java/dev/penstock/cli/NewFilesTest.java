package dev.penstock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NewFilesTest {
    @TempDir
    Path folder;

    @Test
    void areWrittenWithTheirModes() throws Exception {
        files("a\n", "b\n").write();
        assertThat(folder.resolve("one")).hasContent("a\n");
        assertThat(Files.getPosixFilePermissions(folder.resolve("one")))
                .isEqualTo(PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThat(names()).containsExactlyInAnyOrder("one", "two");
    }

    @Test
    void sayWhatDiffersFromWhatIsThere() throws Exception {
        Files.writeString(folder.resolve("one"), "same\nold\nend\n");
        Files.writeString(folder.resolve("two"), "b\n");
        assertThat(files("same\nnew\nend\n", "b\n").conflicts())
                .isEqualTo(folder.resolve("one") + " is there and says something else:\n  - old\n  + new\n");
    }

    @Test
    void leaveWhatWasThereWhenOneCannotBeWritten() throws Exception {
        Files.writeString(folder.resolve("one"), "old\n");
        Files.createDirectories(folder.resolve("two.new/in the way"));
        assertThatThrownBy(() -> files("new\n", "b\n").write()).isInstanceOf(IOException.class);
        assertThat(folder.resolve("one")).hasContent("old\n");
        assertThat(names()).containsExactlyInAnyOrder("one", "two.new");
    }

    @Test
    void showLinesThatComeAndGo() {
        assertThat(NewFiles.difference(List.of("a", "b", "c"), List.of("b", "x", "c", "d")))
                .containsExactly("- a", "+ x", "+ d");
    }

    private NewFiles files(String one, String two) {
        return new NewFiles(List.of(
                new NewFiles.NewFile(folder.resolve("one"), one, "rwxr-xr-x"),
                new NewFiles.NewFile(folder.resolve("two"), two, "rw-r--r--")));
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
