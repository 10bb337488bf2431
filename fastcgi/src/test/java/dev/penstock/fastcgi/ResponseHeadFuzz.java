package dev.penstock.fastcgi;

import java.nio.ByteBuffer;
import java.util.Random;

/// A response's head as a fuzz target: a head or a [ProtocolException], the same however the bytes are cut, and
/// nothing in it that could end a header early.
public final class ResponseHeadFuzz {
    private static final int MAX_BYTES = 512;
    private static final int MAX_HEADERS = 5;

    private ResponseHeadFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        Object whole = read(input, Math.max(1, input.length), Transcript.WHOLE);
        Pieces.same("one byte at a time", whole, read(input, 1, Transcript.WHOLE));
        Pieces.same("in random pieces", whole, read(input, 40, Pieces.randomOf(input)));
    }

    /// The head and what follows it, or the fault, or that more is needed.
    private static Object read(byte[] input, int maxPiece, Random random) {
        ResponseHeadParser parser = new ResponseHeadParser(MAX_BYTES, MAX_HEADERS);
        try {
            for (int at = 0; at < input.length; ) {
                ByteBuffer piece =
                        ByteBuffer.wrap(input, at, Math.min(input.length - at, 1 + random.nextInt(maxPiece)));
                ResponseHead head = parser.parse(piece);
                at = piece.position();
                if (head != null) {
                    check(head);
                    return head + ", then from byte " + at;
                }
            }
        } catch (ProtocolException e) {
            return "! " + e.getMessage();
        }
        return "unfinished";
    }

    private static void check(ResponseHead head) {
        if (head.status() < 100 || head.status() > 999 || head.headers().size() > MAX_HEADERS) {
            throw new AssertionError("out of bounds: " + head);
        }
        checkPlain(head.reason());
        for (ResponseHead.Header header : head.headers()) {
            if (header.name().isEmpty() || header.name().chars().anyMatch(c -> c <= ' ' || c == ':' || c > '~')) {
                throw new AssertionError("not a name: " + header);
            }
            checkPlain(header.value());
        }
    }

    private static void checkPlain(String text) {
        if (text.chars().anyMatch(c -> (c < ' ' && c != '\t') || c == 0x7f || c > 0xff)) {
            throw new AssertionError("a control character in " + text);
        }
    }
}
