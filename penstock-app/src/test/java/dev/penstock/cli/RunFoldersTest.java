package dev.penstock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFoldersTest {
    @TempDir
    Path folder;

    @Test
    void aSharedFolderIsTakenOnlyWhereItsNumberIsItsOwners() throws Exception {
        Path own = folder("penstock-" + RunFolders.userId(), "rwx--x--x");
        folder("penstock-" + (RunFolders.userId() + 1), "rwx--x--x");
        folder("penstock-x", "rwx--x--x");
        folder("other", "rwx--x--x");
        assertThat(shared()).containsExactly(own);
    }

    @Test
    void aSharedFolderIsNotTakenWhereOthersCanWriteOrItIsALink() throws Exception {
        Path own = folder("penstock-" + RunFolders.userId(), "rwxrwxrwx");
        assertThat(shared()).isEmpty();
        Files.delete(own);
        Files.createSymbolicLink(own, folder("real", "rwx--x--x"));
        assertThat(shared()).isEmpty();
    }

    @Test
    void theChosenFolderIsTheFirst() {
        assertThat(RunFolders.all(Map.of("PENSTOCK_RUN_DIR", folder.toString())))
                .startsWith(folder);
    }

    @Test
    void homesAreReadFromThePasswordFile() throws Exception {
        Path file = Files.writeString(
                folder.resolve("passwd"), "root:x:0:0:root:/root:/bin/sh\nwww:x:33:33::/var/www:\nbroken\n");
        assertThat(RunFolders.homes(file)).containsExactly(Path.of("/root"), Path.of("/var/www"));
        assertThat(RunFolders.homes(folder.resolve("none"))).isEmpty();
    }

    private Set<Path> shared() {
        Set<Path> found = new LinkedHashSet<>();
        RunFolders.addShared(found, folder);
        return found;
    }

    private Path folder(String name, String mode) throws Exception {
        Path made = Files.createDirectory(folder.resolve(name));
        return Files.setPosixFilePermissions(made, PosixFilePermissions.fromString(mode));
    }
}
