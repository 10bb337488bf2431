package dev.penstock.fastcgi;

import java.nio.ByteBuffer;
import java.util.Arrays;

/// Takes a stream of records apart, whichever side sent them. One reader a direction, used by one thread.
///
/// Feed it what was read, then ask [#advance] until it is false, which means "read more". Each time that
/// it is true, take what is there of the record's content with [#piece] or [#whole].
///
/// ```
/// byte  0        1     2..3        4..5            6               7         8..
///       version  type  request id  content length  padding length  reserved  content, padding
///
/// HEADER --8 bytes--> CONTENT --content length--> PADDING --padding length--> HEADER   (FastCGI 3.3)
/// ```
public final class RecordReader {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
    private static final int TLS_ALERT = 21;

    private enum Place {
        HEADER,
        CONTENT,
        PADDING
    }

    private final byte[] header = new byte[Encoder.HEADER_BYTES];
    private int headerRead;
    private Place place = Place.HEADER;
    private int contentLeft;
    private int paddingLeft;
    private byte[] collected = new byte[8];
    private ByteBuffer fed = NOTHING;
    private boolean hasUntaken;

    /// Gives the reader what was read. It is used until [#advance] returns false, which must have happened
    /// since the last call.
    ///
    /// @throws IllegalStateException when it was not
    public void feed(ByteBuffer received) {
        if (hasUntaken) {
            throw new IllegalStateException("what was fed before has not been taken: ask advance() until it is false");
        }
        fed = received;
        hasUntaken = true;
    }

    /// Whether there is content to take: some of it, or the nothing of a record without content.
    ///
    /// @throws ProtocolException when this is no record of FastCGI; the reader is of no use afterwards
    public boolean advance() throws ProtocolException {
        while (true) {
            if (place == Place.PADDING) {
                skipPadding();
            }
            if (place == Place.HEADER) {
                readHeader();
            }
            if (place == Place.CONTENT && (contentLeft == 0 || fed.hasRemaining())) {
                return true;
            }
            if (!fed.hasRemaining()) {
                fed = NOTHING;
                hasUntaken = false;
                return false;
            }
        }
    }

    private void readHeader() throws ProtocolException {
        int take = Math.min(header.length - headerRead, fed.remaining());
        fed.get(header, headerRead, take);
        headerRead += take;
        if (headerRead > 0 && header[0] != 1) {
            throw new ProtocolException(
                    "expected a FastCGI record of version 1, found a first byte of " + (header[0] & 0xff) + guess());
        }
        if (headerRead == header.length) {
            headerRead = 0;
            contentLeft = contentLength();
            paddingLeft = paddingLength();
            place = Place.CONTENT;
        }
    }

    private String guess() {
        return header[0] >= 'A' && header[0] <= 'Z' ? " (HTTP?)" : header[0] == TLS_ALERT ? " (TLS?)" : "";
    }

    private void skipPadding() {
        int skip = Math.min(paddingLeft, fed.remaining());
        fed.position(fed.position() + skip);
        paddingLeft -= skip;
        if (paddingLeft == 0) {
            place = Place.HEADER;
        }
    }

    /// The number of the record's type; [RecordType#of] knows most of them.
    public int type() {
        return header[1] & 0xff;
    }

    /// The request that the record belongs to, 0 for management.
    public int id() {
        return ((header[2] & 0xff) << 8) | (header[3] & 0xff);
    }

    /// Bytes of content that the record claims, up to 65,535.
    public int contentLength() {
        return ((header[4] & 0xff) << 8) | (header[5] & 0xff);
    }

    /// Bytes of padding that the record claims, up to 255.
    public int paddingLength() {
        return header[6] & 0xff;
    }

    /// Whether all of the record's content has been taken.
    public boolean isTaken() {
        return place != Place.CONTENT;
    }

    /// Whether the peer stopped between two records, the only place where an end of input is in order.
    public boolean atBoundary() {
        return place == Place.HEADER && headerRead == 0 && !hasUntaken;
    }

    /// What is there of the content, a view into the buffer that was fed: use it before [#advance] is asked
    /// again.
    public ByteBuffer piece() {
        int take = Math.min(contentLeft, fed.remaining());
        ByteBuffer piece = fed.slice(fed.position(), take);
        fed.position(fed.position() + take);
        taken(take);
        return piece;
    }

    /// Collects the content; true when it is complete and stands in [#content]. Call it for a record from its
    /// first byte on.
    boolean whole() {
        if (collected.length < contentLength()) {
            collected = Arrays.copyOf(collected, contentLength());
        }
        int take = Math.min(contentLeft, fed.remaining());
        fed.get(collected, contentLength() - contentLeft, take);
        taken(take);
        return isTaken();
    }

    /// What [#whole] has collected, [#contentLength] bytes; the next record writes over it.
    byte[] content() {
        return collected;
    }

    private void taken(int bytes) {
        contentLeft -= bytes;
        if (contentLeft == 0) {
            place = Place.PADDING;
        }
    }
}
