package dev.penstock.fastcgi.client;

import dev.penstock.fastcgi.Parameters;
import dev.penstock.fastcgi.ProtocolStatus;
import dev.penstock.fastcgi.Reply;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/// A client for the protocols beside FastCGI that send variables and a body, and take a plain response until
/// the end of the connection: SCGI and uwsgi. One request for each connection; for any number of threads.
public final class PlainClient {
    private static final int CHUNK_BYTES = 32 * 1024;

    /// Which of them.
    public enum Protocol {
        /// Variables in a netstring, CONTENT_LENGTH first.
        SCGI,
        /// Variables in one packet with lengths of 16 bits, as uWSGI takes them from web servers.
        UWSGI
    }

    private final Protocol protocol;
    private final Connector connector;
    private final ClientOptions options;

    /// A client of an application at a Unix socket or a TCP address.
    public PlainClient(Protocol protocol, SocketAddress address, ClientOptions options) {
        this.protocol = protocol;
        this.connector = new Connector(address);
        this.options = options;
    }

    /// Sends a request and waits for the head of its response. Roles mean nothing here.
    ///
    /// @throws FastCgiFailure when there is none
    /// @throws IllegalArgumentException when the request cannot be said in this protocol
    public ClientResponse send(ClientRequest request) throws FastCgiFailure {
        Parameters parameters = request.parameters();
        boolean isLong = request.body() instanceof Content.Once once && once.length() < 0;
        if (isLong) {
            throw new IllegalArgumentException(protocol + " needs the length of the body");
        }
        byte[] head = protocol == Protocol.SCGI ? PlainHeads.scgi(parameters) : PlainHeads.uwsgi(parameters);
        Schedule schedule = new Schedule(request.deadlinesOr(options.deadlines()));
        Line line = new Line(connector.connect(schedule), new Exchange(1, false, schedule, options), options);
        line.start(head, request.body());
        return ClientResponse.await(line, line.exchange, options);
    }

    /// One connection with its one exchange, read and written by threads of their own.
    private static final class Line implements ClientResponse.Owner {
        private final SocketChannel channel;
        private final Exchange exchange;
        private final ClientOptions options;

        Line(SocketChannel channel, Exchange exchange, ClientOptions options) {
            this.channel = channel;
            this.exchange = exchange;
            this.options = options;
        }

        void start(byte[] head, Content body) {
            Thread.ofVirtual().name("plain-writer").start(() -> write(head, body));
            Thread.ofVirtual().name("plain-reader").start(this::read);
        }

        private void write(byte[] head, Content body) {
            try {
                send(ByteBuffer.wrap(head));
                switch (body) {
                    case Content.Bytes(var bytes) -> send(bytes.duplicate());
                    case Content.Once(var stream, long length) -> copy(stream, length);
                }
                exchange.sent();
            } catch (IOException e) {
                // The reader learns what has become of the peer, which may have answered before it closed.
            }
        }

        private void copy(InputStream in, long length) throws IOException {
            byte[] chunk = new byte[CHUNK_BYTES];
            long left = length;
            while (left > 0 && !exchange.isOver()) {
                int n = in.read(chunk, 0, (int) Math.min(chunk.length, left));
                if (n < 0) {
                    exchange.fail(new FastCgiFailure(
                            FastCgiFailure.Kind.BODY, "the request's body ended " + left + " bytes too early"));
                    return;
                }
                send(ByteBuffer.wrap(chunk, 0, n));
                left -= n;
            }
        }

        private void send(ByteBuffer bytes) throws IOException {
            if (options.wiretap() != null && bytes.hasRemaining()) {
                options.wiretap().sent(bytes.asReadOnlyBuffer());
            }
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }

        private void read() {
            ByteBuffer in = ByteBuffer.allocate(CHUNK_BYTES);
            try {
                while (channel.read(in.clear()) >= 0) {
                    in.flip();
                    if (options.wiretap() != null) {
                        options.wiretap().received(in.asReadOnlyBuffer());
                    }
                    if (!exchange.offer(in)) {
                        exchange.putPatiently(in, Long.MAX_VALUE);
                    }
                }
                if (exchange.isAnswered()) {
                    exchange.end(new Reply.End(1, 0, ProtocolStatus.REQUEST_COMPLETE));
                } else {
                    lose(new FastCgiFailure(FastCgiFailure.Kind.CLOSED, "the application closed the connection"));
                }
            } catch (IOException e) {
                lose(new FastCgiFailure(FastCgiFailure.Kind.CLOSED, "the connection broke: " + e.getMessage(), "", e));
            } catch (InterruptedException e) {
                lose(new FastCgiFailure(FastCgiFailure.Kind.ENDED_HERE, "interrupted"));
            }
            close();
        }

        private void lose(FastCgiFailure why) {
            exchange.fail(why);
        }

        private void close() {
            try {
                channel.close();
            } catch (IOException e) {
                // It is of no use any more, whatever the system says.
            }
        }

        @Override
        public void giveUp(Exchange given) {
            exchange.fail(new FastCgiFailure(FastCgiFailure.Kind.ENDED_HERE, "the response was closed"));
            close();
        }

        /// There is no other way to say it.
        @Override
        public void abort(Exchange aborted) {
            giveUp(aborted);
        }
    }
}
