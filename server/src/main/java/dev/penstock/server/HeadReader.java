package dev.penstock.server;

import dev.penstock.fastcgi.Parameters;
import dev.penstock.fastcgi.ProtocolException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// Reads the variables of one request in a protocol that has one request on each connection: bytes in,
/// variables out, no I/O. The body follows as it is, as long as CONTENT_LENGTH says.
///
/// Garbage either parses or ends in a [ProtocolException]. Used by one thread.
public sealed interface HeadReader permits ScgiReader, UwsgiReader {
    /// Takes bytes from the buffer, as many as belong to the variables and not one of the body.
    ///
    /// @return the variables when they are complete, null while more bytes are needed; not to be called afterwards
    /// @throws ProtocolException when what came is not this protocol, or goes over a limit
    @Nullable Parameters read(ByteBuffer input) throws ProtocolException;

    /// Whether a request has begun to arrive.
    boolean begun();

    /// CONTENT_LENGTH as these protocols need it, where it alone says where the request ends.
    ///
    /// @param text the variable's value, empty for no body
    /// @throws ProtocolException when it is no number of at most 18 digits
    static long contentLength(String text) throws ProtocolException {
        if (text.isEmpty()) {
            return 0;
        }
        if (text.length() > 18 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new ProtocolException("expected a number of bytes as CONTENT_LENGTH, found: " + text);
        }
        return Long.parseLong(text);
    }

    /// Room for `needed` of `total` bytes: the array grows with what has come, not with what was announced.
    static byte[] grown(byte[] bytes, int needed, int total) {
        return needed <= bytes.length
                ? bytes
                : java.util.Arrays.copyOf(bytes, Math.min(total, Math.max(needed, 2 * bytes.length)));
    }
}
