package dev.penstock.control;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.newsclub.net.unix.AFUNIXSocketCredentials;

/// Who may command a server: root, the server's own user, and the owner of what it serves. On many
/// hosts the web server's user runs what another user owns.
final class Peers {
    private static final long ROOT = 0;

    private final long ownUser;
    private final Path served;

    /// @param served the dispatch script or INI file, or the folder of a module
    Peers(Path served) throws IOException {
        this.served = served;
        this.ownUser = uid(Path.of("/proc/self"));
    }

    private static long uid(Path path) throws IOException {
        return ((Number) Files.getAttribute(path, "unix:uid")).longValue();
    }

    boolean mayCommand(AFUNIXSocketCredentials peer) {
        return isOurs(peer) || peer.getUid() == owner();
    }

    /// Whether the peer can be one of our own processes: a dispatch, a zygote.
    boolean isOurs(AFUNIXSocketCredentials peer) {
        return peer.getUid() == ROOT || peer.getUid() == ownUser;
    }

    /// The owner now: a file can be given to somebody else. Nobody's when it has gone.
    private long owner() {
        try {
            return uid(served);
        } catch (IOException e) {
            return ownUser;
        }
    }
}
