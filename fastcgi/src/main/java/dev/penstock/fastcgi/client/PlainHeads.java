package dev.penstock.fastcgi.client;

import dev.penstock.fastcgi.Parameters;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// The beginnings of requests in SCGI and uwsgi: all variables, before the body.
///
/// ```
/// SCGI    length ":" name NUL value NUL ... ","      CONTENT_LENGTH first, then SCGI=1
/// uwsgi   modifier1(0) length(16) modifier2(0)       little endian
///         nameLength(16) name valueLength(16) value ...
/// ```
final class PlainHeads {
    private static final int MAX_UWSGI = 65_535;

    private PlainHeads() {}

    static byte[] scgi(Parameters parameters) {
        ByteArrayOutputStream pairs = new ByteArrayOutputStream();
        putTerminated(pairs, "CONTENT_LENGTH", parameters.get("CONTENT_LENGTH", "0"));
        putTerminated(pairs, "SCGI", "1");
        for (int pair = 0; pair < parameters.count(); pair++) {
            String name = parameters.name(pair);
            if (!name.equals("CONTENT_LENGTH") && !name.equals("SCGI")) {
                putTerminated(pairs, name, parameters.value(pair));
            }
        }
        ByteArrayOutputStream netstring = new ByteArrayOutputStream();
        netstring.writeBytes((pairs.size() + ":").getBytes(StandardCharsets.ISO_8859_1));
        netstring.writeBytes(pairs.toByteArray());
        netstring.write(',');
        return netstring.toByteArray();
    }

    private static void putTerminated(ByteArrayOutputStream out, String name, String value) {
        if (name.indexOf('\0') >= 0 || value.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("SCGI has no way to say the NUL in variable " + name);
        }
        out.writeBytes((name + '\0' + value + '\0').getBytes(StandardCharsets.ISO_8859_1));
    }

    static byte[] uwsgi(Parameters parameters) {
        ByteArrayOutputStream pairs = new ByteArrayOutputStream();
        for (int pair = 0; pair < parameters.count(); pair++) {
            putCounted(pairs, parameters.name(pair));
            putCounted(pairs, parameters.value(pair));
        }
        if (pairs.size() > MAX_UWSGI) {
            throw new IllegalArgumentException("uwsgi takes " + MAX_UWSGI + " bytes of variables, not " + pairs.size());
        }
        return ByteBuffer.allocate(4 + pairs.size())
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) 0)
                .putShort((short) pairs.size())
                .put((byte) 0)
                .put(pairs.toByteArray())
                .array();
    }

    private static void putCounted(ByteArrayOutputStream out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        if (bytes.length > MAX_UWSGI) {
            throw new IllegalArgumentException("uwsgi takes " + MAX_UWSGI + " bytes of a value, not " + bytes.length);
        }
        out.write(bytes.length & 0xff);
        out.write(bytes.length >>> 8);
        out.writeBytes(bytes);
    }
}
