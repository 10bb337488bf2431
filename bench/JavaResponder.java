import dev.penstock.fastcgi.Limits;
import dev.penstock.server.Application;
import dev.penstock.server.Bounds;
import dev.penstock.server.ConnectionThreads;
import dev.penstock.server.EventLog;
import dev.penstock.server.FastCgiGate;
import dev.penstock.server.Head;
import dev.penstock.server.PathTruth;
import dev.penstock.server.Poller;
import dev.penstock.server.Request;
import dev.penstock.server.Response;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;

/// A Java application on Penstock's server module, as the servlet host will be one: to be compared with
/// [NullResponder], which does nothing but what the wire needs. Run with the wheel's jars on the class path:
///
///     java -cp 'penstock/lib/*' JavaResponder.java SOCKET BODY-FILE
///
/// GET gives the file; GET with `?N` gives N bytes of the letter x, in pieces; POST reads the body and tells its length.
class JavaResponder {
    private static final int CONNECTIONS = 1000;
    private static final long LARGEST = 4L << 30;
    private static final int PIECE = 64 * 1024;

    public static void main(String[] args) throws IOException {
        byte[] body = Files.readAllBytes(Path.of(args[1]));
        Head head = head(body.length);
        Application application = (request, response) -> answer(request, response, head, body);
        EventLog log = (level, source, text) -> System.err.println(level + " " + source + ": " + text);
        ConnectionThreads threads = new ConnectionThreads();
        Path temporary = Path.of(args[1]).toAbsolutePath().getParent();
        FastCgiGate gate = new FastCgiGate(
                bounds(temporary), new PathTruth("auto", null), application, threads, log);
        Poller poller = new Poller(gate, threads, log, new Semaphore(CONNECTIONS));
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        poller.listen(server.bind(UnixDomainSocketAddress.of(args[0])), peer -> true, gate);
        poller.run();
    }

    /// As `penstock serve` has them by default, but for the largest body.
    private static Bounds bounds(Path temporary) {
        return new Bounds(
                CONNECTIONS, LARGEST, 256 * 1024, LARGEST, 16 << 20, 5_000_000_000L, temporary, Limits.DEFAULT);
    }

    private static Head head(long length) {
        return Head.of(200, "OK", "Content-Type", "text/plain", "Content-Length", Long.toString(length));
    }

    private static void answer(Request request, Response response, Head head, byte[] body) {
        String query = request.environ().get("QUERY_STRING", "");
        if (request.method().equals("POST")) {
            Thread.ofPlatform().start(() -> receive(request, response));
        } else if (query.isEmpty()) {
            response.start(head);
            response.write(ByteBuffer.wrap(body));
            response.end();
        } else {
            Thread.ofPlatform().start(() -> send(Long.parseLong(query), response));
        }
    }

    private static void send(long length, Response response) {
        byte[] piece = new byte[PIECE];
        java.util.Arrays.fill(piece, (byte) 'x');
        response.start(head(length));
        for (long left = length; left > 0 && !response.cancelled(); left -= PIECE) {
            response.write(ByteBuffer.wrap(piece, 0, (int) Math.min(PIECE, left)));
        }
        response.end();
    }

    private static void receive(Request request, Response response) {
        byte[] buffer = new byte[PIECE];
        long length = 0;
        try (InputStream in = request.body().stream()) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                length += read;
            }
        } catch (IOException e) {
            response.tear(e.toString());
            return;
        }
        byte[] said = (length + "\n").getBytes();
        response.start(head(said.length));
        response.write(ByteBuffer.wrap(said));
        response.end();
    }
}
