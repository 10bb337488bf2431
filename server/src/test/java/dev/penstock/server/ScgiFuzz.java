package dev.penstock.server;

/// What may come instead of an SCGI request, as a fuzz target; the promises are those of [HeadReaderPromises].
public final class ScgiFuzz {
    private ScgiFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        HeadReaderPromises.check(() -> new ScgiReader(HeadReaderPromises.LIMITS), input);
    }
}
