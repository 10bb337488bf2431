package dev.penstock.python;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;

/// The small flat JSON objects that go to a zygote and come from it.
final class Json {
    private static final JsonFactory FACTORY = new JsonFactory();

    interface Fields {
        void write(JsonGenerator json) throws IOException;
    }

    private Json() {}

    static byte[] object(Fields fields) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = FACTORY.createGenerator(out)) {
            json.writeStartObject();
            fields.write(json);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return out.toByteArray();
    }

    /// The members of a flat object as text; an array becomes its elements, a line each.
    static Map<String, String> read(byte[] text) throws IOException {
        Map<String, String> members = new LinkedHashMap<>();
        try (JsonParser json = FACTORY.createParser(text)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("expected a JSON object");
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                members.put(name, json.nextToken() == JsonToken.START_ARRAY ? array(json) : json.getText());
            }
        }
        return members;
    }

    private static String array(JsonParser json) throws IOException {
        StringBuilder lines = new StringBuilder();
        for (JsonToken token = json.nextToken(); token != JsonToken.END_ARRAY; token = json.nextToken()) {
            if (token == null || token.isStructStart()) {
                throw new IOException("expected an array of plain values");
            }
            lines.append(lines.isEmpty() ? "" : "\n").append(json.getText());
        }
        return lines.toString();
    }
}
