package dev.penstock.server;

import java.io.Closeable;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// Closing what is over: a failure to close has no consequence and nobody to tell.
public final class Quietly {
    private Quietly() {}

    public static void close(@Nullable Closeable closeable) {
        if (closeable != null) {
            try {
                closeable.close();
            } catch (IOException ignored) {
                // The descriptor is gone either way.
            }
        }
    }
}
