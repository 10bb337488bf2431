package dev.penstock.paste;

/// What Python's `str.strip` takes for white space. `String.strip` leaves no-break spaces alone, and a
/// file that was pasted from a web page has them.
final class Blanks {
    private static final char NEXT_LINE = '\u0085';

    private Blanks() {}

    static String strip(String text) {
        String rest = stripEnd(text);
        return rest.substring(indent(rest));
    }

    static String stripEnd(String text) {
        int end = text.length();
        while (end > 0 && isBlank(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(0, end);
    }

    /// How many blank characters a line begins with. A tab counts one, as it does for Python.
    static int indent(String line) {
        int at = 0;
        while (at < line.length() && isBlank(line.charAt(at))) {
            at++;
        }
        return at;
    }

    private static boolean isBlank(char c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == NEXT_LINE;
    }
}
