package dev.penstock.fastcgi;

import java.util.List;

/// What a web server may send, as a fuzz target: events or a [ProtocolException], never anything else; the same
/// however the bytes are cut; and never more memory than the limits allow (which [Transcript] watches).
public final class DecoderFuzz {
    /// Small, so that short inputs reach them.
    private static final Limits LIMITS = new Limits(1024, 10, 3);

    private DecoderFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        List<String> whole = Transcript.of(input, LIMITS, Math.max(1, input.length), Transcript.WHOLE);
        Pieces.same("one byte at a time", whole, Transcript.of(input, LIMITS, 1, Transcript.WHOLE));
        Pieces.same("in random pieces", whole, Transcript.of(input, LIMITS, 40, Pieces.randomOf(input)));
    }
}
