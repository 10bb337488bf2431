package dev.penstock.server;

import dev.penstock.fastcgi.Encoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The writing side of one connection: whole records, one writer at a time, and turns between the
/// responses while more than one has something to write.
///
/// ```
/// IDLE --tryOwn--> CALLER --write: all taken, nobody waits--> IDLE
///                         --write: otherwise-----------------> THREAD --nothing left--> IDLE
/// IDLE --ready, control------------------------------------->  THREAD
/// any  --a write failed------------------------------------->  BROKEN
/// ```
///
/// A response that finds the connection idle is written by the thread that has it (CALLER), which waits
/// for nobody where the channel does not block. As soon as the peer takes less than it is given, or two
/// responses meet, one thread of the connection's own writes for all (THREAD): a record of each in turn,
/// and small ones, so that a large response does not hold up a small one.
final class Outbox {
    /// Content of a record while others wait for their turn.
    static final int SHARED_BYTES = 16 * 1024;

    /// Answers to management records that a peer may leave unread.
    static final int MAX_CONTROL_BYTES = 64 * 1024;

    private enum State {
        IDLE,
        CALLER,
        THREAD,
        BROKEN
    }

    /// One response in the queue for turns. Calls come from the connection's writing thread, one at a time.
    interface Turn {
        /// What [#put] came to.
        enum Result {
            /// A record was put.
            RECORD,
            /// There is nothing to write now; [Outbox#ready] tells when there is.
            NOTHING,
            /// The last record was put.
            LAST
        }

        /// Puts the next record.
        ///
        /// @param most bytes of content in it
        Result put(ByteBuffer out, int most) throws IOException;

        /// The last record is written, or never will be.
        void over();
    }

    private final SocketChannel channel;
    private final FastCgiGate gate;
    private final PeerClock clock;
    private final Runnable broken;
    /// Guards everything below.
    private final Object lock = new Object();

    private State state = State.IDLE;
    private final ArrayDeque<Turn> turns = new ArrayDeque<>(2);
    private final ArrayDeque<ByteBuffer> control = new ArrayDeque<>(1);
    private int controlBytes;
    /// What the channel did not take of a caller's records.
    private @Nullable ByteBuffer rest;

    private @Nullable Runnable whenIdle;

    /// @param broken called, without a lock, when a write has failed
    Outbox(SocketChannel channel, FastCgiGate gate, PeerClock clock, Runnable broken) {
        this.channel = channel;
        this.gate = gate;
        this.clock = clock;
        this.broken = broken;
    }

    /// Takes the connection if nobody writes or waits; the caller must [#write] then.
    boolean tryOwn() {
        synchronized (lock) {
            if (state != State.IDLE) {
                return false;
            }
            state = State.CALLER;
            return true;
        }
    }

    /// Writes whole records and lets the connection go. Does not wait for the peer, unless the channel
    /// blocks.
    void write(ByteBuffer records) {
        try {
            if (channel.isBlocking()) {
                clock.writing();
            }
            while (records.hasRemaining() && channel.write(records) > 0) {
                // A blocking channel takes it all, another what fits.
            }
        } catch (IOException e) {
            fail();
            return;
        }
        clock.written();
        Runnable action;
        boolean goesOn;
        synchronized (lock) {
            if (records.hasRemaining()) {
                rest = ByteBuffer.allocate(records.remaining()).put(records).flip();
            }
            goesOn = rest != null || !turns.isEmpty() || !control.isEmpty();
            state = goesOn ? State.THREAD : State.IDLE;
            action = goesOn ? null : takeWhenIdle();
        }
        if (goesOn) {
            gate.threads().execute(this::run);
        } else if (action != null) {
            action.run();
        }
    }

    /// Whether a caller's [#write] waits for the peer.
    boolean blocks() {
        return channel.isBlocking();
    }

    /// A response has something to write, or its end.
    void ready(Turn response) {
        synchronized (lock) {
            if (state != State.BROKEN) {
                if (!turns.contains(response)) {
                    turns.add(response);
                }
                if (state == State.IDLE) {
                    state = State.THREAD;
                    gate.threads().execute(this::run);
                }
                return;
            }
        }
        response.over();
    }

    /// Writes an answer to a management record; does not wait.
    ///
    /// @throws IOException when the peer sends such records and does not read the answers
    void control(ByteBuffer records) throws IOException {
        if (tryOwn()) {
            write(records);
            return;
        }
        synchronized (lock) {
            if (state == State.BROKEN) {
                return;
            }
            controlBytes += records.remaining();
            if (controlBytes > MAX_CONTROL_BYTES) {
                throw new IOException("the web server asks, and does not read the answers");
            }
            control.add(ByteBuffer.allocate(records.remaining()).put(records).flip());
            if (state == State.IDLE) { // Since the line above.
                state = State.THREAD;
                gate.threads().execute(this::run);
            }
        }
    }

    /// Runs the action when everything is written, or cannot be: now, or by the thread that writes the last
    /// of it. The last action that was given counts.
    void whenIdle(Runnable action) {
        synchronized (lock) {
            if (state == State.CALLER || state == State.THREAD) {
                whenIdle = action;
                return;
            }
        }
        action.run();
    }

    boolean isIdle() {
        synchronized (lock) {
            return state == State.IDLE || state == State.BROKEN;
        }
    }

    /// How many responses wait for their turn.
    int waiting() {
        synchronized (lock) {
            return turns.size();
        }
    }

    private @Nullable Runnable takeWhenIdle() {
        Runnable action = whenIdle;
        whenIdle = null;
        return action;
    }

    /// The connection's writing thread: until nothing is left to write.
    private void run() {
        ByteBuffer buffer = gate.buffers().take();
        try (Patience patience = new Patience(channel, clock)) {
            ByteBuffer left = takeRest();
            if (left != null) {
                patience.write(left);
            }
            boolean goesOn = true;
            while (goesOn) {
                goesOn = writeNext(buffer, patience);
            }
        } catch (IOException e) {
            fail();
        } finally {
            gate.buffers().give(buffer);
        }
    }

    private @Nullable ByteBuffer takeRest() {
        synchronized (lock) {
            ByteBuffer left = rest;
            rest = null;
            return left;
        }
    }

    private boolean writeNext(ByteBuffer buffer, Patience patience) throws IOException {
        ByteBuffer answer;
        Turn turn = null;
        int most = 0;
        Runnable action = null;
        boolean goesOn = true;
        synchronized (lock) {
            answer = control.poll();
            if (answer == null) {
                turn = turns.poll();
                most = turns.isEmpty() ? Encoder.MAX_CONTENT : SHARED_BYTES;
            } else {
                controlBytes -= answer.remaining();
            }
            if (answer == null && turn == null) {
                goesOn = false;
                if (state == State.THREAD) {
                    state = State.IDLE;
                    action = takeWhenIdle();
                }
            }
        }
        if (answer != null) {
            patience.write(answer);
        } else if (turn != null) {
            take(turn, most, buffer, patience);
        } else if (action != null) {
            action.run();
        }
        return goesOn;
    }

    private void take(Turn turn, int most, ByteBuffer buffer, Patience patience) throws IOException {
        Turn.Result result = turn.put(buffer.clear(), most);
        try {
            patience.write(buffer.flip());
        } catch (IOException e) {
            turn.over();
            throw e;
        }
        if (result == Turn.Result.LAST) {
            turn.over();
        } else if (result == Turn.Result.RECORD) {
            synchronized (lock) {
                if (state != State.BROKEN && !turns.contains(turn)) {
                    turns.add(turn);
                }
            }
        }
    }

    private void fail() {
        List<Turn> left;
        Runnable action;
        synchronized (lock) {
            state = State.BROKEN;
            left = new ArrayList<>(turns);
            turns.clear();
            control.clear();
            rest = null;
            action = takeWhenIdle();
        }
        broken.run();
        left.forEach(Turn::over);
        if (action != null) {
            action.run();
        }
    }

    /// Waits for a peer that does not take what it is given. One thread.
    private static final class Patience implements AutoCloseable {
        /// A channel that another thread has closed does not always wake who waits for it.
        private static final long LOOK_MS = 1000;

        private final SocketChannel channel;
        private final PeerClock clock;
        private @Nullable Selector selector;

        Patience(SocketChannel channel, PeerClock clock) {
            this.channel = channel;
            this.clock = clock;
        }

        void write(ByteBuffer records) throws IOException {
            clock.writing();
            while (records.hasRemaining()) {
                int count = channel.write(records);
                clock.wrote(count);
                if (count == 0) {
                    await();
                }
            }
            clock.written();
        }

        private void await() throws IOException {
            Selector waiting = selector;
            if (waiting == null) {
                waiting = Selector.open();
                selector = waiting;
                channel.register(waiting, SelectionKey.OP_WRITE);
            }
            waiting.select(key -> {}, LOOK_MS);
        }

        @Override
        public void close() {
            Quietly.close(selector);
        }
    }
}
