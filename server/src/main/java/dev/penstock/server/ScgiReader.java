package dev.penstock.server;

import dev.penstock.fastcgi.Limits;
import dev.penstock.fastcgi.Parameters;
import dev.penstock.fastcgi.ProtocolException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// Reads the variables of an SCGI request (the protocol's description is its module's `protocol.txt`).
///
/// ```
/// digits ':' NAME NUL value NUL NAME NUL value NUL … ','      the digits: bytes between ':' and ','
/// body                                                        CONTENT_LENGTH bytes
/// ```
///
/// CONTENT_LENGTH comes first and says where the request ends; a second one that says something else is refused,
/// whoever set it. SCGI must be `1` where it is there: nginx sends it only by its parameters file.
public final class ScgiReader implements HeadReader {
    private static final byte[] FIRST = {'C', 'O', 'N', 'T', 'E', 'N', 'T', '_', 'L', 'E', 'N', 'G', 'T', 'H', 0};
    private static final int MAX_DIGITS = 9;

    private enum State {
        LENGTH,
        HEADERS,
        COMMA
    }

    private final Limits limits;
    private State state = State.LENGTH;
    private int digits;
    private int length;
    private byte[] bytes = new byte[0];
    private int have;

    public ScgiReader(Limits limits) {
        this.limits = limits;
    }

    @Override
    public @Nullable Parameters read(ByteBuffer input) throws ProtocolException {
        while (state == State.LENGTH && input.hasRemaining()) {
            length(input.get());
        }
        if (state == State.HEADERS) {
            int count = Math.min(input.remaining(), length - have);
            bytes = HeadReader.grown(bytes, have + count, length);
            input.get(bytes, have, count);
            have += count;
            state = have == length ? State.COMMA : State.HEADERS;
        }
        if (state != State.COMMA || !input.hasRemaining()) {
            return null;
        }
        byte end = input.get();
        if (end != ',') {
            throw new ProtocolException("expected ',' after the headers, found " + shown(end));
        }
        return pairs();
    }

    @Override
    public boolean begun() {
        return digits > 0;
    }

    private void length(byte next) throws ProtocolException {
        if (next == ':' && digits > 0) {
            if (length < FIRST.length + 2) {
                throw new ProtocolException(
                        "the headers are " + length + " bytes long; CONTENT_LENGTH alone is longer");
            }
            state = State.HEADERS;
            return;
        }
        if (next < '0' || next > '9' || (digits == 1 && length == 0)) {
            throw new ProtocolException("expected the length of the headers as digits and ':', found " + shown(next)
                    + (digits == 0 ? " (does the peer speak SCGI?)" : ""));
        }
        if (++digits > MAX_DIGITS) {
            throw new ProtocolException("the length of the headers has more than " + MAX_DIGITS + " digits");
        }
        length = length * 10 + next - '0';
        if (length > limits.maxParameterBytes()) {
            throw new ProtocolException(
                    "the headers have more than " + limits.maxParameterBytes() + " bytes (max_parameter_bytes)",
                    "max_parameter_bytes");
        }
    }

    private Parameters pairs() throws ProtocolException {
        if (!java.util.Arrays.equals(bytes, 0, FIRST.length, FIRST, 0, FIRST.length)) {
            throw new ProtocolException("the first header is not CONTENT_LENGTH");
        }
        Parameters parameters = new Parameters();
        int at = 0;
        while (at < length) {
            int nameEnd = end(at, "a name");
            if (nameEnd == at) {
                throw new ProtocolException("header " + (parameters.count() + 1) + " has no name");
            }
            int valueEnd = end(nameEnd + 1, "a value");
            if (at > 0 && isFirst(at)) {
                repeated(parameters, nameEnd + 1, valueEnd);
            } else {
                parameters.add(bytes, at, nameEnd - at, nameEnd + 1, valueEnd - nameEnd - 1, limits);
            }
            at = valueEnd + 1;
        }
        if (!parameters.get("SCGI", "1").equals("1")) {
            throw new ProtocolException("expected version 1, found SCGI = " + parameters.get("SCGI"));
        }
        return parameters;
    }

    private int end(int from, String what) throws ProtocolException {
        for (int at = from; at < length; at++) {
            if (bytes[at] == 0) {
                return at;
            }
        }
        throw new ProtocolException("the headers end within " + what);
    }

    private boolean isFirst(int at) {
        int end = at + FIRST.length;
        return end <= length && java.util.Arrays.equals(bytes, at, end, FIRST, 0, FIRST.length);
    }

    /// nginx sends its own CONTENT_LENGTH and then, perhaps empty, the one that its configuration names.
    private void repeated(Parameters parameters, int value, int end) throws ProtocolException {
        String first = parameters.get("CONTENT_LENGTH", "");
        String again = new String(bytes, value, end - value, java.nio.charset.StandardCharsets.ISO_8859_1);
        if (!again.isEmpty() && !again.equals(first)) {
            throw new ProtocolException("CONTENT_LENGTH is both " + first + " and " + again);
        }
    }

    private static String shown(byte found) {
        return (found > ' ' && found < 0x7f ? "'" + (char) found + "'" : "byte") + String.format(" 0x%02x", found);
    }
}
