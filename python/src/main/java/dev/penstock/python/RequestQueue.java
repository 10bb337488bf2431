package dev.penstock.python;

import dev.penstock.server.Body;
import java.io.Closeable;
import java.io.FileDescriptor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.newsclub.net.unix.AFUNIXDatagramChannel;
import org.newsclub.net.unix.AFUNIXSocketAddress;

/// One queue in the kernel that all workers of a generation take from: a datagram socket pair, a
/// message a request. The kernel gives each message to exactly one worker.
///
/// ```
/// byte  0..7        8     9..11     12..15          16..
///       request id  kind  reserved  environ length  environ (marshal), body      little endian
/// ```
///
/// No more requests are let in than workers can soon take; the others wait here, where they can be
/// counted and taken back, first come, first served.
final class RequestQueue implements Closeable {
    static final int HEADER_BYTES = 16;

    /// A message's size at the most: sixteen of them fit the socket's send buffer of 208 KiB, so that
    /// sending never waits for memory.
    static final int MAX_MESSAGE_BYTES = 16 * 1024;

    /// The body is in the message.
    static final byte INLINE = 0;

    /// The body is in a file: the worker asks for it.
    static final byte SPOOLED = 1;

    /// The whole request is too large: the worker asks for it.
    static final byte BY_STREAM = 2;

    /// Requests let in beyond one for each worker thread, so that a worker finds its next one there
    /// already. The kernel queues ten messages (net.unix.max_dgram_qlen).
    private static final int AHEAD = 6;

    /// The address of a socket has 107 bytes at the most, and a name is to follow.
    private static final int LONGEST_FOLDER = 70;

    private static final ThreadLocal<ByteBuffer> MESSAGE = ThreadLocal.withInitial(
            () -> ByteBuffer.allocateDirect(MAX_MESSAGE_BYTES).order(ByteOrder.LITTLE_ENDIAN));

    private final AFUNIXDatagramChannel sender;
    private final AFUNIXDatagramChannel receiver;
    private final int capacity;
    /// Requests that were sent and are not over, at the most [#capacity].
    private final AtomicInteger letIn = new AtomicInteger();

    private final ConcurrentLinkedDeque<InFlight> waiting = new ConcurrentLinkedDeque<>();

    /// @param workerThreads how many can work at once
    /// @param temporary a folder of our own
    RequestQueue(int workerThreads, Path temporary) throws IOException {
        sender = AFUNIXDatagramChannel.open();
        receiver = AFUNIXDatagramChannel.open();
        connect(temporary);
        sender.configureBlocking(false);
        receiver.configureBlocking(false);
        capacity = workerThreads + AHEAD;
    }

    /// By a name that is gone at once, so that nobody else can send. (junixsocket's AFUNIXSocketPair makes two
    /// sockets more than it gives and closes; a server that reloads would run out of descriptors.)
    private void connect(Path temporary) throws IOException {
        Path folder = Files.createTempDirectory(
                temporary.toString().length() < LONGEST_FOLDER ? temporary : Path.of("/tmp"), "queue-");
        Path name = folder.resolve("q");
        try {
            AFUNIXSocketAddress address = AFUNIXSocketAddress.of(name);
            receiver.bind(address);
            sender.connect(address);
        } finally {
            Files.deleteIfExists(name);
            Files.delete(folder);
        }
    }

    /// The end that the workers take from; a copy stays here, so that no request is lost with a worker.
    FileDescriptor receivingEnd() throws IOException {
        return receiver.getFileDescriptor();
    }

    /// Gives a request to the workers, now or as soon as one of those let in is done. Any thread; takes
    /// no lock, because all connections meet here.
    void submit(InFlight request) throws IOException {
        if (waiting.isEmpty() && enter()) {
            sendOrWait(request);
            return;
        }
        waiting.add(request);
        if (enter()) {
            sendNext();
        }
    }

    /// One request that was let in is over: the next one may enter.
    void done() throws IOException {
        sendNext();
    }

    private boolean enter() {
        int now = letIn.get();
        while (now < capacity) {
            if (letIn.compareAndSet(now, now + 1)) {
                return true;
            }
            now = letIn.get();
        }
        return false;
    }

    /// Uses a place that the caller has for the request that waits longest, or gives the place back.
    private void sendNext() throws IOException {
        InFlight next = waiting.poll();
        while (next == null) {
            letIn.decrementAndGet();
            // One that came to wait just now saw the place taken: one of us must see the other.
            if (waiting.isEmpty() || !enter()) {
                return;
            }
            next = waiting.poll();
        }
        sendOrWait(next);
    }

    /// Where the kernel's queue is full, the responses to what is in it will call [#done].
    private void sendOrWait(InFlight request) throws IOException {
        ByteBuffer message = MESSAGE.get().clear();
        encode(request, message);
        if (sender.write(message.flip()) == 0) {
            waiting.addFirst(request);
            // Unless all of those were over before this one came to wait.
            if (letIn.decrementAndGet() == 0 && enter()) {
                sendNext();
            }
        }
    }

    /// Takes back everything that no worker has seen: the ids, in order of arrival.
    synchronized List<Long> takeBack() throws IOException {
        List<Long> back = receiveAll();
        for (InFlight next = waiting.poll(); next != null; next = waiting.poll()) {
            back.add(next.id());
        }
        return back;
    }

    /// Takes back one request that no worker has seen; false when one may have. What was sent after it
    /// keeps its order.
    ///
    /// @param byId the requests that are on their way
    synchronized boolean takeBack(InFlight request, LongFunction<@Nullable InFlight> byId) throws IOException {
        if (waiting.remove(request)) {
            return true;
        }
        List<Long> sent = receiveAll();
        boolean found = sent.remove(request.id());
        for (long id : sent.reversed()) {
            InFlight other = byId.apply(id);
            if (other != null) {
                waiting.addFirst(other);
            }
        }
        for (int i = sent.size() + (found ? 1 : 0); i > 0 && enter(); i--) {
            sendNext();
        }
        return found;
    }

    /// What is in the kernel's queue; its places are free then.
    private List<Long> receiveAll() throws IOException {
        List<Long> ids = new ArrayList<>();
        ByteBuffer message = MESSAGE.get();
        while (receiver.read(message.clear()) > 0) {
            ids.add(message.getLong(0));
            letIn.decrementAndGet();
        }
        return ids;
    }

    int waiting() {
        return waiting.size();
    }

    private static void encode(InFlight request, ByteBuffer out) {
        Body body = request.request().body();
        out.putLong(request.id()).putLong(0);
        boolean fits = Marshal.dict(request.request().environ(), out);
        int environLength = out.position() - HEADER_BYTES;
        byte kind = body instanceof Body.Spooled ? SPOOLED : INLINE;
        if (fits && body instanceof Body.InMemory small) {
            fits = small.size() <= out.remaining();
            out.put(small.bytes(), 0, fits ? small.size() : 0);
        }
        if (!fits) {
            out.position(HEADER_BYTES);
            environLength = 0;
            kind = BY_STREAM;
            request.goesByStream();
        }
        out.put(8, kind).putInt(12, environLength);
    }

    /// The request as a worker gets it by its own stream when it is too large for a message.
    static ByteBuffer whole(InFlight request) {
        Body body = request.request().body();
        int inline = body instanceof Body.InMemory small ? small.size() : 0;
        ByteBuffer out = ByteBuffer.allocate(
                        HEADER_BYTES + Marshal.maxBytes(request.request().environ()) + inline)
                .order(ByteOrder.LITTLE_ENDIAN);
        out.putLong(request.id()).putLong(0);
        Marshal.dict(request.request().environ(), out);
        out.put(8, body instanceof Body.Spooled ? SPOOLED : INLINE).putInt(12, out.position() - HEADER_BYTES);
        if (body instanceof Body.InMemory small) {
            out.put(small.bytes(), 0, small.size());
        }
        return out.flip();
    }

    @Override
    public void close() throws IOException {
        sender.close();
        receiver.close();
    }
}
