package dev.penstock.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.fastcgi.Parameters;
import dev.penstock.fastcgi.RecordType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;

/// A web server's end of one FastCGI connection: sends records and reads what comes back. Blocking.
final class WebServer implements AutoCloseable {
    static final int CLOSE = 0;
    static final int KEEP_CONN = 1;

    private final SocketChannel channel;
    private final CountDownLatch over;

    /// @param over counted down when the other end is closed
    WebServer(SocketChannel channel, CountDownLatch over) {
        this.channel = channel;
        this.over = over;
    }

    /// One record that was received.
    @SuppressWarnings("ArrayRecordComponent")
    record Received(int type, int id, byte[] content) {}

    /// A whole answer: what STDOUT carried, and how END_REQUEST called it.
    record Answer(String text, int protocolStatus) {
        String body() {
            return text.substring(text.indexOf("\r\n\r\n") + 4);
        }
    }

    static byte[] record(RecordType type, int id, byte... content) {
        ByteBuffer out = ByteBuffer.allocate(8 + content.length);
        out.put((byte) 1).put(type.code()).putShort((short) id).putShort((short) content.length);
        return out.putShort((short) 0).put(content).array();
    }

    static byte[] begin(int id, int role, int flags) {
        return record(
                RecordType.BEGIN_REQUEST,
                id,
                (byte) 0,
                (byte) role,
                (byte) flags,
                (byte) 0,
                (byte) 0,
                (byte) 0,
                (byte) 0,
                (byte) 0);
    }

    /// @param pairs names and values in turn
    static byte[] params(int id, String... pairs) {
        Parameters parameters = new Parameters();
        for (int i = 0; i < pairs.length; i += 2) {
            parameters.set(pairs[i], pairs[i + 1]);
        }
        return joined(
                pairs.length == 0 ? new byte[0] : record(RecordType.PARAMS, id, parameters.encode()),
                record(RecordType.PARAMS, id));
    }

    static byte[] stdin(int id, String piece) {
        return record(RecordType.STDIN, id, piece.getBytes(StandardCharsets.ISO_8859_1));
    }

    static byte[] stdinEnd(int id) {
        return record(RecordType.STDIN, id);
    }

    static byte[] abort(int id) {
        return record(RecordType.ABORT_REQUEST, id);
    }

    /// A whole responder's request without a body.
    static byte[] get(int id, int flags, String... pairs) {
        return joined(begin(id, 1, flags), params(id, pairs), stdinEnd(id));
    }

    static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    WebServer send(byte[]... parts) throws IOException {
        ByteBuffer all = ByteBuffer.wrap(joined(parts));
        while (all.hasRemaining()) {
            channel.write(all);
        }
        return this;
    }

    /// The next record, or null at the end of input. An end within a record fails the test.
    Received next() throws IOException {
        ByteBuffer header = ByteBuffer.allocate(8);
        if (!fill(header)) {
            return null;
        }
        assertThat(header.get()).as("version").isEqualTo((byte) 1);
        int type = header.get();
        int id = Short.toUnsignedInt(header.getShort());
        ByteBuffer content = ByteBuffer.allocate(Short.toUnsignedInt(header.getShort()));
        ByteBuffer padding = ByteBuffer.allocate(header.get());
        assertThat(fill(content) && fill(padding)).as("whole record").isTrue();
        return new Received(type, id, content.array());
    }

    private boolean fill(ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                assertThat(buffer.position())
                        .as("bytes of a record that was cut")
                        .isZero();
                return false;
            }
        }
        buffer.flip();
        return true;
    }

    /// Reads records of one request up to its END_REQUEST.
    Answer answer(int id) throws IOException {
        ByteArrayOutputStream stdout = new ByteArrayOutputStream();
        boolean ended = false;
        while (true) {
            Received record = next();
            assertThat(record).as("a record before the end of input").isNotNull();
            assertThat(record.id()).as("id").isEqualTo(id);
            if (record.type() == RecordType.END_REQUEST.code()) {
                assertThat(ended).as("STDOUT was ended").isTrue();
                return new Answer(stdout.toString(StandardCharsets.ISO_8859_1), record.content()[4]);
            }
            assertThat(record.type()).isEqualTo((int) RecordType.STDOUT.code());
            assertThat(ended).as("STDOUT goes on after its end").isFalse();
            ended = record.content().length == 0;
            stdout.writeBytes(record.content());
        }
    }

    /// Waits until the other side has read everything that was sent so far: it answers in order.
    void settle() throws IOException {
        send(record(RecordType.GET_VALUES, 0));
        assertThat(next().type()).isEqualTo((int) RecordType.GET_VALUES_RESULT.code());
    }

    /// All that comes up to the end of input, for protocols without records.
    String untilEnd() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteBuffer piece = ByteBuffer.allocate(64 * 1024);
        while (channel.read(piece.clear()) >= 0) {
            out.write(piece.array(), 0, piece.position());
        }
        return out.toString(StandardCharsets.ISO_8859_1);
    }

    /// Ends this side of the connection only.
    void endInput() throws IOException {
        channel.shutdownOutput();
    }

    /// Waits until the other side has let the connection go.
    void awaitServed() throws InterruptedException {
        over.await();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
