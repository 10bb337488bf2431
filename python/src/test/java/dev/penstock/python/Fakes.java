package dev.penstock.python;

import dev.penstock.fastcgi.Parameters;
import dev.penstock.server.Body;
import dev.penstock.server.Head;
import dev.penstock.server.Request;
import dev.penstock.server.Response;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/// Requests and responses of the tests' own, and frames as processes send them.
final class Fakes {
    private Fakes() {}

    static Request request(String method, Body body, String... pairs) {
        Parameters environ = new Parameters();
        environ.set("REQUEST_METHOD", method);
        environ.set("REQUEST_URI", "/page");
        for (int i = 0; i < pairs.length; i += 2) {
            environ.set(pairs[i], pairs[i + 1]);
        }
        return new Request(environ, body, "test");
    }

    static Body body(int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) 'b');
        return new Body.InMemory(bytes, length);
    }

    static InFlight inFlight(long id) {
        return new InFlight(id, request("GET", Body.EMPTY), new Recorded(), false);
    }

    static byte[] frame(int type, byte[]... payload) {
        int length = Arrays.stream(payload).mapToInt(part -> part.length).sum();
        ByteBuffer frame = little(Frame.HEADER_BYTES + length);
        frame.put((byte) type).put(new byte[3]).putInt(length);
        Arrays.stream(payload).forEach(frame::put);
        return frame.array();
    }

    static byte[] number(long number) {
        return little(Long.BYTES).putLong(number).array();
    }

    static byte[] text(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /// What became of a response, in words.
    static final class Recorded implements Response {
        final List<String> calls = new CopyOnWriteArrayList<>();
        final CountDownLatch over = new CountDownLatch(1);
        private volatile boolean cancelled;
        private volatile Runnable whenCancelled = () -> {};

        @Override
        public void start(Head head) {
            calls.add("start " + head.status());
        }

        @Override
        public void write(ByteBuffer piece) {
            calls.add("write " + StandardCharsets.ISO_8859_1.decode(piece));
        }

        @Override
        public void flush() {
            // When is a matter of timing.
        }

        @Override
        public void end() {
            calls.add("end");
            over.countDown();
        }

        @Override
        public void tear(String reason) {
            calls.add("tear " + reason);
            over.countDown();
        }

        @Override
        public void errors(String text) {
            calls.add("errors " + text.stripTrailing());
        }

        @Override
        public boolean cancelled() {
            return cancelled;
        }

        @Override
        public void whenCancelled(Runnable action) {
            whenCancelled = action;
        }

        /// The client goes.
        void cancel() {
            cancelled = true;
            whenCancelled.run();
        }

        /// Waits for the end; everything that was called.
        List<String> awaited() throws InterruptedException {
            over.await();
            return calls;
        }

        /// The body, as far as it came.
        String body() {
            StringBuilder body = new StringBuilder();
            calls.stream().filter(call -> call.startsWith("write ")).forEach(call -> body.append(call.substring(6)));
            return body.toString();
        }
    }
}
