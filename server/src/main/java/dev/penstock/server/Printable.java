package dev.penstock.server;

/// Text of others made fit for a line of the log: control characters escaped, length bounded.
public final class Printable {
    private static final int MAX_CHARACTERS = 500;

    private Printable() {}

    public static String of(String text) {
        StringBuilder out = new StringBuilder(Math.min(text.length(), MAX_CHARACTERS) + 8);
        for (int i = 0; i < text.length() && i < MAX_CHARACTERS; i++) {
            char c = text.charAt(i);
            if (c < ' ' || (c >= 0x7f && c < 0xa0)) {
                out.append(String.format("\\x%02x", (int) c));
            } else {
                out.append(c);
            }
        }
        return text.length() > MAX_CHARACTERS ? out.append('…').toString() : out.toString();
    }
}
