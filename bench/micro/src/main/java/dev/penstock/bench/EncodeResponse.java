package dev.penstock.bench;

import dev.penstock.fastcgi.Encoder;
import dev.penstock.fastcgi.ProtocolStatus;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.fcgi.generator.ServerGenerator;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.io.ArrayByteBufferPool;
import org.eclipse.jetty.io.ByteBufferPool;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/// A response of seven headers and 2,000 bytes, from its parts to bytes that may be written to the connection.
///
/// Our head comes as bytes from a worker (`penstock`); `penstockFromStrings` makes it of strings, as Jetty does. Both
/// keep their buffers for the next response. Jetty leaves the body where it is and gives a list of buffers.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class EncodeResponse {
    private static final String[] FIELDS = {
        "Content-Type", "text/html; charset=utf-8",
        "Content-Length", "2000",
        "Cache-Control", "no-cache",
        "Vary", "Accept-Encoding, Cookie",
        "Set-Cookie", "session=5f2c9b6e8d1a4c07b3e29f8a61d0c4e7; Path=/; HttpOnly",
        "X-Frame-Options", "SAMEORIGIN",
        "X-Content-Type-Options", "nosniff",
    };

    private final byte[] body = "x".repeat(2000).getBytes(StandardCharsets.ISO_8859_1);
    private final ByteBuffer directBody = ByteBuffer.allocateDirect(body.length).put(body);
    private final byte[] head = head();
    private final ByteBuffer out = ByteBuffer.allocateDirect(68 * 1024);

    private final HttpFields.Mutable fields = HttpFields.build();
    private final ByteBufferPool pool = new ArrayByteBufferPool();
    private final ServerGenerator generator = new ServerGenerator(pool, true, false);
    private final ByteBufferPool.Accumulator accumulator = new ByteBufferPool.Accumulator();

    private static byte[] head() {
        StringBuilder head = new StringBuilder("Status: 200 OK\r\n");
        for (int i = 0; i < FIELDS.length; i += 2) {
            head.append(FIELDS[i]).append(": ").append(FIELDS[i + 1]).append("\r\n");
        }
        return head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    /// Both must write about as much before they are measured.
    @Setup
    public void check() {
        for (int i = 0; i < FIELDS.length; i += 2) {
            fields.add(new HttpField(FIELDS[i], FIELDS[i + 1]));
        }
        int ours = penstock();
        long jettys = jetty();
        if (ours != penstockFromStrings() || Math.abs(ours - jettys) > 64) {
            throw new IllegalStateException("the responses differ: " + ours + " and " + jettys + " bytes");
        }
    }

    @Benchmark
    public int penstock() {
        int record = Encoder.reserve(out.clear());
        out.put(head).put(directBody.flip());
        return complete(record);
    }

    @Benchmark
    public int penstockFromStrings() {
        int record = Encoder.reserve(out.clear());
        put("Status: 200 OK\r\n");
        for (int i = 0; i < FIELDS.length; i += 2) {
            put(FIELDS[i]);
            out.put((byte) ':').put((byte) ' ');
            put(FIELDS[i + 1]);
            out.put((byte) '\r').put((byte) '\n');
        }
        out.put((byte) '\r').put((byte) '\n').put(directBody.flip());
        return complete(record);
    }

    private void put(String text) {
        out.put(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private int complete(int record) {
        Encoder.stdout(out, record, 1);
        Encoder.end(out, 1, 0, ProtocolStatus.REQUEST_COMPLETE);
        return out.position();
    }

    @Benchmark
    public long jetty() {
        generator.generateResponseHeaders(accumulator, 1, 200, "OK", fields);
        generator.generateResponseContent(accumulator, 1, directBody.flip(), true, false);
        long length = accumulator.getTotalLength();
        accumulator.release();
        return length;
    }
}
