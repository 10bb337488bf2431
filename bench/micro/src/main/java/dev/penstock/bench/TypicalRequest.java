package dev.penstock.bench;

import dev.penstock.fastcgi.Parameters;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// A browser's GET as Apache's mod_proxy_fcgi sends it: 35 variables (`request.txt`, recorded) in 1.2 KB.
final class TypicalRequest {
    static final int VARIABLES = 35;

    private TypicalRequest() {}

    /// BEGIN_REQUEST with KEEP_CONN, PARAMS in one record, their end, and an empty STDIN; ready to be read.
    static ByteBuffer records() {
        byte[] pairs = variables().encode();
        ByteBuffer records = ByteBuffer.allocateDirect(4096);
        header(records, 1, 8).putShort((short) 1).put((byte) 1).put(new byte[5]);
        header(records, 4, pairs.length).put(pairs);
        header(records, 4, 0);
        header(records, 5, 0);
        return records.flip();
    }

    private static ByteBuffer header(ByteBuffer to, int type, int length) {
        return to.put((byte) 1)
                .put((byte) type)
                .putShort((short) 1)
                .putShort((short) length)
                .putShort((short) 0);
    }

    private static Parameters variables() {
        Parameters variables = new Parameters();
        try (InputStream file = TypicalRequest.class.getResourceAsStream("/request.txt")) {
            new String(file.readAllBytes(), StandardCharsets.ISO_8859_1).lines().forEach(line -> {
                int equals = line.indexOf('=');
                variables.set(line.substring(0, equals), line.substring(equals + 1));
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return variables;
    }
}
