package dev.penstock.server;

import dev.penstock.fastcgi.Limits;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// A protocol that has one request on each connection and a plain answer: head, body, end of file.
public enum PlainProtocol {
    /// The answer is a CGI response (RFC 3875, 6): `Status: 200 OK`.
    SCGI,
    /// The answer is an HTTP response: `HTTP/1.1 200 OK`. nginx would take a CGI response as well,
    /// mod_proxy_uwsgi does not.
    UWSGI;

    private static final int CGI_STATUS = "Status: ".length();
    private static final byte[] HTTP_STATUS = "HTTP/1.1 ".getBytes(StandardCharsets.ISO_8859_1);

    HeadReader reader(Limits limits) {
        return this == SCGI ? new ScgiReader(limits) : new UwsgiReader(limits);
    }

    /// How a response begins.
    byte[] head(Head head) {
        byte[] block = head.block();
        if (this == SCGI) {
            return block;
        }
        int rest = block.length - CGI_STATUS;
        byte[] http = new byte[HTTP_STATUS.length + rest];
        ByteBuffer.wrap(http).put(HTTP_STATUS).put(block, CGI_STATUS, rest);
        return http;
    }
}
