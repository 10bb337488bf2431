package dev.penstock.server;

import java.io.IOException;
import java.net.SocketOption;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/// Socket options that not every system has, by name: a channel tells which it knows.
final class SocketOptions {
    private SocketOptions() {}

    /// The option's value, or null where there is no such option.
    static @Nullable Object get(SocketChannel channel, String name) throws IOException {
        for (SocketOption<?> option : channel.supportedOptions()) {
            if (option.name().equals(name)) {
                return channel.getOption(option);
            }
        }
        return null;
    }

    /// Sets an option that is a number; false where there is no such option.
    static boolean set(SocketChannel channel, String name, int value) throws IOException {
        for (SocketOption<?> option : channel.supportedOptions()) {
            if (option.name().equals(name) && option.type() == Integer.class) {
                @SuppressWarnings("unchecked") // its type says so
                SocketOption<Integer> number = (SocketOption<Integer>) option;
                channel.setOption(number, value);
                return true;
            }
        }
        return false;
    }
}
