package dev.penstock.fastcgi;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;

/// What a [ResponseDecoder] says about some bytes, in the words of a [RecordFile] (`valid-replies`,
/// `invalid-replies`), however they are cut. Requests 1 to 3 are open at first.
final class ReplyTranscript {
    private final TranscriptLines lines = new TranscriptLines();
    private final BitSet open = new BitSet();

    private ReplyTranscript() {
        open.set(1, 4);
    }

    /// Decodes the bytes, fed in pieces of random size up to `maxPiece`.
    static List<String> of(byte[] bytes, int maxPiece, Random random) {
        ReplyTranscript transcript = new ReplyTranscript();
        ResponseDecoder decoder = new ResponseDecoder(transcript.open::get);
        try {
            for (int at = 0; at < bytes.length; ) {
                int length = Math.min(bytes.length - at, 1 + random.nextInt(maxPiece));
                decoder.feed(ByteBuffer.wrap(bytes, at, length));
                for (Reply reply = decoder.next(); reply != null; reply = decoder.next()) {
                    transcript.add(reply);
                }
                at += length;
            }
            if (!decoder.atRecordBoundary()) {
                transcript.lines.line("= within a record");
            }
        } catch (ProtocolException e) {
            transcript.lines.line("! " + e.getMessage());
        }
        return transcript.lines.lines();
    }

    /// The words for replies that did not come from a decoder.
    static List<String> of(List<Reply> replies) {
        ReplyTranscript transcript = new ReplyTranscript();
        replies.forEach(transcript::add);
        return transcript.lines.lines();
    }

    private void add(Reply reply) {
        switch (reply) {
            case Reply.Stdout stdout -> lines.content("> Stdout " + stdout.id(), stdout.content());
            case Reply.Stderr stderr -> lines.content("> Stderr " + stderr.id(), stderr.content());
            case Reply.StdoutEnd end -> line("StdoutEnd " + end.id());
            case Reply.End end -> {
                line("End " + end.id() + " " + end.appStatus() + " " + end.status());
                open.clear(end.id());
            }
            case Reply.Values values -> {
                List<String> pairs = new ArrayList<>();
                for (int pair = 0; pair < values.values().count(); pair++) {
                    pairs.add(values.values().name(pair) + "=" + values.values().value(pair));
                }
                line("Values " + pairs);
            }
            case Reply.UnknownType unknown -> line("UnknownType " + unknown.type());
        }
    }

    private void line(String words) {
        lines.line("> " + words);
    }
}
