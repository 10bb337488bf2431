package dev.penstock.control;

import dev.penstock.server.ConnectionThreads;
import dev.penstock.server.EventLog;
import dev.penstock.server.Faults;
import dev.penstock.server.Printable;
import dev.penstock.server.Quietly;
import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.newsclub.net.unix.AFUNIXServerSocketChannel;
import org.newsclub.net.unix.AFUNIXSocketChannel;
import org.newsclub.net.unix.AFUNIXSocketCredentials;

/// Takes commands on the control socket: from people, from dispatches and from zygotes.
///
/// ```
/// a command    word NUL word NUL … NUL
/// attach       SCRIPT PID and a listening socket       answered `ok` or `no REASON`; stays open
/// zygote       TOKEN                                   becomes the zygote's frame stream
/// cgi          SCRIPT                                  answered `ok`, then speaks SCGI, one request
/// status …     and what [Commands] knows               answered by lines, the last one `exit N`
/// ```
///
/// Anybody can connect; the peer's credentials decide.
public final class ControlServer implements Runnable {
    private static final int MAX_COMMAND_BYTES = 16 * 1024;
    private static final int ANCILLARY_BYTES = 256;
    private static final long PAUSE_NANOS = 1_000_000_000L;

    private final AFUNIXServerSocketChannel socket;
    private final Peers peers;
    private final Commands commands;
    private final Dispatches dispatches;
    private final ConnectionThreads threads;
    private final EventLog log;

    /// @param served whose owner may command this server
    public ControlServer(
            AFUNIXServerSocketChannel socket,
            Path served,
            Commands commands,
            Dispatches dispatches,
            ConnectionThreads threads,
            EventLog log)
            throws IOException {
        this.socket = socket;
        this.peers = new Peers(served);
        this.commands = commands;
        this.dispatches = dispatches;
        this.threads = threads;
        this.log = log;
    }

    @Override
    public void run() {
        while (socket.isOpen()) {
            try {
                AFUNIXSocketChannel connection = socket.accept();
                threads.execute(() -> serve(connection));
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException e) {
                log.error("control", "cannot accept: " + e.getMessage());
                LockSupport.parkNanos(PAUSE_NANOS); // For want of descriptors, say; there will be some again.
            }
        }
    }

    private void serve(AFUNIXSocketChannel connection) {
        boolean kept = false;
        try {
            connection.setAncillaryReceiveBufferSize(ANCILLARY_BYTES);
            List<String> words = command(connection);
            FileDescriptor[] descriptors = connection.getReceivedFileDescriptors();
            kept = obey(connection, words, descriptors == null ? new FileDescriptor[0] : descriptors);
        } catch (IOException e) {
            log.event(EventLog.Level.DEBUG, "control", "a connection ended: " + e.getMessage());
        } catch (RuntimeException e) {
            log.error("control", "a command failed: " + Faults.describe(e));
        } finally {
            if (!kept) {
                Quietly.close(connection);
            }
        }
    }

    /// The words up to the empty one, byte by byte: a zygote's frames follow at once and are not ours to read.
    private static List<String> command(AFUNIXSocketChannel connection) throws IOException {
        ByteArrayOutputStream command = new ByteArrayOutputStream();
        ByteBuffer next = ByteBuffer.allocate(1);
        byte last = 1;
        while (true) {
            if (connection.read(next.clear()) < 0 || command.size() > MAX_COMMAND_BYTES) {
                throw new IOException("an incomplete command");
            }
            byte read = next.get(0);
            if (read == 0 && last == 0) {
                return List.of(command.toString(StandardCharsets.UTF_8).split("\0"));
            }
            command.write(read);
            last = read;
        }
    }

    /// Does what the words say; true when the connection lives on.
    private boolean obey(AFUNIXSocketChannel connection, List<String> words, FileDescriptor[] descriptors)
            throws IOException {
        AFUNIXSocketCredentials peer = connection.getPeerCredentials();
        String verb = words.getFirst();
        if (!(isInternal(verb) ? peers.isOurs(peer) : peers.mayCommand(peer))) {
            log.warning("control", "user " + peer.getUid() + " may not " + Printable.of(verb));
            say(
                    connection,
                    "no permission: this server obeys root, its own user and the owner of what it serves",
                    "exit 1");
            return false;
        }
        return switch (verb) {
            case "attach" -> attach(connection, words, descriptors);
            case "zygote" -> {
                commands.zygote(words.size() > 1 ? words.get(1) : "", peer.getPid(), connection);
                yield true;
            }
            case "cgi" -> {
                say(connection, "ok");
                commands.cgi(connection);
                yield true;
            }
            default -> {
                commands.run(words, line -> say(connection, line));
                yield false;
            }
        };
    }

    private static boolean isInternal(String verb) {
        return verb.equals("attach") || verb.equals("zygote") || verb.equals("cgi");
    }

    private boolean attach(AFUNIXSocketChannel connection, List<String> words, FileDescriptor[] descriptors)
            throws IOException {
        if (words.size() != 3 || descriptors.length != 1) {
            say(connection, "no expected attach, the script, a process id and one descriptor");
            return false;
        }
        try {
            boolean first = dispatches.attach(connection, descriptors[0], words.get(1), Long.parseLong(words.get(2)));
            say(connection, "ok");
            commands.attached(first);
            dispatches.accept(connection);
            return true;
        } catch (IOException | IllegalArgumentException e) {
            say(connection, "no " + e.getMessage());
            return false;
        }
    }

    private static void say(AFUNIXSocketChannel connection, String... lines) throws IOException {
        ByteBuffer text = ByteBuffer.wrap((String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
        while (text.hasRemaining()) {
            connection.write(text);
        }
    }
}
