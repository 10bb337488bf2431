package dev.penstock.fastcgi;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.StringJoiner;
import java.util.zip.CRC32;

/// What a [Decoder] says about some bytes, in the words of a [RecordFile]. It does not depend on how
/// the bytes are cut into pieces: pieces of one body that follow each other are joined. Meanwhile it watches that
/// the decoder holds no more than its limits allow.
final class Transcript {
    /// For `maxPiece`: cuts pieces that are as large as they may be.
    static final Random WHOLE = new Random() {
        private static final long serialVersionUID = 1L;

        @Override
        public int nextInt(int bound) {
            return bound - 1;
        }
    };

    private static final int SHOWN_CHARACTERS = 100;

    private final List<String> lines = new ArrayList<>();
    private final ByteArrayOutputStream content = new ByteArrayOutputStream();
    private String contentOf = "";

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
            transcript.endContent();
            if (!decoder.atRecordBoundary()) {
                transcript.lines.add("= within a record");
            }
            if (decoder.midRequest()) {
                transcript.lines.add("= within a request");
            }
        } catch (ProtocolException e) {
            transcript.endContent();
            transcript.lines.add("! " + e.getMessage());
        }
        return transcript.lines;
    }

    /// The words for events that did not come from a decoder.
    static List<String> of(List<Event> events) {
        Transcript transcript = new Transcript();
        events.forEach(transcript::add);
        transcript.endContent();
        return transcript.lines;
    }

    private void add(Event event) {
        switch (event) {
            case Event.Stdin stdin -> content("> Stdin " + stdin.id(), stdin.content());
            case Event.Data data -> content("> Data " + data.id(), data.content());
            default -> {
                endContent();
                lines.add("> " + words(event));
            }
        }
    }

    private void content(String of, ByteBuffer piece) {
        if (!of.equals(contentOf)) {
            endContent();
            contentOf = of;
        }
        byte[] bytes = new byte[piece.remaining()];
        piece.get(bytes);
        content.writeBytes(bytes);
    }

    private void endContent() {
        if (content.size() > 0) {
            String text = shown(content.toString(StandardCharsets.ISO_8859_1));
            lines.add(contentOf + (text.startsWith("<") ? " " + text : " \"" + text + "\""));
        }
        content.reset();
        contentOf = "";
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
                        + asked.names().stream().map(Transcript::shown).toList().toString();
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
            pairs.add(shown(parameters.name(pair)) + "=" + shown(parameters.value(pair)));
        }
        return pairs.toString();
    }

    private static String shown(String text) {
        if (text.length() < SHOWN_CHARACTERS) {
            return text;
        }
        CRC32 crc = new CRC32();
        crc.update(text.getBytes(StandardCharsets.ISO_8859_1));
        return String.format("<%d bytes, crc %08x>", text.length(), crc.getValue());
    }
}
