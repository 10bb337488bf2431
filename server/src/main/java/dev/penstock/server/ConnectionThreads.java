package dev.penstock.server;

import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// The threads that serve connections and write to slow clients: made when needed, kept for a while.
///
/// Platform threads: measured on two cores they beat virtual ones by a quarter on the worker path.
/// To change that, change the thread factory.
public final class ConnectionThreads implements Executor {
    /// Seconds that an idle thread waits for work; long enough to bridge the pauses of a quiet site.
    private static final long KEEP_SECONDS = 20;

    private final AtomicInteger count = new AtomicInteger();
    private final ThreadPoolExecutor pool = new ThreadPoolExecutor(
            0, Integer.MAX_VALUE, KEEP_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), work -> {
                Thread thread = new Thread(work, "connection-" + count.incrementAndGet());
                thread.setDaemon(true);
                return thread;
            });

    @Override
    public void execute(Runnable work) {
        pool.execute(work);
    }
}
