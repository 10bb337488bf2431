package dev.penstock.fastcgi;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.StringJoiner;

/// What a [Decoder] says about some bytes, in the words of a [RecordFile]. It does not depend on how
/// the bytes are cut into pieces. Meanwhile it watches that the decoder holds no more than its limits allow.
final class Transcript {
    /// For `maxPiece`: cuts pieces that are as large as they may be.
    static final Random WHOLE = new Random() {
        private static final long serialVersionUID = 1L;

        @Override
        public int nextInt(int bound) {
            return bound - 1;
        }
    };

    private final TranscriptLines lines = new TranscriptLines();

    private Transcript() {}

    /// Decodes the bytes, fed in pieces of random size up to `maxPiece`.
    ///
    /// @throws AssertionError when the decoder held more than its limits allow
    static List<String> of(byte[] bytes, Limits limits, int maxPiece, Random random) {
        Transcript transcript = new Transcript();
        Decoder decoder = new Decoder(limits);
        try {
            for (int at = 0; at < bytes.length; ) {
                int length = Math.min(bytes.length - at, 1 + random.nextInt(maxPiece));
                decoder.feed(ByteBuffer.wrap(bytes, at, length));
                for (Event event = decoder.next(); event != null; event = decoder.next()) {
                    transcript.add(event);
                }
                at += length;
                if (decoder.heldBytes() > limits.maxHeldBytes()) {
                    throw new AssertionError(
                            "held " + decoder.heldBytes() + " bytes, allowed " + limits.maxHeldBytes());
                }
            }
            if (!decoder.atRecordBoundary()) {
                transcript.lines.line("= within a record");
            }
            if (decoder.midRequest()) {
                transcript.lines.line("= within a request");
            }
        } catch (ProtocolException e) {
            transcript.lines.line("! " + e.getMessage());
        }
        return transcript.lines.lines();
    }

    /// The words for events that did not come from a decoder.
    static List<String> of(List<Event> events) {
        Transcript transcript = new Transcript();
        events.forEach(transcript::add);
        return transcript.lines.lines();
    }

    private void add(Event event) {
        switch (event) {
            case Event.Stdin stdin -> lines.content("> Stdin " + stdin.id(), stdin.content());
            case Event.Data data -> lines.content("> Data " + data.id(), data.content());
            default -> lines.line("> " + words(event));
        }
    }

    private static String words(Event event) {
        return switch (event) {
            case Event.Begin begin ->
                "Begin " + begin.id() + " " + begin.role() + keep(begin.keepConnection()) + " "
                        + pairs(begin.parameters());
            case Event.Refused refused ->
                "Refused " + refused.id() + keep(refused.keepConnection()) + " " + refused.status();
            case Event.GetValues asked ->
                "GetValues "
                        + asked.names().stream()
                                .map(TranscriptLines::shown)
                                .toList()
                                .toString();
            case Event.StdinEnd end -> "StdinEnd " + end.id();
            case Event.DataEnd end -> "DataEnd " + end.id();
            case Event.Abort abort -> "Abort " + abort.id();
            case Event.AbortedEarly early -> "AbortedEarly " + early.id() + keep(early.keepConnection());
            case Event.UnknownManagement unknown -> "UnknownManagement " + unknown.type();
            case Event.Stdin _, Event.Data _ -> throw new IllegalArgumentException("content has no words");
        };
    }

    private static String keep(boolean keepConnection) {
        return keepConnection ? " keep" : " close";
    }

    private static String pairs(Parameters parameters) {
        StringJoiner pairs = new StringJoiner(", ", "[", "]");
        for (int pair = 0; pair < parameters.count(); pair++) {
            pairs.add(
                    TranscriptLines.shown(parameters.name(pair)) + "=" + TranscriptLines.shown(parameters.value(pair)));
        }
        return pairs.toString();
    }
}
