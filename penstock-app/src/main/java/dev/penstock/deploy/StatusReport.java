package dev.penstock.deploy;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.penstock.control.Dispatches;
import dev.penstock.python.PythonSettings;
import dev.penstock.server.FastCgiGate;
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/// What an instance is doing, for people and for programs.
///
/// @param listeners where requests come in, as a person would write it
/// @param front what the FastCGI front has counted
/// @param lastError the newest error in the log, or empty
record StatusReport(
        long pid,
        long uptimeSeconds,
        String directory,
        String log,
        List<String> listeners,
        List<Dispatches.Status> dispatches,
        long requests,
        int connections,
        FastCgiGate.Counters front,
        PythonSettings.Status application,
        String lastError) {

    /// Lines for a terminal.
    List<String> text() {
        List<String> lines = new ArrayList<>();
        lines.add("%s: %s, generation %d (%s)"
                .formatted(application.name(), application.state(), application.generation(), application.loaded()));
        lines.add("  server      pid %d, up %s, %d requests, %d connections"
                .formatted(pid, duration(uptimeSeconds), requests, connections));
        for (String listener : listeners) {
            lines.add("  listener    " + listener);
        }
        for (Dispatches.Status each : dispatches) {
            lines.add("  dispatch    pid %d, %s".formatted(each.pid(), each.script()));
        }
        if (application.zygotePid() > 0) {
            lines.add("  zygote      pid " + application.zygotePid());
        }
        for (PythonSettings.WorkerStatus worker : application.workers()) {
            lines.add("  worker %-4d pid %d, %d requests, up %s"
                    .formatted(worker.number(), worker.pid(), worker.served(), duration(worker.ageMillis() / 1000)));
        }
        addFront(lines);
        lines.add("  requests    %d in flight, %d waiting".formatted(application.inFlight(), application.waiting()));
        lines.add("  log         " + log);
        addFailure(lines);
        if (!lastError.isEmpty()) {
            lines.add("  last error  " + lastError);
        }
        return lines;
    }

    /// Only what has happened: a quiet server has a short status.
    private void addFront(List<String> lines) {
        List<String> counts = new ArrayList<>();
        addCount(counts, front.clientsGone, "clients gone");
        addCount(counts, front.protocolErrors, "protocol errors");
        addCount(counts, front.timedOut, "timed out");
        addCount(counts, front.refusedClients, "not let in");
        addCount(counts, front.madeRoom, "idle ones closed for new ones");
        if (!counts.isEmpty()) {
            lines.add("  peers       " + String.join(", ", counts));
        }
        List<String> limits = new ArrayList<>();
        front.limits().forEach((setting, count) -> limits.add(setting + " " + count));
        if (!limits.isEmpty()) {
            lines.add("  limits      " + String.join(", ", limits));
        }
    }

    private static void addCount(List<String> counts, LongAdder count, String what) {
        if (count.sum() > 0) {
            counts.add(count.sum() + " " + what);
        }
    }

    private void addFailure(List<String> lines) {
        PythonSettings.Failure failure = application.failure();
        if (failure == null) {
            return;
        }
        lines.add("  the last load failed: " + failure.error());
        failure.traceback().lines().forEach(line -> lines.add("    " + line));
        if (!failure.hint().isEmpty()) {
            lines.add("  " + failure.hint());
        }
    }

    private static String duration(long seconds) {
        return seconds < 120 ? seconds + " s" : seconds < 7200 ? seconds / 60 + " min" : seconds / 3600 + " h";
    }

    /// One line of JSON.
    String json() throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.writeStartObject();
            json.writeStringField("name", application.name());
            json.writeStringField("state", application.state());
            json.writeStringField("directory", directory);
            json.writeStringField("log", log);
            json.writeStringField("last_error", lastError);
            writeServer(json);
            writeFront(json);
            writeListeners(json);
            writeApplication(json);
            json.writeEndObject();
        }
        return text.toString();
    }

    private void writeServer(JsonGenerator json) throws IOException {
        json.writeObjectFieldStart("server");
        json.writeNumberField("pid", pid);
        json.writeNumberField("uptime_seconds", uptimeSeconds);
        json.writeNumberField("requests", requests);
        json.writeNumberField("connections", connections);
        json.writeEndObject();
    }

    private void writeFront(JsonGenerator json) throws IOException {
        json.writeObjectFieldStart("front");
        json.writeNumberField("clients_gone", front.clientsGone.sum());
        json.writeNumberField("protocol_errors", front.protocolErrors.sum());
        json.writeNumberField("timed_out", front.timedOut.sum());
        json.writeNumberField("refused_clients", front.refusedClients.sum());
        json.writeNumberField("closed_for_new_ones", front.madeRoom.sum());
        json.writeObjectFieldStart("limits_reached");
        for (Map.Entry<String, Long> limit : front.limits().entrySet()) {
            json.writeNumberField(limit.getKey(), limit.getValue());
        }
        json.writeEndObject();
        json.writeEndObject();
    }

    private void writeListeners(JsonGenerator json) throws IOException {
        json.writeArrayFieldStart("listeners");
        for (String listener : listeners) {
            json.writeString(listener);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("dispatches");
        for (Dispatches.Status each : dispatches) {
            json.writeStartObject();
            json.writeNumberField("pid", each.pid());
            json.writeStringField("script", each.script());
            json.writeNumberField("connections", each.connections());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private void writeApplication(JsonGenerator json) throws IOException {
        json.writeNumberField("generation", application.generation());
        json.writeStringField("application", application.loaded());
        json.writeNumberField("zygote_pid", application.zygotePid());
        json.writeNumberField("in_flight", application.inFlight());
        json.writeNumberField("waiting", application.waiting());
        json.writeArrayFieldStart("workers");
        for (PythonSettings.WorkerStatus worker : application.workers()) {
            json.writeStartObject();
            json.writeNumberField("number", worker.number());
            json.writeNumberField("pid", worker.pid());
            json.writeNumberField("requests", worker.served());
            json.writeNumberField("uptime_seconds", worker.ageMillis() / 1000);
            json.writeEndObject();
        }
        json.writeEndArray();
        PythonSettings.Failure failure = application.failure();
        if (failure != null) {
            json.writeObjectFieldStart("failure");
            json.writeStringField("error", failure.error());
            json.writeStringField("traceback", failure.traceback());
            json.writeStringField("hint", failure.hint());
            json.writeEndObject();
        }
    }
}
