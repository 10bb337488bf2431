package dev.penstock.fastcgi;

import java.util.List;

/// What an application may answer, as a fuzz target: replies or a [ProtocolException], the same however the bytes are
/// cut.
public final class ResponseDecoderFuzz {
    private ResponseDecoderFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        List<String> whole = ReplyTranscript.of(input, Math.max(1, input.length), Transcript.WHOLE);
        Pieces.same("one byte at a time", whole, ReplyTranscript.of(input, 1, Transcript.WHOLE));
        Pieces.same("in random pieces", whole, ReplyTranscript.of(input, 40, Pieces.randomOf(input)));
    }
}
