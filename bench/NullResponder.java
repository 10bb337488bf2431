import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/// The ceiling for a FastCGI responder on the JVM: reads a request's records, understands none of them, and answers
/// each with the same page. A thread per connection; KEEP_CONN is taken as set (mod_proxy_fcgi with `enablereuse=on`).
///
///     java NullResponder.java SOCKET BODY-FILE
class NullResponder {
    private static final int STDIN = 5;
    private static final int STDOUT = 6;
    private static final int END_REQUEST = 3;
    private static final int RECORD = 65528;

    public static void main(String[] args) throws IOException {
        byte[] answer = answer(Files.readAllBytes(Path.of(args[1])));
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(args[0]));
        while (true) {
            SocketChannel connection = server.accept();
            Thread.ofPlatform().start(() -> serve(connection, answer));
        }
    }

    /// STDOUT with head and body, the empty STDOUT, END_REQUEST; all for request id 1, the only one that Apache uses.
    private static byte[] answer(byte[] body) {
        byte[] head = "Status: 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n"
                .formatted(body.length).getBytes(StandardCharsets.ISO_8859_1);
        ByteBuffer answer = ByteBuffer.allocate(40 + head.length + body.length + 8 * (body.length / RECORD));
        header(answer, STDOUT, head.length).put(head);
        for (int at = 0; at < body.length; at += RECORD) {
            int length = Math.min(RECORD, body.length - at);
            header(answer, STDOUT, length).put(body, at, length);
        }
        header(answer, STDOUT, 0);
        header(answer, END_REQUEST, 8).putLong(0);
        return Arrays.copyOf(answer.array(), answer.position());
    }

    private static ByteBuffer header(ByteBuffer to, int type, int length) {
        return to.put((byte) 1).put((byte) type).putShort((short) 1).putShort((short) length).putShort((short) 0);
    }

    private static void serve(SocketChannel connection, byte[] answer) {
        ByteBuffer in = ByteBuffer.allocateDirect(1 << 17).limit(0);
        ByteBuffer out = ByteBuffer.allocateDirect(answer.length).put(answer);
        try (connection) {
            while (readRequest(connection, in)) {
                out.flip();
                while (out.hasRemaining()) {
                    connection.write(out);
                }
            }
        } catch (IOException e) {
            System.err.println(e);
        }
    }

    /// Skips records up to the empty STDIN; false at the end of the stream.
    private static boolean readRequest(SocketChannel connection, ByteBuffer in) throws IOException {
        while (true) {
            if (!fill(connection, in, 8)) {
                return false;
            }
            int type = in.get(in.position() + 1);
            int content = in.getShort(in.position() + 4) & 0xffff;
            int length = 8 + content + (in.get(in.position() + 6) & 0xff);
            if (!fill(connection, in, length)) {
                return false;
            }
            in.position(in.position() + length);
            if (type == STDIN && content == 0) {
                return true;
            }
        }
    }

    private static boolean fill(SocketChannel connection, ByteBuffer in, int wanted) throws IOException {
        if (in.remaining() < wanted) {
            in.compact();
            while (in.position() < wanted) {
                if (connection.read(in) < 0) {
                    return false;
                }
            }
            in.flip();
        }
        return true;
    }
}
