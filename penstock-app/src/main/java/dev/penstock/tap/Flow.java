package dev.penstock.tap;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/// One direction of a connection: what comes from one side goes to the other. Belongs to the [Pump]'s thread.
///
/// ```
/// OPEN --end of stream--> ENDED     the target's output is shut down when the surplus is out
/// OPEN --reset----------> CUT       the target is closed when the surplus is out
/// OPEN --write fails----> DEAF      what comes is dropped; a Unix source is told by EPIPE
/// ```
final class Flow {
    enum State {
        OPEN,
        ENDED,
        CUT,
        DEAF
    }

    final Side side;
    final SocketChannel source;
    final SocketChannel target;
    final Boundary boundary = new Boundary();

    State state = State.OPEN;
    /// Bytes that passed without being copied, since the last that were.
    long gap;
    /// What the target has not taken yet. There is none while the source is read: its sender waits as long as the
    /// target does.
    private @Nullable ByteBuffer surplus;

    /// A direction in which nothing has passed.
    ///
    /// @param side who sends
    Flow(Side side, SocketChannel source, SocketChannel target) {
        this.side = side;
        this.source = source;
        this.target = target;
    }

    boolean hasSurplus() {
        return surplus != null;
    }

    boolean mayRead() {
        boolean isDrained = state == State.DEAF && !isUnix();
        return (state == State.OPEN && surplus == null) || isDrained;
    }

    /// Nothing more will pass.
    boolean isOver() {
        return state != State.OPEN && surplus == null;
    }

    /// Writes what remains in `bytes`, and keeps what the target does not take.
    ///
    /// @throws IOException when the target takes nothing any more
    void send(ByteBuffer bytes) throws IOException {
        target.write(bytes);
        if (bytes.hasRemaining()) {
            surplus = ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
        }
    }

    /// Writes of the surplus what the target takes now.
    ///
    /// @throws IOException when the target takes nothing any more
    void sendSurplus() throws IOException {
        ByteBuffer rest = surplus;
        if (rest != null) {
            target.write(rest);
            surplus = rest.hasRemaining() ? rest : null;
        }
    }

    /// The target takes no more.
    void deafen() throws IOException {
        state = State.DEAF;
        surplus = null;
        if (isUnix()) {
            source.shutdownInput();
        }
    }

    private boolean isUnix() {
        try {
            SocketAddress local = source.getLocalAddress();
            return local instanceof UnixDomainSocketAddress;
        } catch (IOException e) {
            return false;
        }
    }

    /// Closes a channel so that its peer sees a reset, where the transport can say so.
    static void cut(SocketChannel channel) {
        try (channel) {
            if (!(channel.getLocalAddress() instanceof UnixDomainSocketAddress)) {
                channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            }
        } catch (IOException e) {
            // It is gone already.
        }
    }
}
