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
    private static final int FIELDS = 4;

    private byte[] bytes;
    private int used;
    /// Four numbers a pair: name offset, name length, value offset, value length.
    private int[] index;

    private int count;

    /// An empty set with room for a typical request: 40 pairs in 2 KiB.
    public Parameters() {
        this(new byte[2048], 0);
    }

    private Parameters(byte[] bytes, int used) {
        this.bytes = bytes;
        this.used = used;
        this.index = new int[40 * FIELDS];
    }

    /// Reads the pairs that fill `bytes[0..length)` exactly. The array now belongs to the result.
    ///
    /// @throws ProtocolException when a pair claims more than there is, or there are more than `maxPairs`
    static Parameters parse(byte[] bytes, int length, int maxPairs) throws ProtocolException {
        Parameters parameters = new Parameters(bytes, length);
        int at = 0;
        while (at < length) {
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
            parameters.index(at, nameLength, at + nameLength, valueLength, maxPairs);
            at += nameLength + valueLength;
        }
        return parameters;
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

    private void index(int name, int nameLength, int value, int valueLength, int maxPairs) throws ProtocolException {
        int known = find(bytes, name, nameLength);
        if (known >= 0) {
            index[known + 2] = value;
            index[known + 3] = valueLength;
        } else if (count == maxPairs) {
            throw new ProtocolException("more than " + maxPairs + " parameters (max_parameters)");
        } else {
            append(name, nameLength, value, valueLength);
        }
    }

    private void append(int name, int nameLength, int value, int valueLength) {
        int at = count * FIELDS;
        if (at == index.length) {
            index = Arrays.copyOf(index, at * 2);
        }
        index[at] = name;
        index[at + 1] = nameLength;
        index[at + 2] = value;
        index[at + 3] = valueLength;
        count++;
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
        return index[pair * FIELDS];
    }

    public int nameLength(int pair) {
        return index[pair * FIELDS + 1];
    }

    public int valueOffset(int pair) {
        return index[pair * FIELDS + 2];
    }

    public int valueLength(int pair) {
        return index[pair * FIELDS + 3];
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
        for (int pair = 0; pair < count; pair++) {
            if (nameLength(pair) == name.length() && hasName(pair, name)) {
                return pair;
            }
        }
        return -1;
    }

    private boolean hasName(int pair, String name) {
        int at = nameOffset(pair);
        for (int i = 0; i < name.length(); i++) {
            if (bytes[at + i] != (byte) name.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private int find(byte[] source, int name, int nameLength) {
        for (int at = 0; at < count * FIELDS; at += FIELDS) {
            if (index[at + 1] == nameLength
                    && Arrays.equals(bytes, index[at], index[at] + nameLength, source, name, name + nameLength)) {
                return at;
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
        byte[] encoded = value.getBytes(StandardCharsets.ISO_8859_1);
        int pair = find(name);
        int valueAt = store(encoded);
        if (pair >= 0) {
            index[pair * FIELDS + 2] = valueAt;
            index[pair * FIELDS + 3] = encoded.length;
        } else {
            byte[] nameBytes = name.getBytes(StandardCharsets.ISO_8859_1);
            append(store(nameBytes), nameBytes.length, valueAt, encoded.length);
        }
    }

    private int store(byte[] more) {
        if (used + more.length > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, used + more.length));
        }
        System.arraycopy(more, 0, bytes, used, more.length);
        used += more.length;
        return used - more.length;
    }

    /// Takes a variable away; nothing happens when it is not there.
    public void remove(String name) {
        int pair = find(name);
        if (pair >= 0) {
            int from = (pair + 1) * FIELDS;
            System.arraycopy(index, from, index, from - FIELDS, count * FIELDS - from);
            count--;
        }
    }

    /// The pairs as FastCGI sends them, for a client or a GET_VALUES_RESULT.
    public byte[] encode() {
        byte[] out = new byte[encodedSize()];
        int at = 0;
        for (int pair = 0; pair < count; pair++) {
            at = putLength(out, at, nameLength(pair));
            at = putLength(out, at, valueLength(pair));
            System.arraycopy(bytes, nameOffset(pair), out, at, nameLength(pair));
            at += nameLength(pair);
            System.arraycopy(bytes, valueOffset(pair), out, at, valueLength(pair));
            at += valueLength(pair);
        }
        return out;
    }

    private int encodedSize() {
        int size = 0;
        for (int pair = 0; pair < count; pair++) {
            size += nameLength(pair)
                    + valueLength(pair)
                    + (nameLength(pair) < 128 ? 1 : 4)
                    + (valueLength(pair) < 128 ? 1 : 4);
        }
        return size;
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
