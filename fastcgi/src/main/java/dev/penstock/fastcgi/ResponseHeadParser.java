package dev.penstock.fastcgi;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads the head of one response from the beginning of its STDOUT (RFC 3875, section 6), wherever that is
/// cut. Used once, by one thread.
///
/// ```
/// Status: 200 OK          lines end with CR LF or LF, also mixed
/// Content-Type: text/html
///                         an empty line, then the body
/// ```
///
/// A first line `HTTP/1.1 200 OK` counts as Status, since there are applications that send it. Not taken:
/// a line without a colon, a name that is no HTTP token, folded lines, control characters, a status that is
/// not three digits, no header at all. So nothing that is given out can end a header early.
public final class ResponseHeadParser {
    /// More than any web server takes (nginx 4 KiB, Apache 8 KiB a line, HAProxy 16 KiB).
    public static final int DEFAULT_MAX_BYTES = 64 * 1024;

    /// Twice what Apache takes.
    public static final int DEFAULT_MAX_HEADERS = 200;

    private static final String TOKEN_SIGNS = "!#$%&'*+-.^_`|~";

    private final int maxBytes;
    private final int maxHeaders;
    private byte[] line = new byte[256];
    private int lineBytes;
    private int bytes;
    private int status;
    private String reason = "";
    private final List<ResponseHead.Header> headers = new ArrayList<>();

    public ResponseHeadParser() {
        this(DEFAULT_MAX_BYTES, DEFAULT_MAX_HEADERS);
    }

    /// A parser with limits of your own.
    ///
    /// @param maxBytes of the whole head with its line ends
    /// @param maxHeaders lines with headers
    public ResponseHeadParser(int maxBytes, int maxHeaders) {
        if (maxBytes < 16 || maxHeaders < 1) {
            throw new IllegalArgumentException("limits too small: " + maxBytes + " bytes, " + maxHeaders + " headers");
        }
        this.maxBytes = maxBytes;
        this.maxHeaders = maxHeaders;
    }

    /// Takes the head's bytes out of the buffer, and leaves what follows it there.
    ///
    /// @return the head, or null when more is needed for it
    /// @throws ProtocolException when this is no head, or it is too large
    public @Nullable ResponseHead parse(ByteBuffer in) throws ProtocolException {
        while (in.hasRemaining()) {
            byte b = in.get();
            if (++bytes > maxBytes) {
                throw new ProtocolException("more than " + maxBytes + " bytes of response head (max_head_bytes)");
            }
            if (b != '\n') {
                add(b);
                continue;
            }
            if (lineBytes > 0 && line[lineBytes - 1] == '\r') {
                lineBytes--;
            }
            if (lineBytes == 0) {
                return head();
            }
            line();
            lineBytes = 0;
        }
        return null;
    }

    /// Bytes that were taken so far, for what is to be said when the response ends within its head.
    public int bytes() {
        return bytes;
    }

    private void add(byte b) {
        if (lineBytes == line.length) {
            line = Arrays.copyOf(line, 2 * lineBytes);
        }
        line[lineBytes++] = b;
    }

    private ResponseHead head() throws ProtocolException {
        if (status == 0 && headers.isEmpty()) {
            throw new ProtocolException("expected response headers, found an empty line");
        }
        int implied = headers.stream().anyMatch(header -> header.name().equalsIgnoreCase("Location")) ? 302 : 200;
        return new ResponseHead(status == 0 ? implied : status, reason, headers);
    }

    private void line() throws ProtocolException {
        String text = new String(line, 0, lineBytes, StandardCharsets.ISO_8859_1);
        if (text.startsWith("HTTP/1.") && status == 0 && headers.isEmpty()) {
            int space = text.indexOf(' ');
            status(space < 0 ? "" : text.substring(space).strip());
            return;
        }
        int colon = text.indexOf(':');
        if (colon < 1 || !isToken(text, colon)) {
            throw new ProtocolException("expected a response header, found: " + shown(text));
        }
        String name = text.substring(0, colon);
        String value = trimmed(text, colon + 1);
        if (name.equalsIgnoreCase("Status")) {
            status(value);
        } else if (headers.size() == maxHeaders) {
            throw new ProtocolException("more than " + maxHeaders + " response headers (max_headers)");
        } else {
            headers.add(new ResponseHead.Header(name, value));
        }
    }

    private void status(String value) throws ProtocolException {
        int digits = 0;
        while (digits < value.length() && value.charAt(digits) >= '0' && value.charAt(digits) <= '9') {
            digits++;
        }
        boolean isApart = digits == value.length() || value.charAt(digits) == ' ';
        if (digits != 3 || !isApart || value.charAt(0) == '0') {
            throw new ProtocolException("expected a status of three digits, found: " + shown(value));
        }
        status = Integer.parseInt(value.substring(0, 3));
        reason = trimmed(value, digits);
    }

    /// The text from there on without spaces and tabs around it.
    private static String trimmed(String text, int from) throws ProtocolException {
        int end = text.length();
        while (end > from && isBlank(text.charAt(end - 1))) {
            end--;
        }
        int start = from;
        while (start < end && isBlank(text.charAt(start))) {
            start++;
        }
        for (int at = start; at < end; at++) {
            char c = text.charAt(at);
            if ((c < ' ' && c != '\t') || c == 0x7f) {
                throw new ProtocolException("a control character in a response header: " + shown(text));
            }
        }
        return text.substring(start, end);
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t';
    }

    private static boolean isToken(String text, int end) {
        for (int at = 0; at < end; at++) {
            char c = text.charAt(at);
            boolean isAlphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (!isAlphanumeric && TOKEN_SIGNS.indexOf(c) < 0) {
                return false;
            }
        }
        return true;
    }

    /// The beginning of it, safe for a log and a terminal.
    private static String shown(String text) {
        StringBuilder shown = new StringBuilder();
        for (int at = 0; at < Math.min(text.length(), 80); at++) {
            char c = text.charAt(at);
            boolean isPlain = c >= ' ' && c < 0x7f && c != '\\';
            shown.append(isPlain ? String.valueOf(c) : String.format("\\x%02x", (int) c));
        }
        return shown.append(text.length() > 80 ? "…" : "").toString();
    }
}
