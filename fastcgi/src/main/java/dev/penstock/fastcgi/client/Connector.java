package dev.penstock.fastcgi.client;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Opens connections within a deadline.
///
/// On a platform thread, which the deadline interrupts: a Unix socket whose backlog is full makes a virtual
/// thread's connect fail at once (EAGAIN), where it ought to wait.
final class Connector {
    private final SocketAddress address;

    Connector(SocketAddress address) {
        this.address = address;
    }

    SocketChannel connect(Schedule schedule) throws FastCgiFailure {
        Opening task = new Opening();
        Thread.ofPlatform().daemon().name("fastcgi-connect").start(task);
        try {
            return task.get(Math.max(0, schedule.untilConnect()), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new FastCgiFailure(
                    FastCgiFailure.Kind.CONNECT, "no connection to " + address + ": " + cause.getMessage(), "", cause);
        } catch (TimeoutException e) {
            task.abandon();
            throw new FastCgiFailure(
                    FastCgiFailure.Kind.CONNECT_TIMEOUT,
                    "no connection to " + address + " within "
                            + schedule.deadlines().connect() + " (connect)");
        } catch (InterruptedException | CancellationException e) {
            task.abandon();
            Thread.currentThread().interrupt();
            throw new FastCgiFailure(
                    FastCgiFailure.Kind.ENDED_HERE, "interrupted while connecting to " + address, "", e);
        }
    }

    /// A connection that is being opened. An interrupt closes a channel that is connecting; one that has just
    /// connected when nobody wants it any more is closed by whoever notices.
    private final class Opening extends FutureTask<SocketChannel> {
        Opening() {
            super(Connector.this::open);
        }

        @Override
        protected void set(SocketChannel channel) {
            super.set(channel);
            if (isCancelled()) {
                closeQuietly(channel);
            }
        }

        void abandon() {
            if (!cancel(true) && state() == State.SUCCESS) {
                closeQuietly(resultNow());
            }
        }
    }

    private SocketChannel open() throws IOException {
        if (!(address instanceof InetSocketAddress inet)) {
            return SocketChannel.open(address);
        }
        IOException failure = null;
        for (InetSocketAddress one : resolved(inet)) {
            try {
                return open(one);
            } catch (IOException e) {
                failure = e;
            }
        }
        throw failure == null ? new IOException("no address") : failure;
    }

    private static SocketChannel open(InetSocketAddress address) throws IOException {
        SocketChannel channel = SocketChannel.open();
        try {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.connect(address);
            return channel;
        } catch (IOException e) {
            closeQuietly(channel);
            throw e;
        }
    }

    /// A name may have several addresses, and the application may listen on one of them only.
    private static List<InetSocketAddress> resolved(InetSocketAddress address) throws IOException {
        if (!address.isUnresolved()) {
            return List.of(address);
        }
        List<InetSocketAddress> all = new ArrayList<>();
        for (InetAddress one : InetAddress.getAllByName(address.getHostString())) {
            all.add(new InetSocketAddress(one, address.getPort()));
        }
        return all;
    }

    private static void closeQuietly(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // Nobody has used it.
        }
    }
}
