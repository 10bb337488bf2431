package dev.penstock.server;

import static org.assertj.core.api.Assertions.fail;

import java.util.Arrays;
import java.util.function.BooleanSupplier;

/// Waits for what another thread is about to do and tells nobody.
final class Eventually {
    private static final long PATIENCE_NANOS = 10_000_000_000L;

    private Eventually() {}

    static void becomes(String what, BooleanSupplier condition) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - start > PATIENCE_NANOS) {
                fail("still not so after 10 s: " + what);
            }
            Thread.yield();
        }
    }

    /// Waits until an application's thread waits for room in an overflow that is full.
    static void waitsForRoom(Thread application) {
        becomes(
                "the application waits",
                () -> Arrays.stream(application.getStackTrace())
                        .anyMatch(frame -> frame.getMethodName().equals("awaitUninterruptibly")));
    }

    /// Whether a thread waits somewhere below this method.
    static boolean anyThreadIn(Class<?> type, String method) {
        return Thread.getAllStackTraces().values().stream()
                .flatMap(Arrays::stream)
                .anyMatch(frame -> frame.getClassName().equals(type.getName())
                        && frame.getMethodName().equals(method));
    }
}
