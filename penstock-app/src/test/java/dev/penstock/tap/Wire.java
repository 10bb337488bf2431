package dev.penstock.tap;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/// Records as either side sends them, one after another.
final class Wire {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Wire record(int type, int id, byte[] content, int padding) {
        out.writeBytes(new byte[] {
            1,
            (byte) type,
            (byte) (id >> 8),
            (byte) id,
            (byte) (content.length >> 8),
            (byte) content.length,
            (byte) padding,
            0
        });
        out.writeBytes(content);
        out.writeBytes(new byte[padding]);
        return this;
    }

    Wire record(int type, int id, String content) {
        return record(type, id, content.getBytes(StandardCharsets.ISO_8859_1), 0);
    }

    Wire raw(String bytes) {
        out.writeBytes(bytes.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    Wire begin(int id, int role, boolean keeps) {
        return record(
                SideReader.BEGIN_REQUEST, id, new byte[] {0, (byte) role, (byte) (keeps ? 1 : 0), 0, 0, 0, 0, 0}, 0);
    }

    /// PARAMS with names and values in turn, and the empty one.
    Wire params(int id, String... pairs) {
        Wire filled = pairs.length == 0 ? this : record(SideReader.PARAMS, id, pairs(pairs));
        return filled.record(SideReader.PARAMS, id, "");
    }

    static String pairs(String... pairs) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < pairs.length; i += 2) {
            text.append(length(pairs[i]))
                    .append(length(pairs[i + 1]))
                    .append(pairs[i])
                    .append(pairs[i + 1]);
        }
        return text.toString();
    }

    private static String length(String text) {
        int length = text.length();
        return length < 128
                ? String.valueOf((char) length)
                : "\u0080" + (char) (length >> 16 & 0xff) + (char) (length >> 8 & 0xff) + (char) (length & 0xff);
    }

    /// STDIN and the empty one.
    Wire stdin(int id, String body) {
        return (body.isEmpty() ? this : record(SideReader.STDIN, id, body)).record(SideReader.STDIN, id, "");
    }

    /// STDOUT, the empty one, and END_REQUEST.
    Wire answer(int id, String output) {
        Wire filled = output.isEmpty() ? this : record(SideReader.STDOUT, id, output);
        return filled.record(SideReader.STDOUT, id, "").end(id);
    }

    Wire end(int id) {
        return record(SideReader.END_REQUEST, id, new byte[8], 0);
    }

    byte[] bytes() {
        return out.toByteArray();
    }
}
