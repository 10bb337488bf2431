package dev.penstock.tap;

/// Cuts one direction of a connection into records, whoever sends it and whatever it is. No I/O; one thread.
///
/// It refuses nothing: what is not a record of version 1 is reported as bytes without a frame, and so is all that
/// follows, because nobody can tell where the next record would begin.
///
/// ```
/// byte  0        1     2..3        4..5            6               7         8..
///       version  type  request id  content length  padding length  reserved  content, padding   (FastCGI 3.3)
///
/// HEADER --8 bytes--> CONTENT --content length--> PADDING --padding length--> HEADER
///    `-- not version 1 --> LOST
/// ```
final class RecordSplitter {
    static final int HEADER_BYTES = 8;
    private static final int VERSION = 1;

    /// What is made of the bytes. Slices point into the array that was fed and may be changed there; content comes in
    /// as many pieces as it was fed in.
    interface Sink {
        void header(int type, int id, int contentLength, int paddingLength);

        void content(byte[] bytes, int from, int length);

        /// All content of the record has been seen; its padding is still to come.
        void contentEnd();

        void padding(byte[] bytes, int from, int length);

        void unframed(byte[] bytes, int from, int length);
    }

    private enum Place {
        HEADER,
        CONTENT,
        PADDING,
        LOST
    }

    private final Sink sink;
    private final byte[] header = new byte[HEADER_BYTES];
    private int headerRead;
    private int contentLeft;
    private int paddingLeft;
    private Place place = Place.HEADER;

    RecordSplitter(Sink sink) {
        this.sink = sink;
    }

    void feed(byte[] bytes, int from, int length) {
        int at = from;
        int end = from + length;
        while (at < end) {
            at += switch (place) {
                case HEADER -> header(bytes, at, end);
                case CONTENT -> content(bytes, at, end);
                case PADDING -> padding(bytes, at, end);
                case LOST -> lost(bytes, at, end);
            };
        }
    }

    /// Whether the last byte that was fed ended a record.
    boolean isAtBoundary() {
        return place == Place.HEADER && headerRead == 0;
    }

    /// Goes on at the beginning of a record: bytes before it were not fed.
    void skipToBoundary() {
        headerRead = 0;
        place = Place.HEADER;
    }

    private int header(byte[] bytes, int at, int end) {
        if (headerRead == 0 && bytes[at] != VERSION) {
            place = Place.LOST;
            return 0;
        }
        int taken = Math.min(HEADER_BYTES - headerRead, end - at);
        System.arraycopy(bytes, at, header, headerRead, taken);
        headerRead += taken;
        if (headerRead == HEADER_BYTES) {
            begin();
        }
        return taken;
    }

    private void begin() {
        contentLeft = unsigned16(header, 4);
        paddingLeft = header[6] & 0xff;
        sink.header(header[1] & 0xff, unsigned16(header, 2), contentLeft, paddingLeft);
        place = Place.CONTENT;
        if (contentLeft == 0) {
            endContent();
        }
    }

    private int content(byte[] bytes, int at, int end) {
        int taken = Math.min(contentLeft, end - at);
        sink.content(bytes, at, taken);
        contentLeft -= taken;
        if (contentLeft == 0) {
            endContent();
        }
        return taken;
    }

    private void endContent() {
        sink.contentEnd();
        place = Place.PADDING;
        if (paddingLeft == 0) {
            skipToBoundary();
        }
    }

    private int padding(byte[] bytes, int at, int end) {
        int taken = Math.min(paddingLeft, end - at);
        sink.padding(bytes, at, taken);
        paddingLeft -= taken;
        if (paddingLeft == 0) {
            skipToBoundary();
        }
        return taken;
    }

    private int lost(byte[] bytes, int at, int end) {
        sink.unframed(bytes, at, end - at);
        return end - at;
    }

    static int unsigned16(byte[] bytes, int at) {
        return (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
    }
}
