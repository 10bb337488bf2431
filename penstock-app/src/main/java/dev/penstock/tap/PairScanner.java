package dev.penstock.tap;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/// Reads a stream of name-value pairs as it comes in pieces (FastCGI 3.4), masks secret values where they stand, and
/// keeps the few values that tell what the request is. One for each stream; one thread.
///
/// The library's `Parameters` want the whole stream and forget the first of two values; here each byte has to be
/// masked before the next piece comes, and a name that is sent twice twice. A stream that does not hold what its
/// lengths claim is masked as far as they claim.
final class PairScanner {
    /// Values of these are kept, up to [#MAX_KEPT] bytes each.
    private static final Set<String> KEPT =
            Set.of("REQUEST_METHOD", "REQUEST_URI", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "CONTENT_LENGTH");

    private static final int MAX_KEPT = 4096;
    /// Longer names are masked with their values: nobody needs them.
    private static final int MAX_NAME = 256;

    private enum Place {
        NAME_LENGTH,
        VALUE_LENGTH,
        NAME,
        VALUE
    }

    private final NameRules rules;
    private final byte[] name = new byte[MAX_NAME];
    private final QueryMask query = new QueryMask();
    private final Map<String, String> kept = new HashMap<>();
    private Place place = Place.NAME_LENGTH;
    private NameRules.Rule rule = NameRules.Rule.SHOW;
    private String keptName = "";
    private int lengthBytesLeft;
    private int number;
    private int nameLength;
    private int valueLength;
    private int left;
    private int pairs;

    PairScanner(NameRules rules) {
        this.rules = rules;
    }

    void feed(byte[] bytes, int from, int length) {
        int at = from;
        int end = from + length;
        while (at < end) {
            at += switch (place) {
                case NAME_LENGTH, VALUE_LENGTH -> length(bytes[at]);
                case NAME -> name(bytes, at, end);
                case VALUE -> value(bytes, at, end);
            };
        }
    }

    /// Whether the stream may end here.
    boolean isBetweenPairs() {
        return place == Place.NAME_LENGTH && lengthBytesLeft == 0;
    }

    /// Pairs that have begun.
    int pairs() {
        return pairs;
    }

    /// What the pair that has begun claims to hold, in bytes.
    long claimed() {
        return isBetweenPairs() ? 0 : (long) nameLength + valueLength;
    }

    /// The last value of one of [#KEPT], or empty.
    String kept(String name) {
        return kept.getOrDefault(name, "");
    }

    /// One byte, or four when the first has its high bit set.
    private int length(byte b) {
        if (lengthBytesLeft > 0) {
            number = number << 8 | (b & 0xff);
            lengthBytesLeft--;
        } else if (b < 0) {
            number = b & 0x7f;
            lengthBytesLeft = 3;
        } else {
            number = b;
        }
        if (lengthBytesLeft == 0) {
            lengthRead();
        }
        return 1;
    }

    private void lengthRead() {
        if (place == Place.NAME_LENGTH) {
            nameLength = number;
            valueLength = 0;
            pairs++;
            place = Place.VALUE_LENGTH;
            return;
        }
        valueLength = number;
        left = nameLength;
        place = Place.NAME;
        if (left == 0) {
            nameRead();
        }
    }

    private int name(byte[] bytes, int at, int end) {
        int taken = Math.min(left, end - at);
        int read = nameLength - left;
        int fits = Math.clamp(MAX_NAME - read, 0, taken);
        System.arraycopy(bytes, at, name, Math.min(read, MAX_NAME), fits);
        rules.maskAll(bytes, at + fits, taken - fits);
        left -= taken;
        if (left == 0) {
            nameRead();
        }
        return taken;
    }

    private void nameRead() {
        boolean isWhole = nameLength <= MAX_NAME;
        String text = isWhole ? new String(name, 0, nameLength, StandardCharsets.ISO_8859_1) : "";
        rule = isWhole ? rules.of(text) : rules.of("PASSWORD");
        query.begin(rule == NameRules.Rule.MASK_WITHIN_QUERY);
        keptName = KEPT.contains(text) ? text : "";
        if (!keptName.isEmpty()) {
            kept.put(keptName, "");
        }
        left = valueLength;
        place = left == 0 ? Place.NAME_LENGTH : Place.VALUE;
    }

    private int value(byte[] bytes, int at, int end) {
        int taken = Math.min(left, end - at);
        switch (rule) {
            case SHOW -> {}
            case MASK -> Secrets.mask(bytes, at, taken);
            case MASK_WITHIN_ADDRESS, MASK_WITHIN_QUERY -> query.feed(bytes, at, taken);
        }
        if (!keptName.isEmpty()) {
            keep(bytes, at, taken);
        }
        left -= taken;
        if (left == 0) {
            place = Place.NAME_LENGTH;
        }
        return taken;
    }

    private void keep(byte[] bytes, int at, int taken) {
        String before = kept(keptName);
        int fits = Math.min(taken, MAX_KEPT - before.length());
        kept.put(keptName, before + new String(bytes, at, fits, StandardCharsets.ISO_8859_1));
    }
}
