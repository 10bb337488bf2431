package dev.penstock.tap;

import java.nio.charset.StandardCharsets;

/// Masks secrets among the parameters of a query string, or of an address that has one, as it comes in pieces.
final class QueryMask {
    private static final int MAX_NAME = 64;

    private final byte[] name = new byte[MAX_NAME];
    private int nameLength;
    private boolean isInQuery;
    private boolean isInName;
    private boolean isSecret;

    /// Begins a value.
    ///
    /// @param isQuery whether the value is all query; an address's query begins after its `?`
    void begin(boolean isQuery) {
        isInQuery = isQuery;
        beginName();
    }

    private void beginName() {
        nameLength = 0;
        isInName = true;
        isSecret = false;
    }

    void feed(byte[] bytes, int from, int length) {
        for (int at = from; at < from + length; at++) {
            bytes[at] = pass(bytes[at]);
        }
    }

    byte pass(byte b) {
        if (!isInQuery) {
            // A fragment can carry a token as well (OAuth's implicit answers).
            isInQuery = b == '?' || b == '#';
            return b;
        }
        if (b == '&' || b == ';' || b == '#' || b == '?') {
            beginName();
            return b;
        }
        if (!isInName) {
            return isSecret ? Secrets.MASK : b;
        }
        if (b == '=') {
            isInName = false;
            // A name that is longer than any has no business here.
            isSecret = nameLength == MAX_NAME
                    || Secrets.isQueryName(new String(name, 0, nameLength, StandardCharsets.ISO_8859_1));
        } else if (nameLength < MAX_NAME) {
            name[nameLength++] = b;
        }
        return b;
    }
}
