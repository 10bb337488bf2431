package dev.penstock.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InstanceIdTest {
    @TempDir
    Path folder;

    /// The figures are from `penstock.instance.instance_id` in Python.
    @Test
    void isWhatTheDispatchWorksOut() {
        assertThat(InstanceId.ofFile(Path.of("/srv/shop/dispatch.fcgi")))
                .isEqualTo(new InstanceId("shop", "shop-49c8bbfd"));
        assertThat(InstanceId.ofFile(Path.of("/srv/Märchen & Söhne, eingetragener Verein/dispatch.fcgi")))
                .isEqualTo(new InstanceId("M_rchen___S_hne__eingetr", "M_rchen___S_hne__eingetr-94aa2f8e"));
        assertThat(InstanceId.ofFile(Path.of("/dispatch.fcgi")).name()).isEqualTo("root");
    }

    @Test
    void isThatOfTheFileBehindALink() throws Exception {
        Path real = Files.createDirectory(folder.resolve("real"));
        Path script = Files.createFile(real.resolve("dispatch.fcgi"));
        Path link = Files.createSymbolicLink(folder.resolve("link.fcgi"), script);
        assertThat(InstanceId.of(new Target.Script(link)))
                .isEqualTo(InstanceId.of(new Target.Script(script)))
                .extracting(InstanceId::name)
                .isEqualTo("real");
    }

    @Test
    void tellsCallablesOfOneDirectoryApart() {
        InstanceId one = InstanceId.of(new Target.Callable("site.wsgi:application", folder));
        InstanceId other = InstanceId.of(new Target.Callable("site.wsgi:admin", folder));
        assertThat(one.name()).isEqualTo("site");
        assertThat(one.id()).isNotEqualTo(other.id());
    }

    @Test
    void ignoresWhichApplicationOfAnIniFileIsMeant() {
        Path ini = folder.resolve("site.ini");
        assertThat(InstanceId.of(new Target.Config(ini, "main", Map.of())))
                .isEqualTo(InstanceId.of(new Target.Config(ini, "admin", Map.of())));
    }
}
