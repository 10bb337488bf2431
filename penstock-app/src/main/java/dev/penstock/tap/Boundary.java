package dev.penstock.tap;

import java.nio.ByteBuffer;

/// Where records end in one direction of a connection: all that the pump has to know of FastCGI, so that it can leave
/// out bytes and go on at the beginning of a record. For one thread.
final class Boundary {
    private final byte[] header = new byte[RecordSplitter.HEADER_BYTES];
    private int headerRead;
    /// Bytes of content and padding that are still to come.
    private int left;

    private boolean isLost;

    /// Looks at what remains in `bytes`, whose position stays.
    ///
    /// @return where the first record begins in them that has not begun before; their limit when there is none
    int pass(ByteBuffer bytes) {
        int first = -1;
        int at = bytes.position();
        int end = bytes.limit();
        while (at < end && !isLost) {
            if (left > 0) {
                int passed = Math.min(left, end - at);
                left -= passed;
                at += passed;
                continue;
            }
            if (headerRead == 0) {
                first = first < 0 ? at : first;
                isLost = bytes.get(at) != 1;
            }
            int taken = Math.min(header.length - headerRead, end - at);
            bytes.get(at, header, headerRead, taken);
            headerRead += taken;
            at += taken;
            if (headerRead == header.length) {
                headerRead = 0;
                left = RecordSplitter.unsigned16(header, 4) + (header[6] & 0xff);
            }
        }
        return first < 0 ? end : first;
    }
}
