package dev.penstock.fastcgi.client;

import java.nio.ByteBuffer;

/// Sees the bytes of a client's connections. Called by the threads that read and write them, several at once
/// where there are several connections; it must neither wait nor keep the buffer.
public interface Wiretap {
    /// These bytes are about to be sent: whole records.
    void sent(ByteBuffer bytes);

    /// These bytes have come, cut anywhere.
    void received(ByteBuffer bytes);
}
