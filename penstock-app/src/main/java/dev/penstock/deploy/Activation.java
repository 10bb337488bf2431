package dev.penstock.deploy;

import java.io.FileDescriptor;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.newsclub.net.unix.AFServerSocketChannel;
import org.newsclub.net.unix.FileDescriptorCast;

/// Listening sockets that whoever started this process has opened for it.
///
/// | who | how |
/// |---|---|
/// | systemd, `systemd-socket-activate` | LISTEN_FDS of them from descriptor 3 on, for the process LISTEN_PID |
/// | systemd with `StandardInput=socket`, `systemd-socket-activate --inetd`, spawn-fcgi | descriptor 0 listens |
///
/// Whether descriptor 0 listens is for the Python command to find out, which can ask (SO_ACCEPTCONN): it
/// sets the property [#STDIN_LISTENS]. Environment and property are read once; the sockets stay the starter's,
/// and are not shut down when this server ends.
public final class Activation {
    /// `true` where descriptor 0 is a listening socket that is for us.
    public static final String STDIN_LISTENS = "penstock.stdin_listens";

    /// No sockets.
    public static final Activation NONE = new Activation(0, false);

    private static final int FIRST = 3;
    private static final int MOST = 64;

    private final int count;
    private final boolean stdin;

    private Activation(int count, boolean stdin) {
        this.count = count;
        this.stdin = stdin;
    }

    /// What the environment says.
    ///
    /// @param pid this process's
    /// @throws IllegalArgumentException when LISTEN_FDS is meant for us and is no number from 0 to [#MOST]
    public static Activation of(Map<String, String> environment, boolean stdinListens, LongSupplier pid) {
        String fds = environment.get("LISTEN_FDS");
        boolean ours = String.valueOf(pid.getAsLong()).equals(environment.get("LISTEN_PID"));
        return new Activation(ours && fds != null ? count(fds) : 0, stdinListens);
    }

    private static int count(String fds) {
        try {
            int count = Integer.parseInt(fds);
            if (count >= 0 && count <= MOST) {
                return count;
            }
        } catch (NumberFormatException ignored) {
            // Told below, as a number out of range is.
        }
        throw new IllegalArgumentException("LISTEN_FDS: expected a number from 0 to " + MOST + ", found: " + fds);
    }

    /// How many sockets there are.
    public int sockets() {
        return count + (stdin ? 1 : 0);
    }

    /// The sockets. Once.
    ///
    /// @throws IOException that names the descriptor that is no listening stream socket
    List<ServerSocketChannel> open() throws IOException {
        List<ServerSocketChannel> sockets = new ArrayList<>();
        if (stdin) {
            sockets.add(adopt(0));
        }
        for (int descriptor = FIRST; descriptor < FIRST + count; descriptor++) {
            sockets.add(adopt(descriptor));
        }
        return sockets;
    }

    private static ServerSocketChannel adopt(int descriptor) throws IOException {
        try {
            FileDescriptorCast cast = descriptor == 0
                    ? FileDescriptorCast.using(FileDescriptor.in)
                    : FileDescriptorCast.unsafeUsing(descriptor);
            ServerSocketChannel socket = cast.as(ServerSocketChannel.class);
            if (socket instanceof AFServerSocketChannel<?> unix) {
                unix.setDeleteOnClose(false); // The file is the starter's.
            }
            return socket;
        } catch (IOException | ClassCastException e) {
            throw new IOException(
                    "descriptor " + descriptor + " that was handed over is no listening stream socket: "
                            + e.getMessage(),
                    e);
        }
    }
}
