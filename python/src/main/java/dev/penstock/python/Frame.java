package dev.penstock.python;

/// The types of frames between the server, a zygote and a worker thread.
///
/// ```
/// byte  0     1..3      4..7
///       type  reserved  payload length   little endian, then the payload
/// ```
final class Frame {
    static final int HEADER_BYTES = 8;

    // Zygote and server; payloads are JSON.
    static final int LOADED = 1;
    static final int FAILED = 2;
    static final int EQUIP = 3;
    static final int FORK = 4;
    static final int FORKED = 5;
    static final int EXITED = 6;
    static final int CHANGED = 7;
    static final int RETIRE_ZYGOTE = 8;
    static final int SOURCES = 9;

    // Worker to server.
    static final int HEAD = 16;
    static final int BODY = 17;
    static final int END = 18;
    static final int TORN = 19;
    static final int ERRORS = 20;
    static final int WANT = 21;

    // Server to worker.
    static final int SPOOL = 32;
    static final int REQUEST = 33;
    static final int RETIRE = 34;

    private Frame() {}
}
