package dev.penstock.bench;

import dev.penstock.fastcgi.Decoder;
import dev.penstock.fastcgi.Event;
import dev.penstock.fastcgi.Limits;
import dev.penstock.fastcgi.Parameters;
import dev.penstock.fastcgi.ProtocolException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.fcgi.parser.ServerParser;
import org.eclipse.jetty.http.HttpField;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;

/// One [TypicalRequest] on a connection that is kept, from bytes in a direct buffer to a request that is complete.
///
/// Jetty makes strings of all variables. We do not, because nobody reads most of them: `penstock` reads the five that
/// a server needs itself, `penstockAllAsStrings` all 35, names and values, as Jetty does.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class DecodeRequest {
    private final ByteBuffer received = TypicalRequest.records();
    private final Decoder decoder = new Decoder(Limits.DEFAULT);
    private final Listener listener = new Listener();
    private final ServerParser jettyParser = new ServerParser(listener);

    /// Both must understand the request before they are measured.
    @Setup
    public void check(Blackhole blackhole) throws ProtocolException {
        listener.blackhole = blackhole;
        jetty();
        if (listener.fields != TypicalRequest.VARIABLES || listener.ends != 1) {
            throw new IllegalStateException("Jetty read " + listener.fields + " variables, " + listener.ends + " ends");
        }
        Parameters parameters = decode();
        if (parameters.count() != TypicalRequest.VARIABLES) {
            throw new IllegalStateException("read " + parameters.count() + " variables");
        }
    }

    @Benchmark
    public void penstock(Blackhole blackhole) throws ProtocolException {
        Parameters parameters = decode();
        blackhole.consume(parameters.get("REQUEST_METHOD"));
        blackhole.consume(parameters.get("SCRIPT_NAME"));
        blackhole.consume(parameters.get("PATH_INFO"));
        blackhole.consume(parameters.get("REQUEST_URI"));
        blackhole.consume(parameters.get("CONTENT_LENGTH"));
    }

    @Benchmark
    public Parameters penstockNothingRead() throws ProtocolException {
        return decode();
    }

    @Benchmark
    public void penstockAllAsStrings(Blackhole blackhole) throws ProtocolException {
        Parameters parameters = decode();
        for (int pair = 0; pair < parameters.count(); pair++) {
            blackhole.consume(parameters.name(pair));
            blackhole.consume(parameters.value(pair));
        }
    }

    private Parameters decode() throws ProtocolException {
        decoder.feed(received.rewind());
        Parameters parameters = null;
        for (Event event = decoder.next(); event != null; event = decoder.next()) {
            switch (event) {
                case Event.Begin begin -> parameters = begin.parameters();
                case Event.StdinEnd end -> {
                    if (parameters == null) {
                        throw new IllegalStateException("no parameters before " + end);
                    }
                }
                default -> throw new IllegalStateException("unexpected " + event);
            }
        }
        if (parameters == null) {
            throw new IllegalStateException("no request");
        }
        return parameters;
    }

    @Benchmark
    public void jetty() {
        jettyParser.parse(received.rewind());
    }

    private static final class Listener implements ServerParser.Listener {
        @org.jspecify.annotations.Nullable Blackhole blackhole;

        int fields;
        int ends;

        @Override
        public void onHeader(int request, HttpField field) {
            fields++;
            if (blackhole != null) {
                blackhole.consume(field);
            }
        }

        @Override
        public boolean onEnd(int request) {
            ends++;
            return false;
        }
    }
}
