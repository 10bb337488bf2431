package dev.penstock.python;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.penstock.server.EventLog;
import dev.penstock.server.Faults;
import dev.penstock.server.Printable;
import dev.penstock.server.Quietly;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.newsclub.net.unix.AFUNIXSocketChannel;

/// The process that loads the application once and forks workers from it, seen from the server.
///
/// It is started with plain pipes, as the first thing that a server does, so that Python imports while
/// the rest of the server is still being loaded; it connects to the control socket by itself.
final class Zygote {
    private static final int MAX_PAYLOAD_BYTES = 4 * 1024 * 1024;
    private static final int ANCILLARY_BYTES = 4096;

    /// Room that the title in `ps` may need later: it is written over the process's arguments.
    private static final String TITLE_ROOM = " ".repeat(48);

    /// What a zygote tells. Called on its reading thread, except [#gone].
    interface Events {
        void loaded(Map<String, String> facts);

        void failed(PythonSettings.Failure failure);

        void forked(int worker, long pid, List<FileDescriptor> streams) throws IOException;

        void exited(int worker, long pid, String status);

        void changed(List<String> files);

        /// Where the files lie that the application was made from, or would have been; before the load's
        /// end is told, and only when the settings ask to watch.
        void sources(List<String> folders);

        /// The process has ended. Any thread.
        void gone(int exitStatus);
    }

    private final PythonSettings settings;
    private final Process process;
    private final EventLog log;
    private @Nullable AFUNIXSocketChannel channel;

    private Zygote(PythonSettings settings, Process process, EventLog log) {
        this.settings = settings;
        this.process = process;
        this.log = log;
    }

    /// Starts the process and gives it its assignment.
    ///
    /// @throws IOException when the interpreter cannot be run
    static Zygote start(PythonSettings settings, int generation, String token, EventLog log) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                        settings.python().toString(),
                        "-X",
                        "utf8",
                        settings.packageHome().resolve("zygote.py").toString(),
                        "penstock: zygote " + settings.name() + TITLE_ROOM)
                .directory(settings.directory().toFile())
                .redirectErrorStream(true);
        if (builder.environment().remove("PENSTOCK_OWN_MALLOC") != null) {
            builder.environment().remove("MALLOC_ARENA_MAX"); // Set for this JVM by `penstock/runtime.py`.
        }
        Process process = builder.start();
        try (OutputStream stdin = process.getOutputStream()) {
            stdin.write(assignment(settings, generation, token));
        } catch (IOException e) {
            log.error(settings.name(), "the zygote did not take its assignment: " + e.getMessage());
        }
        return new Zygote(settings, process, log);
    }

    private static byte[] assignment(PythonSettings settings, int generation, String token) {
        return Json.object(json -> {
            json.writeStringField("control", settings.control().toString());
            json.writeStringField("token", token);
            json.writeStringField("name", settings.name());
            json.writeNumberField("generation", generation);
            json.writeStringField("directory", settings.directory().toString());
            json.writeArrayFieldStart("python_path");
            for (String folder : settings.pythonPath()) {
                json.writeString(folder);
            }
            json.writeEndArray();
            json.writeBooleanField("debug", settings.debug());
            json.writeBooleanField("watch", settings.watch());
            json.writeObjectFieldStart("target");
            write(settings.target(), json);
            json.writeEndObject();
        });
    }

    /// (Not a type switch: it is the first one of a start, and costs 20 ms.)
    private static void write(PythonSettings.Target target, JsonGenerator json) throws IOException {
        if (target instanceof PythonSettings.Target.Script script) {
            json.writeStringField("kind", "script");
            json.writeStringField("path", script.path().toString());
        } else if (target instanceof PythonSettings.Target.Config config) {
            json.writeStringField("kind", "config");
            json.writeStringField("uri", config.uri());
            json.writeObjectFieldStart("global_conf");
            for (Map.Entry<String, String> entry : config.globalConf().entrySet()) {
                json.writeStringField(entry.getKey(), entry.getValue());
            }
            json.writeEndObject();
        } else if (target instanceof PythonSettings.Target.Callable callable) {
            json.writeStringField("kind", "callable");
            json.writeStringField("spec", callable.spec());
        }
    }

    /// Follows what the process and its workers print, and tells of its end.
    void follow(Events events) {
        Thread output = new Thread(this::logOutput, settings.name() + "-output");
        output.setDaemon(true);
        output.start();
        CompletableFuture<Void> _ = process.onExit().thenAccept(ended -> events.gone(ended.exitValue()));
    }

    private void logOutput() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                log.info(settings.name(), Printable.of(line));
            }
        } catch (IOException e) {
            // The pipe has gone with the process.
        }
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /// The process has connected: reads what it tells until it goes. Called on that connection's thread.
    void serve(AFUNIXSocketChannel connection, Events events) {
        connection.setAncillaryReceiveBufferSize(ANCILLARY_BYTES);
        synchronized (this) {
            channel = connection;
        }
        FrameReader frames = new FrameReader(connection);
        ArrayDeque<FileDescriptor> descriptors = new ArrayDeque<>();
        try {
            for (int type = frames.next(); type >= 0; type = frames.next()) {
                Map<String, String> facts = Json.read(frames.payload(MAX_PAYLOAD_BYTES));
                collect(connection.getReceivedFileDescriptors(), descriptors);
                take(type, facts, descriptors, events);
            }
        } catch (IOException | IllegalArgumentException e) {
            log.error(settings.name(), "the zygote is killed: " + Faults.describe(e));
            process.destroyForcibly();
        } finally {
            Quietly.close(connection);
        }
    }

    private static void collect(FileDescriptor @Nullable [] received, ArrayDeque<FileDescriptor> descriptors) {
        if (received != null) {
            descriptors.addAll(List.of(received));
        }
    }

    private static void take(int type, Map<String, String> facts, ArrayDeque<FileDescriptor> descriptors, Events events)
            throws IOException {
        switch (type) {
            case Frame.LOADED -> events.loaded(facts);
            case Frame.FAILED ->
                events.failed(new PythonSettings.Failure(
                        facts.getOrDefault("error", "the application did not load"),
                        facts.getOrDefault("traceback", ""),
                        facts.getOrDefault("hint", "")));
            case Frame.FORKED -> {
                List<FileDescriptor> streams = List.copyOf(descriptors);
                descriptors.clear();
                events.forked(number(facts, "worker"), number(facts, "pid"), streams);
            }
            case Frame.EXITED ->
                events.exited(number(facts, "worker"), number(facts, "pid"), facts.getOrDefault("status", "?"));
            case Frame.CHANGED ->
                events.changed(facts.getOrDefault("files", "").lines().toList());
            case Frame.SOURCES ->
                events.sources(facts.getOrDefault("folders", "").lines().toList());
            default -> throw new IOException("a frame of unknown type " + type + " from the zygote");
        }
    }

    private static int number(Map<String, String> facts, String name) {
        return Integer.parseInt(facts.getOrDefault(name, "missing " + name));
    }

    /// Gives it what its workers need, once, before the first fork.
    void equip(FileDescriptor queue, FileDescriptor slots) throws IOException {
        send(Frame.EQUIP, Json.object(json -> {}), queue, slots);
    }

    void fork(int worker, int slot, int threads, boolean alone) throws IOException {
        send(Frame.FORK, Json.object(json -> {
            json.writeNumberField("worker", worker);
            json.writeNumberField("slot", slot);
            json.writeNumberField("threads", threads);
            json.writeBooleanField("alone", alone);
        }));
    }

    /// Asks which imported files have changed; the answer comes as an event.
    void askChanged() throws IOException {
        send(Frame.CHANGED, Json.object(json -> {}));
    }

    /// No more forks; it goes when its workers have gone.
    void retire() {
        try {
            send(Frame.RETIRE_ZYGOTE, Json.object(json -> {}));
        } catch (IOException e) {
            // It has gone already.
        }
    }

    void kill() {
        process.destroyForcibly();
    }

    private synchronized void send(int type, byte[] payload, FileDescriptor... descriptors) throws IOException {
        AFUNIXSocketChannel connected = channel;
        if (connected == null) {
            throw new IOException("the zygote has not connected");
        }
        ByteBuffer frame =
                ByteBuffer.allocate(Frame.HEADER_BYTES + payload.length).order(ByteOrder.LITTLE_ENDIAN);
        frame.put((byte) type)
                .put(new byte[3])
                .putInt(payload.length)
                .put(payload)
                .flip();
        if (descriptors.length > 0) {
            connected.setOutboundFileDescriptors(descriptors);
        }
        while (frame.hasRemaining()) {
            connected.write(frame);
        }
    }
}
