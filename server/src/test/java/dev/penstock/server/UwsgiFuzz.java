package dev.penstock.server;

/// What may come instead of a request in the uwsgi protocol, as a fuzz target; the promises are those of
/// [HeadReaderPromises].
public final class UwsgiFuzz {
    private UwsgiFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        HeadReaderPromises.check(() -> new UwsgiReader(HeadReaderPromises.LIMITS), input);
    }
}
