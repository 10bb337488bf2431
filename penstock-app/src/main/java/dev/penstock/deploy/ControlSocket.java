package dev.penstock.deploy;

import dev.penstock.control.ControlClient;
import java.io.FileDescriptor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.newsclub.net.unix.AFUNIXServerSocketChannel;
import org.newsclub.net.unix.AFUNIXSocketAddress;
import org.newsclub.net.unix.FileDescriptorCast;

/// Where an instance's control socket comes from.
final class ControlSocket {
    private static final int BACKLOG = 64;

    private ControlSocket() {}

    /// The one that the starter has bound and left as descriptor 0.
    static AFUNIXServerSocketChannel inherited() throws IOException {
        return FileDescriptorCast.using(FileDescriptor.in).as(AFUNIXServerSocketChannel.class);
    }

    /// A new one.
    ///
    /// @param served what the instance serves, for messages and for whoever looks into the directory
    /// @throws IOException also when a server of this instance runs
    static AFUNIXServerSocketChannel bind(Path directory, Path served) throws IOException {
        Path path = directory.resolve("control");
        if (new ControlClient(directory, Duration.ofSeconds(1)).isAlive()) {
            throw new IOException(
                    "a server for " + served + " runs already; `penstock status` tells, `penstock stop` ends it");
        }
        // Not bound under another name and renamed: junixsocket no longer accepts when its file has gone.
        Files.deleteIfExists(path);
        AFUNIXServerSocketChannel socket = AFUNIXServerSocketChannel.open();
        socket.bind(AFUNIXSocketAddress.of(path), BACKLOG);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw-rw-"));
        Files.writeString(directory.resolve("target"), served + "\n");
        return socket;
    }
}
