package dev.penstock.server;

import dev.penstock.fastcgi.Limits;
import dev.penstock.fastcgi.Parameters;
import dev.penstock.fastcgi.ProtocolException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// Reads the variables of a request in the uwsgi protocol ("The uwsgi Protocol" in uWSGI's documentation).
///
/// ```
/// byte 0          1..2                       3
///      modifier1  size (16, little endian)   modifier2
/// size bytes of   nameLength (16, little endian) name valueLength (16, little endian) value
/// body            CONTENT_LENGTH bytes
/// ```
///
/// Requests of web servers have the modifiers 0 and 0. modifier1 30 is an old way to say that PATH_INFO begins
/// with SCRIPT_NAME, which [PathTruth] sees by itself; everything else is a command to uWSGI and refused.
public final class UwsgiReader implements HeadReader {
    private static final int HEADER = 4;
    private static final int REQUEST = 0;
    private static final int REQUEST_WITH_WHOLE_PATH = 30;

    private final Limits limits;
    private final byte[] header = new byte[HEADER];
    private int inHeader;
    private int size;
    private byte[] bytes = new byte[0];
    private int have;

    public UwsgiReader(Limits limits) {
        this.limits = limits;
    }

    @Override
    public @Nullable Parameters read(ByteBuffer input) throws ProtocolException {
        while (inHeader < HEADER && input.hasRemaining()) {
            header[inHeader++] = input.get();
            if (inHeader == HEADER) {
                checkHeader();
            }
        }
        if (inHeader < HEADER) {
            return null;
        }
        int count = Math.min(input.remaining(), size - have);
        bytes = HeadReader.grown(bytes, have + count, size);
        input.get(bytes, have, count);
        have += count;
        return have == size ? pairs() : null;
    }

    @Override
    public boolean begun() {
        return inHeader > 0;
    }

    private void checkHeader() throws ProtocolException {
        int modifier1 = header[0] & 0xff;
        int modifier2 = header[3] & 0xff;
        if ((modifier1 != REQUEST && modifier1 != REQUEST_WITH_WHOLE_PATH) || modifier2 != 0) {
            throw new ProtocolException("modifier1 " + modifier1 + " and modifier2 " + modifier2
                    + " are not served; a request has 0 and 0 (does the peer speak uwsgi?)");
        }
        size = number(header, 1);
        if (size > limits.maxParameterBytes()) {
            throw new ProtocolException(
                    "the variables have " + size + " bytes, more than " + limits.maxParameterBytes()
                            + " (max_parameter_bytes)",
                    "max_parameter_bytes");
        }
    }

    private static int number(byte[] from, int at) {
        return (from[at] & 0xff) | (from[at + 1] & 0xff) << 8;
    }

    private Parameters pairs() throws ProtocolException {
        Parameters parameters = new Parameters();
        int at = 0;
        while (at < size) {
            int name = at + 2;
            int nameLength = length(parameters, at);
            int value = name + nameLength + 2;
            int valueLength = length(parameters, name + nameLength);
            if (nameLength == 0) {
                throw new ProtocolException("variable " + (parameters.count() + 1) + " has no name");
            }
            parameters.add(bytes, name, nameLength, value, valueLength, limits);
            at = value + valueLength;
        }
        return parameters;
    }

    /// The length that stands at `at`; what it announces is there.
    private int length(Parameters parameters, int at) throws ProtocolException {
        int rest = size - at - 2;
        if (rest < 0) {
            throw new ProtocolException("the variables end inside a length");
        }
        int length = number(bytes, at);
        if (length > rest) {
            throw new ProtocolException("variable " + (parameters.count() + 1) + " claims " + length
                    + " bytes, but only " + rest + " are there");
        }
        return length;
    }
}
