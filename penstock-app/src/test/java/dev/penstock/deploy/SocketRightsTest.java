package dev.penstock.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.newsclub.net.unix.AFUNIXServerSocketChannel;
import org.newsclub.net.unix.AFUNIXSocketAddress;
import org.newsclub.net.unix.AFUNIXSocketChannel;

class SocketRightsTest {
    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void make() throws IOException {
        file = Files.createFile(folder.resolve("file"));
    }

    private String modeAfter(SocketRights rights) throws IOException {
        rights.apply(file);
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    private void assumeRoot() throws IOException {
        assumeTrue(Files.getAttribute(folder, "unix:uid").equals(0), "only root can give files away");
    }

    @Test
    void modeIsWhatWasSaid() throws IOException {
        assertThat(modeAfter(new SocketRights(0660, "", ""))).isEqualTo("rw-rw----");
        assertThat(modeAfter(new SocketRights(0602, "", ""))).isEqualTo("rw-----w-");
    }

    @Test
    void socketThatNobodyListensOnMakesRoomAndOneThatSomebodyListensOnStays() throws IOException {
        SocketRights rights = new SocketRights(0606, "", "");
        Path path = folder.resolve("socket");
        rights.bind(path).close();
        try (var _ = rights.bind(path)) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                    .isEqualTo("rw----rw-");
            assertThatIOException().isThrownBy(() -> rights.bind(path)).withMessage("somebody listens there already");
            try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
                assertThat(client.isConnected()).isTrue();
            }
        }
    }

    @Test
    void socketThatCannotHaveItsRightsIsNotThere() {
        Path path = folder.resolve("socket");
        assertThatIOException().isThrownBy(() -> new SocketRights(0660, "", "no-such-group").bind(path));
        assertThat(path).doesNotExist();
    }

    @Test
    void ownerAndGroupCanBeNumbers() throws IOException {
        assumeRoot();
        new SocketRights(0660, "12345", "54321").apply(file);
        assertThat(Files.getAttribute(file, "unix:uid")).isEqualTo(12345);
        assertThat(Files.getAttribute(file, "unix:gid")).isEqualTo(54321);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-rw----");
    }

    @Test
    void unknownNamesAreToldWithTheirSetting() {
        assertThatIOException()
                .isThrownBy(() -> new SocketRights(0660, "no-such-user", "").apply(file))
                .withMessage("fcgi_owner = no-such-user: this machine knows no such name");
        assertThatIOException()
                .isThrownBy(() -> new SocketRights(0660, "", "no-such-group").apply(file))
                .withMessage("fcgi_group = no-such-group: this machine knows no such name");
    }

    @Test
    void rootMayAlwaysConnectToAnAbstractSocketAndOthersByMode() throws IOException {
        boolean root = Files.getAttribute(folder, "unix:uid").equals(0);
        assertThat(mayConnect(new SocketRights(0, "", ""))).isEqualTo(root);
        assertThat(mayConnect(new SocketRights(0600, "", ""))).isTrue();
    }

    /// Whether this process may connect to an abstract socket with these rights.
    private boolean mayConnect(SocketRights rights) throws IOException {
        Predicate<SocketChannel> clients = rights.forAbstract(folder);
        assertThat(folder).as("nothing is left").isDirectoryNotContaining("glob:**/rights*");
        AFUNIXSocketAddress address = AFUNIXSocketAddress.inAbstractNamespace("penstock-test-" + System.nanoTime());
        try (AFUNIXServerSocketChannel socket = AFUNIXServerSocketChannel.open()) {
            socket.bind(address);
            try (AFUNIXSocketChannel client = AFUNIXSocketChannel.open(address);
                    AFUNIXSocketChannel accepted = socket.accept()) {
                assertThat(client.isConnected()).isTrue();
                return clients.test(accepted);
            }
        }
    }
}
