package dev.penstock.tap;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/// Requests for programs: a JSON object a line. Text is ISO 8859-1, a byte a character.
final class JsonView implements View {
    private static final JsonFactory FACTORY = new JsonFactory();

    private final PrintWriter out;
    private final Look look;
    private final Instant start;

    private interface Members {
        void write(JsonGenerator json) throws IOException;
    }

    /// A view that has shown nothing.
    ///
    /// @param startMicros when the tap began to listen, microseconds since 1970
    JsonView(PrintWriter out, Look look, long startMicros) {
        this.out = out;
        this.look = look;
        this.start = Instant.EPOCH.plus(startMicros, ChronoUnit.MICROS);
    }

    @Override
    public void exchange(Exchange exchange) {
        object(json -> {
            json.writeStringField("kind", "request");
            json.writeStringField("time", time(exchange.began));
            json.writeStringField("method", exchange.method());
            json.writeStringField("uri", exchange.uri());
            json.writeNumberField("status", exchange.head.status());
            json.writeNumberField("bytesIn", exchange.inputBytes);
            json.writeNumberField("bytesOut", exchange.bodyBytes);
            if (exchange.firstByte >= 0) {
                json.writeNumberField("firstByteMs", (exchange.firstByte - exchange.began) / 1000.0);
            }
            json.writeNumberField("totalMs", (exchange.ended - exchange.began) / 1000.0);
            json.writeNumberField("connection", exchange.connection);
            json.writeNumberField("id", exchange.id);
            json.writeStringField("role", Words.role(exchange.role));
            json.writeBooleanField("keepsConnection", exchange.keepsConnection);
            json.writeNumberField("stderrBytes", exchange.errorBytes);
            json.writeStringField("end", exchange.outcome);
            json.writeArrayFieldStart("faults");
            for (Finding finding : exchange.findings()) {
                json.writeStartObject();
                write(json, finding);
                json.writeEndObject();
            }
            json.writeEndArray();
            if (exchange.samples != null) {
                full(json, exchange.samples);
            }
            if (look.hasRecords()) {
                records(json, exchange);
            }
        });
    }

    @Override
    public void finding(int connection, int id, long time, Finding finding) {
        object(json -> {
            json.writeStringField("kind", "fault");
            json.writeStringField("time", time(time));
            json.writeNumberField("connection", connection);
            if (id >= 0) {
                json.writeNumberField("id", id);
            }
            write(json, finding);
        });
    }

    @Override
    public void record(int connection, SeenRecord record) {
        object(json -> {
            json.writeStringField("kind", "record");
            json.writeNumberField("connection", connection);
            write(json, record);
        });
    }

    private static void write(JsonGenerator json, Finding finding) throws IOException {
        json.writeStringField("fault", finding.fault().name());
        json.writeStringField("severity", finding.fault().isFault() ? "fault" : "note");
        json.writeStringField("side", finding.side().title());
        json.writeStringField("section", finding.fault().section());
        json.writeStringField("text", finding.fault().text());
        json.writeStringField("detail", finding.detail());
    }

    private static void full(JsonGenerator json, Exchange.Samples samples) throws IOException {
        json.writeArrayFieldStart("variables");
        for (String[] pair : Words.pairs(samples.variables.bytes())) {
            json.writeStartArray();
            json.writeString(pair[0]);
            json.writeString(pair[1]);
            json.writeEndArray();
        }
        json.writeEndArray();
        json.writeStringField("requestBody", text(samples.input));
        json.writeStringField("head", text(samples.head));
        json.writeStringField("body", text(samples.body));
        json.writeStringField("stderr", text(samples.errors));
    }

    private static String text(Sample sample) {
        return new String(sample.bytes(), StandardCharsets.ISO_8859_1);
    }

    private void records(JsonGenerator json, Exchange exchange) throws IOException {
        json.writeArrayFieldStart("records");
        for (SeenRecord record : exchange.records()) {
            json.writeStartObject();
            write(json, record);
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeNumberField("recordsLeftOut", exchange.recordsLeftOut());
    }

    private void write(JsonGenerator json, SeenRecord record) throws IOException {
        json.writeStringField("time", time(record.time()));
        json.writeStringField("from", record.side().title());
        json.writeStringField("type", record.typeName());
        json.writeNumberField("id", record.id());
        json.writeNumberField("content", record.contentLength());
        json.writeNumberField("padding", record.paddingLength());
    }

    private String time(long micros) {
        return start.plus(micros, ChronoUnit.MICROS).toString();
    }

    private void object(Members members) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = FACTORY.createGenerator(text)) {
            json.writeStartObject();
            members.write(json);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        out.println(text);
    }
}
