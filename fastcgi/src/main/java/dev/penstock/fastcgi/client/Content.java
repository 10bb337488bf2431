package dev.penstock.fastcgi.client;

import java.io.InputStream;
import java.nio.ByteBuffer;

/// What goes into one stream of a request, STDIN or DATA.
sealed interface Content {
    /// Bytes in memory, which can be sent again for a second try.
    record Bytes(ByteBuffer bytes) implements Content {}

    /// Bytes that come once; `length` is -1 when it is not known before their end.
    record Once(InputStream stream, long length) implements Content {}

    static Content of(byte[] bytes) {
        return new Bytes(ByteBuffer.wrap(bytes).asReadOnlyBuffer());
    }
}
