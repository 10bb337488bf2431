package dev.penstock.server;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;

/// The status and headers of a response as a CGI header block, checked: `Status` first, then
/// `Name: value` lines, an empty line at the end (RFC 3875, 6.3). Kept as bytes because FastCGI sends
/// it as it is.
public final class Head {
    private static final byte[] STATUS = "Status: ".getBytes(StandardCharsets.ISO_8859_1);

    private final byte[] block;
    private final int status;

    private Head(byte[] block, int status) {
        this.block = block;
        this.status = status;
    }

    /// Checks a block that came from outside this process.
    ///
    /// @throws IllegalArgumentException that says what is wrong with it
    public static Head parse(byte[] block) {
        int status = status(block);
        int line = lineEnd(block, 0) + 2;
        while (line < block.length && block[line] != '\r') {
            int end = lineEnd(block, line);
            checkField(block, line, end);
            line = end + 2;
        }
        if (line != block.length - 2 || block[line] != '\r' || block[line + 1] != '\n') {
            throw new IllegalArgumentException("the response head does not end with its one empty line");
        }
        return new Head(block, status);
    }

    /// A head of our own making.
    ///
    /// @param headers names and values in turn
    public static Head of(int status, String reason, String... headers) {
        StringBuilder text = new StringBuilder("Status: " + status + " " + reason + "\r\n");
        for (int i = 0; i < headers.length; i += 2) {
            text.append(headers[i]).append(": ").append(headers[i + 1]).append("\r\n");
        }
        return parse(text.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
    }

    public int status() {
        return status;
    }

    /// The whole block. Read only.
    public byte[] block() {
        return block;
    }

    /// Hands each header to `field`, in order, without the status.
    public void forEachHeader(BiConsumer<String, String> field) {
        int line = lineEnd(block, 0) + 2;
        while (line < block.length - 2) {
            int end = lineEnd(block, line);
            String text = new String(block, line, end - line, StandardCharsets.ISO_8859_1);
            int colon = text.indexOf(':');
            field.accept(text.substring(0, colon), text.substring(colon + 1).strip());
            line = end + 2;
        }
    }

    /// Whether it has this header, in whatever letters.
    public boolean has(String name) {
        AtomicBoolean found = new AtomicBoolean();
        forEachHeader((field, value) -> found.compareAndSet(false, field.equalsIgnoreCase(name)));
        return found.get();
    }

    private static int status(byte[] block) {
        for (int i = 0; i < STATUS.length; i++) {
            if (i >= block.length || block[i] != STATUS[i]) {
                throw new IllegalArgumentException("the response head does not begin with its status");
            }
        }
        int status = 0;
        for (int i = STATUS.length; i < STATUS.length + 3; i++) {
            if (i >= block.length || block[i] < '0' || block[i] > '9') {
                throw new IllegalArgumentException("the status of the response is not a three-digit number");
            }
            status = status * 10 + block[i] - '0';
        }
        int next = STATUS.length + 3;
        if (status < 100 || next >= block.length || (block[next] != ' ' && block[next] != '\r')) {
            throw new IllegalArgumentException("the status of the response is not a three-digit number");
        }
        return status;
    }

    /// Where the line that begins at `from` has its CR LF.
    private static int lineEnd(byte[] block, int from) {
        for (int i = from; i < block.length - 1; i++) {
            if (block[i] == '\r' && block[i + 1] == '\n') {
                return i;
            }
            if (block[i] == '\r' || block[i] == '\n' || block[i] == 0) {
                break;
            }
        }
        throw new IllegalArgumentException("a line of the response head has no CR LF, or a control character in it");
    }

    private static void checkField(byte[] block, int from, int end) {
        int colon = from;
        while (colon < end && isTokenByte(block[colon])) {
            colon++;
        }
        if (colon == from || colon == end || block[colon] != ':') {
            throw new IllegalArgumentException("a response header is not `Name: value`: "
                    + Printable.of(new String(block, from, end - from, StandardCharsets.ISO_8859_1)));
        }
    }

    private static boolean isTokenByte(byte b) {
        return (b >= 'a' && b <= 'z')
                || (b >= 'A' && b <= 'Z')
                || (b >= '0' && b <= '9')
                || "!#$%&'*+-.^_`|~".indexOf(b) >= 0;
    }
}
