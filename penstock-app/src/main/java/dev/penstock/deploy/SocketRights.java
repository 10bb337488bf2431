package dev.penstock.deploy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Predicate;
import org.newsclub.net.unix.AFUNIXSocketChannel;
import org.newsclub.net.unix.AFUNIXSocketCredentials;

/// Who may connect to a Unix socket of ours: `fcgi_mode`, `fcgi_owner`, `fcgi_group`.
///
/// A socket with a file gets them, and the kernel decides. An abstract one has no file, and every process of
/// the machine could connect; so there the same three decide about the peer's credentials, as the kernel
/// would (with the peer's main group only: that is what it tells).
///
/// @param mode as of a file; who may write may connect
/// @param owner a name, a number, or empty for the server's user
/// @param group the same for the server's group
public record SocketRights(int mode, String owner, String group) {
    private static final int OWNER_WRITES = 0200;
    private static final int GROUP_WRITES = 0020;
    private static final int OTHERS_WRITE = 0002;

    /// Listens on a Unix socket with these rights. A socket that nobody listens on any more makes room.
    ///
    /// @throws IOException that says what stands in the way; then there is no socket
    public ServerSocketChannel bind(Path path) throws IOException {
        removeStale(path);
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.bind(UnixDomainSocketAddress.of(path), ListenAddress.BACKLOG);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        try {
            apply(path);
            return channel;
        } catch (IOException e) {
            channel.close();
            Files.deleteIfExists(path);
            throw e;
        }
    }

    private static void removeStale(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (SocketChannel probe = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            throw new IOException("somebody listens there already" + (probe.isConnected() ? "" : " and is busy"));
        } catch (ConnectException e) {
            Files.delete(path);
        }
    }

    /// Gives them to the file of a socket.
    ///
    /// @throws IOException that names the setting that cannot be
    void apply(Path socket) throws IOException {
        PosixFileAttributeView view = Files.getFileAttributeView(socket, PosixFileAttributeView.class);
        if (!group.isEmpty()) {
            give("fcgi_group", group, () -> view.setGroup(groupPrincipal(socket)));
        }
        // The mode after the group, before the owner: each is possible only until the next.
        view.setPermissions(permissions());
        if (!owner.isEmpty()) {
            give("fcgi_owner", owner, () -> view.setOwner(lookup(socket).lookupPrincipalByName(owner)));
        }
    }

    private interface Change {
        void make() throws IOException;
    }

    private static void give(String setting, String name, Change change) throws IOException {
        try {
            change.make();
        } catch (java.nio.file.attribute.UserPrincipalNotFoundException e) {
            throw new IOException(setting + " = " + name + ": this machine knows no such name", e);
        } catch (IOException e) {
            throw new IOException(setting + " = " + name + ": this user may not give the socket to it", e);
        }
    }

    private static UserPrincipalLookupService lookup(Path path) {
        return path.getFileSystem().getUserPrincipalLookupService();
    }

    private GroupPrincipal groupPrincipal(Path path) throws IOException {
        return lookup(path).lookupPrincipalByGroupName(group);
    }

    private Set<PosixFilePermission> permissions() {
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        PosixFilePermission[] all = PosixFilePermission.values(); // from owner read to others execute
        for (int bit = 0; bit < all.length; bit++) {
            if ((mode & (0400 >> bit)) != 0) {
                permissions.add(all[bit]);
            }
        }
        return permissions;
    }

    /// The same rights for an abstract socket.
    ///
    /// @param somewhere a file that is ours: a new one gets the rights for a moment, to learn the numbers
    /// @throws IOException that names the setting that cannot be
    Predicate<SocketChannel> forAbstract(Path somewhere) throws IOException {
        Path file = Files.createTempFile(somewhere, "rights", "");
        try {
            new SocketRights(mode, owner, group).apply(file);
            long user = number(file, "unix:uid");
            long groupNumber = number(file, "unix:gid");
            return connection -> connection instanceof AFUNIXSocketChannel unix && mayConnect(unix, user, groupNumber);
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private static long number(Path file, String attribute) throws IOException {
        return ((Number) Files.getAttribute(file, attribute)).longValue();
    }

    private boolean mayConnect(AFUNIXSocketChannel connection, long user, long groupNumber) {
        try {
            return mayConnect(connection.getPeerCredentials(), user, groupNumber);
        } catch (IOException e) {
            return false;
        }
    }

    private boolean mayConnect(AFUNIXSocketCredentials peer, long user, long groupNumber) {
        if (peer.getUid() == 0) {
            return true;
        }
        if (peer.getUid() == user) {
            return (mode & OWNER_WRITES) != 0;
        }
        return (mode & (peer.getGid() == groupNumber ? GROUP_WRITES : OTHERS_WRITE)) != 0;
    }
}
