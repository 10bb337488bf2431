package dev.penstock.fastcgi;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The variables of one request (FCGI_PARAMS), kept as the bytes that came.
///
/// Names and values are views into one array; nothing becomes a string before somebody asks. The
/// order is the order of arrival. A name that came twice keeps its last value. Not safe for use by
/// several threads at once: whoever has the request has its parameters.
///
/// ```
/// pair   nameLength(1 or 4 bytes) valueLength(1 or 4 bytes) name value      (FastCGI 3.4)
/// length 0xxxxxxx                                       up to 127
///        1xxxxxxx xxxxxxxx xxxxxxxx xxxxxxxx            up to 2^31 - 1
/// ```
public final class Parameters {
    private static final int TYPICAL_PAIRS = 40;

    private byte[] bytes;
    private int used;
    /// Where each pair begins in [#bytes] (with its lengths, which say the rest), and in the lower half the length of
    /// its name, because looking for a name is what happens most.
    private long[] pairs;

    private int count;

    /// A set of 128 bits with the [#mark] of every name that is or was there: a name without its mark is not there
    /// and is compared with none. Otherwise most of the work of a request is to see that no name comes twice.
    private long marks;

    private long moreMarks;

    /// An empty set with room for a typical request: 40 pairs in 2 KiB.
    public Parameters() {
        this(new byte[2048], 0);
    }

    private Parameters(byte[] bytes, int used) {
        this.bytes = bytes;
        this.used = used;
        this.pairs = new long[TYPICAL_PAIRS];
    }

    /// Reads the pairs that fill `bytes[0..length)` exactly. The array now belongs to the result.
    ///
    /// @throws ProtocolException when a pair claims more than there is, or there are more than `maxPairs`
    public static Parameters parse(byte[] bytes, int length, int maxPairs) throws ProtocolException {
        return parse(
                bytes, length, new Limits(Integer.MAX_VALUE, maxPairs, 1, Integer.MAX_VALUE, Integer.MAX_VALUE, 0));
    }

    /// The same, where the names and values have limits too.
    static Parameters parse(byte[] bytes, int length, Limits limits) throws ProtocolException {
        Parameters parameters = new Parameters(bytes, length);
        int at = 0;
        while (at < length) {
            int begin = at;
            int nameWidth = lengthWidth(bytes, at, length);
            int nameLength = length(bytes, at, nameWidth);
            at += nameWidth;
            int valueWidth = lengthWidth(bytes, at, length);
            int valueLength = length(bytes, at, valueWidth);
            at += valueWidth;
            if ((long) at + nameLength + valueLength > length) {
                throw new ProtocolException("parameter " + (parameters.count + 1) + " claims " + nameLength + " + "
                        + valueLength + " bytes, but only " + (length - at) + " are there");
            }
            checkLengths(nameLength, valueLength, limits);
            int mark = mark(bytes, at, nameLength);
            int known = parameters.find(mark, bytes, at, nameLength);
            if (known >= 0) {
                parameters.pairs[known] = pair(begin, nameLength);
            } else {
                parameters.checkCount(limits);
                parameters.append(mark, pair(begin, nameLength));
            }
            at += nameLength + valueLength;
        }
        return parameters;
    }

    private void checkCount(Limits limits) throws ProtocolException {
        if (count == limits.maxParameters()) {
            throw new ProtocolException(
                    "more than " + limits.maxParameters() + " parameters (max_parameters)", "max_parameters");
        }
    }

    private static void checkLengths(int nameLength, int valueLength, Limits limits) throws ProtocolException {
        if (nameLength > limits.maxParameterName()) {
            throw new ProtocolException(
                    "a parameter's name of " + nameLength + " bytes, more than " + limits.maxParameterName()
                            + " (max_parameter_name)",
                    "max_parameter_name");
        }
        if (valueLength > limits.maxParameterValue()) {
            throw new ProtocolException(
                    "a parameter's value of " + valueLength + " bytes, more than " + limits.maxParameterValue()
                            + " (max_parameter_value)",
                    "max_parameter_value");
        }
    }

    /// Few names of a request are as long and have the same last and middle byte; with these factors, the names that
    /// Apache sends for a browser's request all have marks of their own.
    private static int mark(int length, byte last, byte middle) {
        return length + 17 * last + 39 * middle;
    }

    private static int mark(byte[] bytes, int at, int length) {
        return length == 0 ? 0 : mark(length, bytes[at + length - 1], bytes[at + (length >> 1)]);
    }

    private static int mark(String name) {
        int length = name.length();
        return length == 0 ? 0 : mark(length, (byte) name.charAt(length - 1), (byte) name.charAt(length >> 1));
    }

    private boolean isMarked(int mark) {
        return (((mark & 64) == 0 ? marks : moreMarks) & (1L << mark)) != 0;
    }

    private static int lengthWidth(byte[] bytes, int at, int end) throws ProtocolException {
        int width = at < end && bytes[at] < 0 ? 4 : 1;
        if (at + width > end) {
            throw new ProtocolException("the parameters end inside a length");
        }
        return width;
    }

    private static int length(byte[] bytes, int at, int width) {
        if (width == 1) {
            return bytes[at];
        }
        return ((bytes[at] & 0x7f) << 24)
                | ((bytes[at + 1] & 0xff) << 16)
                | ((bytes[at + 2] & 0xff) << 8)
                | (bytes[at + 3] & 0xff);
    }

    private static long pair(int begin, int nameLength) {
        return ((long) begin << 32) | nameLength;
    }

    private int begin(int pair) {
        return (int) (pairs[pair] >> 32);
    }

    private void append(int mark, long pair) {
        if ((mark & 64) == 0) {
            marks |= 1L << mark;
        } else {
            moreMarks |= 1L << mark;
        }
        if (count == pairs.length) {
            pairs = Arrays.copyOf(pairs, count * 2);
        }
        pairs[count++] = pair;
    }

    /// How many bytes the length that begins here takes; it is known to be whole.
    private int width(int at) {
        return bytes[at] < 0 ? 4 : 1;
    }

    private int length(int at) {
        return length(bytes, at, width(at));
    }

    /// How many variables there are.
    public int count() {
        return count;
    }

    /// The array that [#nameOffset] and [#valueOffset] point into. Read only.
    public byte[] bytes() {
        return bytes;
    }

    public int nameOffset(int pair) {
        int valueLengthAt = valueLengthOffset(pair);
        return valueLengthAt + width(valueLengthAt);
    }

    public int nameLength(int pair) {
        return (int) pairs[pair];
    }

    public int valueOffset(int pair) {
        return nameOffset(pair) + nameLength(pair);
    }

    public int valueLength(int pair) {
        return length(valueLengthOffset(pair));
    }

    private int valueLengthOffset(int pair) {
        int begin = begin(pair);
        return begin + width(begin);
    }

    /// The name of one pair as text, a byte a character.
    public String name(int pair) {
        return new String(bytes, nameOffset(pair), nameLength(pair), StandardCharsets.ISO_8859_1);
    }

    /// The value of one pair as text, a byte a character.
    public String value(int pair) {
        return new String(bytes, valueOffset(pair), valueLength(pair), StandardCharsets.ISO_8859_1);
    }

    /// The pair of this name, or -1.
    public int find(String name) {
        if (!isMarked(mark(name))) {
            return -1;
        }
        for (int pair = 0; pair < count; pair++) {
            if (nameLength(pair) == name.length() && hasName(pair, name)) {
                return pair;
            }
        }
        return -1;
    }

    private boolean hasName(int pair, String name) {
        int at = nameOffset(pair);
        // Names of one length begin alike more often than they end so.
        for (int i = name.length() - 1; i >= 0; i--) {
            if (bytes[at + i] != (byte) name.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private int find(int mark, byte[] source, int name, int nameLength) {
        if (!isMarked(mark)) {
            return -1;
        }
        for (int pair = 0; pair < count; pair++) {
            if (nameLength(pair) == nameLength) {
                int at = nameOffset(pair);
                if (Arrays.equals(bytes, at, at + nameLength, source, name, name + nameLength)) {
                    return pair;
                }
            }
        }
        return -1;
    }

    /// The value of a variable as text, a byte a character (ISO 8859-1), or null when it is not there.
    public @Nullable String get(String name) {
        int pair = find(name);
        return pair < 0 ? null : value(pair);
    }

    /// The value of a variable, or what is to stand for a missing one.
    public String get(String name, String missing) {
        int pair = find(name);
        return pair < 0 ? missing : value(pair);
    }

    /// Adds a variable or replaces its value. Characters above U+00FF cannot be sent and become `?`.
    public void set(String name, String value) {
        int known = find(name);
        byte[] nameBytes = name.getBytes(StandardCharsets.ISO_8859_1);
        byte[] valueBytes = value.getBytes(StandardCharsets.ISO_8859_1);
        int begin = store(nameBytes, 0, nameBytes.length, valueBytes, 0, valueBytes.length);
        if (known >= 0) {
            pairs[known] = pair(begin, nameBytes.length);
        } else {
            append(mark(nameBytes, 0, nameBytes.length), pair(begin, nameBytes.length));
        }
    }

    /// Adds the pair whose name and value lie at these places of `source`, for the reader of another protocol. A name
    /// that is there already takes the new value.
    ///
    /// @throws ProtocolException when a limit is passed
    public void add(byte[] source, int name, int nameLength, int value, int valueLength, Limits limits)
            throws ProtocolException {
        checkLengths(nameLength, valueLength, limits);
        int mark = mark(source, name, nameLength);
        int known = find(mark, source, name, nameLength);
        if (known < 0) {
            checkCount(limits);
        }
        long pair = pair(store(source, name, nameLength, source, value, valueLength), nameLength);
        if (known >= 0) {
            pairs[known] = pair;
        } else {
            append(mark, pair);
        }
    }

    private int store(byte[] names, int name, int nameLength, byte[] values, int value, int valueLength) {
        int begin = used;
        int end = begin + encodedLength(nameLength) + encodedLength(valueLength) + nameLength + valueLength;
        if (end > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, end));
        }
        int at = putLength(bytes, putLength(bytes, begin, nameLength), valueLength);
        System.arraycopy(names, name, bytes, at, nameLength);
        System.arraycopy(values, value, bytes, at + nameLength, valueLength);
        used = end;
        return begin;
    }

    /// Takes a variable away; nothing happens when it is not there.
    public void remove(String name) {
        int pair = find(name);
        if (pair >= 0) {
            System.arraycopy(pairs, pair + 1, pairs, pair, count - pair - 1);
            count--;
        }
    }

    /// The pairs as FastCGI sends them, for a client or a GET_VALUES_RESULT.
    public byte[] encode() {
        int size = 0;
        for (int pair = 0; pair < count; pair++) {
            size += encodedSize(pair);
        }
        byte[] out = new byte[size];
        int at = 0;
        for (int pair = 0; pair < count; pair++) {
            System.arraycopy(bytes, begin(pair), out, at, encodedSize(pair));
            at += encodedSize(pair);
        }
        return out;
    }

    private int encodedSize(int pair) {
        return valueOffset(pair) + valueLength(pair) - begin(pair);
    }

    private static int encodedLength(int length) {
        return length < 128 ? 1 : 4;
    }

    private static int putLength(byte[] out, int at, int length) {
        if (length < 128) {
            out[at] = (byte) length;
            return at + 1;
        }
        out[at] = (byte) ((length >>> 24) | 0x80);
        out[at + 1] = (byte) (length >>> 16);
        out[at + 2] = (byte) (length >>> 8);
        out[at + 3] = (byte) length;
        return at + 4;
    }

    /// The names only: values can be secrets.
    @Override
    public String toString() {
        StringBuilder names = new StringBuilder("Parameters[");
        for (int pair = 0; pair < count; pair++) {
            names.append(pair == 0 ? "" : ", ").append(name(pair));
        }
        return names.append(']').toString();
    }
}
