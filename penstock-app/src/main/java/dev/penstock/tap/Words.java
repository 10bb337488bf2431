package dev.penstock.tap;

import dev.penstock.fastcgi.Role;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// How numbers and bytes of a request are written for people.
final class Words {
    private Words() {}

    static String role(int role) {
        Role known = Role.of(role);
        return known == null ? "role " + role : known.name().toLowerCase(Locale.ROOT);
    }

    static String millis(long micros) {
        // Not by String.format: it is half of what a line costs.
        long tenths = (micros + 50) / 100;
        return tenths / 10 + "." + tenths % 10 + " ms";
    }

    static String bytes(long count) {
        if (count < 10_000) {
            return count + " B";
        }
        return count < 10_000_000
                ? String.format(Locale.ROOT, "%.1f KB", count / 1000.0)
                : String.format(Locale.ROOT, "%.1f MB", count / 1_000_000.0);
    }

    /// Bytes as text on one line, a character each, what cannot be printed escaped.
    static String printable(byte[] bytes) {
        return escape(new String(bytes, StandardCharsets.ISO_8859_1));
    }

    static String escape(String text) {
        StringBuilder out = new StringBuilder(text.length() + 16);
        for (int at = 0; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '\n') {
                out.append("\\n");
            } else if (c == '\r') {
                out.append("\\r");
            } else if (c < ' ' || (c >= 0x7f && c < 0xa0)) {
                out.append(String.format(Locale.ROOT, "\\x%02x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    /// The pairs that stand in some bytes (FastCGI 3.4), all of them, as far as they are whole.
    static List<String[]> pairs(byte[] bytes) {
        List<String[]> pairs = new ArrayList<>();
        int at = 0;
        while (at < bytes.length) {
            int[] lengths = new int[2];
            for (int i = 0; i < 2; i++) {
                int width = at < bytes.length && bytes[at] < 0 ? 4 : 1;
                if (at + width > bytes.length) {
                    return pairs;
                }
                lengths[i] = length(bytes, at, width);
                at += width;
            }
            if ((long) at + lengths[0] + lengths[1] > bytes.length) {
                return pairs;
            }
            pairs.add(new String[] {text(bytes, at, lengths[0]), text(bytes, at + lengths[0], lengths[1])});
            at += lengths[0] + lengths[1];
        }
        return pairs;
    }

    private static int length(byte[] bytes, int at, int width) {
        return width == 1
                ? bytes[at]
                : (bytes[at] & 0x7f) << 24 | (bytes[at + 1] & 0xff) << 16 | RecordSplitter.unsigned16(bytes, at + 2);
    }

    private static String text(byte[] bytes, int from, int length) {
        return new String(bytes, from, length, StandardCharsets.ISO_8859_1);
    }
}
