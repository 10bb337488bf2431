package dev.penstock.fastcgi;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;

/// The lines of a transcript: pieces of one body that follow each other are one line, however they were cut.
final class TranscriptLines {
    private static final int SHOWN_CHARACTERS = 100;

    private final List<String> lines = new ArrayList<>();
    private final ByteArrayOutputStream content = new ByteArrayOutputStream();
    private String contentOf = "";

    /// A line of its own.
    void line(String line) {
        endContent();
        lines.add(line);
    }

    /// A piece of a body.
    ///
    /// @param of which body: how its line begins
    void content(String of, ByteBuffer piece) {
        if (!of.equals(contentOf)) {
            endContent();
            contentOf = of;
        }
        byte[] bytes = new byte[piece.remaining()];
        piece.get(bytes);
        content.writeBytes(bytes);
    }

    /// All of them.
    List<String> lines() {
        endContent();
        return lines;
    }

    private void endContent() {
        if (content.size() > 0) {
            String text = shown(content.toString(StandardCharsets.ISO_8859_1));
            lines.add(contentOf + (text.startsWith("<") ? " " + text : " \"" + text + "\""));
        }
        content.reset();
        contentOf = "";
    }

    /// The text, or what stands for a long one.
    static String shown(String text) {
        if (text.length() < SHOWN_CHARACTERS) {
            return text;
        }
        CRC32 crc = new CRC32();
        crc.update(text.getBytes(StandardCharsets.ISO_8859_1));
        return String.format("<%d bytes, crc %08x>", text.length(), crc.getValue());
    }
}
