package dev.penstock.tap;

import dev.penstock.server.Quietly;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.HashSet;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Accepts web servers' connections, opens one to the application for each, and passes on whatever comes, both ways,
/// byte for byte, with the ends and the resets. One thread for all of it.
///
/// It reads and writes first and leaves a copy for others afterwards; it never waits for them. It does not read from a
/// side whose opposite has not taken what came before, so that each side is held up as much as without a tap.
final class Pump implements Runnable {
    private static final int BUFFER_BYTES = 64 * 1024;
    /// How long what has been read already may take to get out at the end.
    private static final long FLUSH_NANOS = 1_000_000_000;

    private final ServerSocketChannel listening;
    private final SocketAddress application;
    private final int maxConnections;
    private final Copies copies;
    private final Selector selector;
    private final SelectionKey acceptKey;
    private final Set<Link> links = new HashSet<>();
    /// Links whose connection another thread had to wait for.
    private final Queue<Runnable> arrivals = new ConcurrentLinkedQueue<>();

    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final Consumer<SelectionKey> onReady = this::ready;
    private volatile boolean isStopping;
    private int accepted;

    /// What a selector's key stands for: one side of a link.
    private record End(Link link, Side side) {}

    /// A pump that has not begun.
    ///
    /// @param listening bound; closed when the pump ends
    Pump(ServerSocketChannel listening, SocketAddress application, int maxConnections, Copies copies)
            throws IOException {
        this.listening = listening;
        this.application = application;
        this.maxConnections = maxConnections;
        this.copies = copies;
        this.selector = Selector.open();
        listening.configureBlocking(false);
        this.acceptKey = listening.register(selector, SelectionKey.OP_ACCEPT);
    }

    /// Ends [#run], from any thread.
    void stop() {
        isStopping = true;
        selector.wakeup();
    }

    /// The loop; ends after [#stop], or with the exception that nobody expected.
    @Override
    public void run() {
        try {
            while (!isStopping) {
                round(0);
            }
            Quietly.close(listening);
            long deadline = System.nanoTime() + FLUSH_NANOS;
            while (hasSurplus() && System.nanoTime() < deadline) {
                round(10);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the selector failed", e);
        } finally {
            Set.copyOf(links).forEach(this::close);
            Quietly.close(listening);
            Quietly.close(selector);
        }
    }

    private void round(long patienceMillis) throws IOException {
        selector.select(onReady, patienceMillis);
        for (Runnable arrival = arrivals.poll(); arrival != null; arrival = arrivals.poll()) {
            arrival.run();
        }
        copies.ring();
    }

    private boolean hasSurplus() {
        return links.stream().anyMatch(link -> link.fromServer.hasSurplus() || link.fromApplication.hasSurplus());
    }

    private void ready(SelectionKey key) {
        try {
            switch (key.attachment()) {
                case null -> accept();
                case End(Link link, Side _) when key.isConnectable() -> finishConnect(link);
                case End(Link link, Side side) -> move(key, link, side);
                default -> throw new IllegalStateException("a key of nobody");
            }
        } catch (CancelledKeyException e) {
            // Its link was closed in this round.
        }
    }

    // Connections begin.

    private void accept() {
        SocketChannel server = null;
        try {
            server = listening.accept();
            if (server == null) {
                return;
            }
            server.configureBlocking(false);
            connect(server);
        } catch (IOException e) {
            // Too many open files, or a peer that left at once. Those that are open go on; the next that ends makes
            // room.
            Quietly.close(server);
            if (!links.isEmpty()) {
                acceptKey.interestOps(0);
            }
        }
    }

    private void connect(SocketChannel server) throws IOException {
        boolean isUnix = application instanceof UnixDomainSocketAddress;
        SocketChannel channel = isUnix ? SocketChannel.open(StandardProtocolFamily.UNIX) : SocketChannel.open();
        Link link = new Link(++accepted, server, channel);
        links.add(link);
        limit();
        copies.tell(Entry.Kind.OPENED, link.number, peer(server));
        try {
            channel.configureBlocking(false);
            if (channel.connect(application)) {
                begin(link);
            } else if (isUnix) {
                // Its backlog is full. There is nothing to wait for with a selector.
                Quietly.close(channel);
                links.remove(link);
                waitForRoom(link.number, server);
            } else {
                channel.register(selector, SelectionKey.OP_CONNECT, new End(link, Side.APPLICATION));
            }
        } catch (IOException e) {
            unreachable(link, e);
        }
    }

    private static String peer(SocketChannel server) throws IOException {
        SocketAddress remote = server.getRemoteAddress();
        return remote instanceof UnixDomainSocketAddress || remote == null ? "" : remote.toString();
    }

    private void waitForRoom(int number, SocketChannel server) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        Link link = new Link(number, server, channel);
        links.add(link);
        Thread.ofPlatform().daemon().name("connect").start(() -> {
            @Nullable IOException failure = tryToConnect(channel);
            arrivals.add(() -> {
                if (failure == null) {
                    begin(link);
                } else {
                    unreachable(link, failure);
                }
            });
            selector.wakeup();
        });
    }

    private @Nullable IOException tryToConnect(SocketChannel channel) {
        try {
            channel.connect(application);
            channel.configureBlocking(false);
            return null;
        } catch (IOException e) {
            return e;
        }
    }

    private void finishConnect(Link link) {
        try {
            link.application.finishConnect();
            begin(link);
        } catch (IOException e) {
            unreachable(link, e);
        }
    }

    private void begin(Link link) {
        try {
            for (SocketChannel channel : new SocketChannel[] {link.server, link.application}) {
                if (!(channel.getLocalAddress() instanceof UnixDomainSocketAddress)) {
                    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                }
            }
            link.server.register(selector, SelectionKey.OP_READ, new End(link, Side.SERVER));
            link.application.register(selector, SelectionKey.OP_READ, new End(link, Side.APPLICATION));
        } catch (IOException e) {
            close(link);
        }
    }

    private void unreachable(Link link, IOException reason) {
        copies.tell(Entry.Kind.UNREACHABLE, link.number, application + ": " + reason.getMessage());
        close(link);
    }

    // Bytes pass.

    private void move(SelectionKey key, Link link, Side side) {
        if (key.isWritable()) {
            sendSurplus(link, link.from(side.other()));
        }
        if (key.isValid() && key.isReadable()) {
            read(link, link.from(side));
        }
        if (link.isOver()) {
            close(link);
        } else {
            listen(link, Side.SERVER);
            listen(link, Side.APPLICATION);
        }
    }

    private void listen(Link link, Side side) {
        SelectionKey key = link.from(side).source.keyFor(selector);
        if (key != null && key.isValid()) {
            int interest = link.interest(side);
            if (key.interestOps() != interest) {
                key.interestOps(interest);
            }
        }
    }

    private void read(Link link, Flow flow) {
        int count;
        try {
            count = flow.source.read(buffer.clear());
        } catch (IOException e) {
            reset(link, flow);
            return;
        }
        if (count < 0) {
            ended(link, flow);
        } else if (count > 0) {
            buffer.flip();
            boolean isTaken = flow.state == Flow.State.DEAF || send(flow);
            copies.passed(link, flow, buffer);
            if (!isTaken) {
                deaf(link, flow);
            }
        }
    }

    private boolean send(Flow flow) {
        try {
            flow.send(buffer);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private void sendSurplus(Link link, Flow flow) {
        try {
            flow.sendSurplus();
            if (!flow.hasSurplus() && flow.state == Flow.State.ENDED) {
                flow.target.shutdownOutput();
            }
        } catch (IOException e) {
            deaf(link, flow);
        }
    }

    private void ended(Link link, Flow flow) {
        copies.tell(Entry.Kind.closed(flow.side), link.number);
        flow.state = Flow.State.ENDED;
        if (!flow.hasSurplus()) {
            try {
                flow.target.shutdownOutput();
            } catch (IOException e) {
                // It has gone; its own direction will say so.
            }
        }
    }

    private void reset(Link link, Flow flow) {
        copies.tell(Entry.Kind.reset(flow.side), link.number);
        flow.state = Flow.State.CUT;
    }

    private void deaf(Link link, Flow flow) {
        copies.tell(Entry.Kind.deaf(flow.side.other()), link.number);
        try {
            flow.deafen();
        } catch (IOException e) {
            // Its source has gone as well.
        }
    }

    // Connections end.

    private void close(Link link) {
        if (links.remove(link)) {
            link.close();
            copies.tell(Entry.Kind.OVER, link.number);
            limit();
        }
    }

    /// Further connections wait in the backlog.
    private void limit() {
        if (acceptKey.isValid()) {
            acceptKey.interestOps(links.size() < maxConnections ? SelectionKey.OP_ACCEPT : 0);
        }
    }
}
