package dev.penstock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.deploy.InstanceId;
import dev.penstock.deploy.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InstanceFinderTest {
    @TempDir
    Path folder;

    private Path runs;
    private Path site;
    private Path shop;
    private Path script;
    private Path ini;

    @BeforeEach
    void twoInstances() throws Exception {
        runs = Files.createDirectory(folder.resolve("runs"));
        site = Files.createDirectory(folder.resolve("site"));
        script = Files.createFile(site.resolve("dispatch.fcgi"));
        ini = Files.createFile(Files.createDirectory(folder.resolve("shop")).resolve("shop.ini"));
        shop = instance(InstanceId.ofFile(ini).id(), ini.toString());
        site = instance(InstanceId.ofFile(script).id(), script.toString());
    }

    @Test
    void listsWhatThereIs() {
        assertThat(directories(finder(folder).all())).containsExactlyInAnyOrder(site, shop);
    }

    @Test
    void findsByFileFolderNameIdAndDirectory() {
        for (String what : List.of(
                script.toString(),
                script.getParent().toString(),
                "site/dispatch.fcgi",
                "site",
                site.getFileName().toString(),
                site.toString())) {
            assertThat(directories(finder(folder).meantBy(what))).as(what).containsExactly(site);
        }
        assertThat(finder(folder).meantBy("blog")).isEmpty();
    }

    @Test
    void findsByNameWhereNoFileIsCalledSo() {
        assertThat(directories(finder(runs).meantBy("shop"))).containsExactly(shop);
    }

    @Test
    void findsACallable() throws Exception {
        Path made = instance(
                InstanceId.of(new Target.Callable("blog.wsgi:app", folder)).id(), "");
        assertThat(directories(finder(folder).meantBy("blog.wsgi:app"))).containsExactly(made);
        assertThat(finder(runs).meantBy("blog.wsgi:app")).isEmpty();
    }

    @Test
    void findsInAFolderThatCannotBeListedWhatIsNamedOrLiesInTheWorkingDirectory() throws Exception {
        // A folder that is a link to nowhere cannot be listed; root could list one without permissions.
        Path hidden = folder.resolve("hidden");
        InstanceFinder finder = new InstanceFinder(List.of(hidden, runs), script.getParent());
        assertThat(directories(finder.all())).contains(site);
        assertThat(directories(finder.meantBy("."))).containsExactly(site);
    }

    @Test
    void leavesOutWhatOthersCouldHaveMade() throws Exception {
        Files.setPosixFilePermissions(shop, PosixFilePermissions.fromString("rwxrwxrwx"));
        Files.createSymbolicLink(runs.resolve("link-00000000"), site);
        Files.createDirectory(runs.resolve("empty-00000000"));
        assertThat(directories(finder(folder).all())).containsExactly(site);
    }

    private Path instance(String id, String target) throws IOException {
        Path made = Files.createDirectory(runs.resolve(id));
        Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rwx--x--x"));
        Files.createFile(made.resolve("control"));
        Files.writeString(made.resolve("target"), target + "\n");
        return made;
    }

    private InstanceFinder finder(Path directory) {
        return new InstanceFinder(List.of(runs), directory);
    }

    private static List<Path> directories(List<FoundInstance> found) {
        return found.stream().map(FoundInstance::directory).toList();
    }
}
