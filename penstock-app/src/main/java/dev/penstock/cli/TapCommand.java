package dev.penstock.cli;

import dev.penstock.deploy.Kind;
import dev.penstock.deploy.Kinds;
import dev.penstock.deploy.ListenAddress;
import dev.penstock.server.Quietly;
import dev.penstock.tap.Bounds;
import dev.penstock.tap.Filter;
import dev.penstock.tap.Look;
import dev.penstock.tap.Recording;
import dev.penstock.tap.Replay;
import dev.penstock.tap.Screen;
import dev.penstock.tap.Tap;
import java.io.BufferedWriter;
import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.SocketAddress;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `penstock tap --listen ADDRESS --to ADDRESS`, `penstock tap --read FILE`
@Command(
        name = "tap",
        description = {
            "Stand between a web server and a FastCGI application: pass everything on, and show it.",
            "Each request is a line; what breaks the protocol is named with the section that says so. It ends with"
                    + " Ctrl-C. Cookies, passwords, request bodies and the like are masked, on the screen and in"
                    + " recordings."
        },
        footer = {
            "%nExamples:",
            "  penstock tap --listen /run/site/tap.sock --to /run/site/penstock.sock",
            "  penstock tap --listen 9001 --to 127.0.0.1:9000 --full --uri '^/login' --count 1",
            "  penstock tap --listen 9001 --to 9000 --record bug.tap",
            "  penstock tap --read bug.tap --faults",
            "  penstock tap --listen 9001 --to 9000 --json | jq -c 'select(.totalMs > 1000)'",
            "%nAn ADDRESS is a path, HOST:PORT or PORT. docs/tools.md says what the fields and the faults mean, and what"
                    + " a recording holds."
        })
final class TapCommand extends Subcommand {
    private static final long LEAST_QUEUE = 1 << 20;
    private static final long MOST_QUEUE = 1 << 26;

    @Option(names = "--listen", paramLabel = "ADDRESS", description = "Where the web server is to connect to.")
    private @Nullable String listen;

    @Option(names = "--to", paramLabel = "ADDRESS", description = "Where the application listens.")
    private @Nullable String to;

    @Option(
            names = "--mode",
            paramLabel = "MODE",
            description =
                    "The mode of a Unix socket (default: ${DEFAULT-VALUE}); the web server must be able to write.")
    private String mode = "0660";

    @Option(names = "--full", description = "Variables, heads, and the beginnings of bodies, too.")
    private boolean isFull;

    @Option(names = "--records", description = "Every record, too.")
    private boolean hasRecords;

    @Option(names = "--json", description = "As JSON, one object a line.")
    private boolean isJson;

    @Option(names = "--uri", paramLabel = "REGEX", description = "Only requests whose URI has this in it.")
    private @Nullable String uri;

    @Option(
            names = "--status",
            paramLabel = "STATUS",
            split = ",",
            description = "Only answers with this status: 404, 5xx, or several with commas.")
    private List<String> statuses = new ArrayList<>();

    @Option(names = "--faults", description = "Only requests with a fault.")
    private boolean onlyFaults;

    @Option(names = "--count", paramLabel = "N", description = "End after so many requests.")
    private long count;

    @Option(
            names = "--record",
            paramLabel = "FILE",
            description = "Write all that passes to a new file, for --read and for bug reports.")
    private @Nullable Path record;

    @Option(
            names = "--max-size",
            paramLabel = "SIZE",
            description = "When the file has this size, recording ends (default: ${DEFAULT-VALUE}).")
    private String maxSize = "64M";

    @Option(names = "--read", paramLabel = "FILE", description = "Show a recording instead of traffic.")
    private @Nullable Path read;

    @Option(names = "--keep-secrets", description = "Mask nothing.")
    private boolean keepsSecrets;

    @Option(
            names = "--max-connections",
            paramLabel = "N",
            description = "Connections at once; more have to wait (default: ${DEFAULT-VALUE}).")
    private int maxConnections = Bounds.DEFAULT.maxConnections();

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            description = "For requests that are under way; more pass without being shown (default: ${DEFAULT-VALUE}).")
    private String memory = "16M";

    @Option(
            names = "--queue",
            paramLabel = "SIZE",
            description = "Between passing on and showing; what does not fit is not shown (default: ${DEFAULT-VALUE}).")
    private String queue = "8M";

    @Override
    public Integer call() {
        // Not the command's own writer, which flushes each line.
        PrintWriter lines = new PrintWriter(new BufferedWriter(out(), 1 << 16));
        Screen screen = new Screen(lines, look(), filter(), count);
        try {
            return read == null ? tap(screen) : replay(screen, read);
        } finally {
            lines.flush();
        }
    }

    @SuppressWarnings("SystemConsoleNull") // It is null again in Java 25 where there is no terminal.
    private Look look() {
        Console console = System.console();
        boolean isTerminal = console != null && console.isTerminal() && System.getenv("NO_COLOR") == null;
        return new Look(isFull, hasRecords, isJson, isTerminal && !isJson);
    }

    private Filter filter() {
        try {
            return new Filter(uri == null ? null : Pattern.compile(uri), statuses, onlyFaults);
        } catch (PatternSyntaxException e) {
            throw CommandFailure.usage("--uri: expected a regular expression: " + e.getMessage());
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage("--status: expected " + e.getMessage());
        }
    }

    private Bounds bounds() {
        Bounds usual = Bounds.DEFAULT;
        long room = parse("--queue", Kinds.SIZE, queue);
        if (room < LEAST_QUEUE || room > MOST_QUEUE) {
            throw CommandFailure.usage("--queue: expected a size from 1M to 64M, found: " + queue);
        }
        if (maxConnections < 1) {
            throw CommandFailure.usage("--max-connections: expected at least 1, found: " + maxConnections);
        }
        return new Bounds(
                usual.maxVariables(),
                usual.maxVariableBytes(),
                maxConnections,
                usual.maxShown(),
                parse("--memory", Kinds.SIZE, memory),
                (int) Long.highestOneBit(room));
    }

    private static <T> T parse(String option, Kind<T> kind, String text) {
        try {
            return kind.parse(text, Path.of(""));
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(option + ": expected " + kind.syntax() + ", found: " + text);
        }
    }

    // Live.

    private int tap(Screen screen) {
        Bounds bounds = bounds();
        ListenAddress listenAt = address("--listen", listen);
        SocketAddress application = application();
        int socketMode = parse("--mode", Kinds.MODE, mode);
        try (TapSocket socket = socket(listenAt, socketMode);
                Recording recording = recording()) {
            Tap tap = new Tap(socket.channel(), application, screen, keepsSecrets, bounds, recording);
            say("listening on " + socket.where() + ", passing on to " + to
                    + (keepsSecrets ? "; SECRETS ARE NOT MASKED (--keep-secrets)" : ""));
            runUntilStopped(tap, socket);
            say(tap.summary());
            return Exit.OK;
        } catch (IOException e) {
            throw CommandFailure.failed(String.valueOf(e.getMessage()));
        }
    }

    private static ListenAddress address(String option, @Nullable String text) {
        if (text == null) {
            throw CommandFailure.usage(option + " is missing: `penstock tap --listen ADDRESS --to ADDRESS`, or"
                    + " `penstock tap --read FILE`");
        }
        try {
            return ListenAddress.parse(text, Path.of(""));
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(option + ": expected a path, or " + e.getMessage() + ", found: " + text);
        }
    }

    private SocketAddress application() {
        ListenAddress address = address("--to", to);
        try {
            return address instanceof ListenAddress.Tcp tcp
                    ? tcp.resolve()
                    : new RequestTarget(address).socketAddress();
        } catch (IOException e) {
            throw CommandFailure.usage("--to: " + e.getMessage());
        }
    }

    private static TapSocket socket(ListenAddress address, int mode) {
        try {
            return new TapSocket(address, mode);
        } catch (IOException e) {
            throw CommandFailure.failed("cannot listen on " + address + ": " + e.getMessage());
        }
    }

    private @Nullable Recording recording() throws IOException {
        if (record == null) {
            return null;
        }
        long most = parse("--max-size", Kinds.SIZE, maxSize);
        if (keepsSecrets) {
            say("the recording " + record + " will hold SECRETS: cookies, passwords, request bodies."
                    + " Do not give it away.");
        }
        return new Recording(record, most, maxSize);
    }

    /// Ctrl-C ends the tap as it ends itself: what is under way is shown, the recording is whole.
    private static void runUntilStopped(Tap tap, TapSocket socket) throws IOException {
        Thread tapping = Thread.currentThread();
        Thread hook = new Thread(() -> stop(tap, tapping, socket), "stop");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            tap.run();
        } finally {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                // It is what ends us.
            }
        }
    }

    private static void stop(Tap tap, Thread tapping, TapSocket socket) {
        tap.stop();
        try {
            tapping.join(3000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Quietly.close(socket);
    }

    // Recorded.

    private int replay(Screen screen, Path file) {
        if (listen != null || record != null) {
            throw CommandFailure.usage("--read shows a recording: --listen and --record do not go with it");
        }
        try {
            String end = Replay.show(file, screen, keepsSecrets, bounds());
            say(screen.summary() + (end.isEmpty() ? "" : "; " + end));
            return Exit.OK;
        } catch (NoSuchFileException e) {
            throw CommandFailure.failed("there is no " + file);
        } catch (IOException e) {
            throw CommandFailure.failed(file + ": " + e.getMessage());
        }
    }

    private void say(String text) {
        PrintWriter err = spec().commandLine().getErr();
        err.println("tap: " + text);
        err.flush();
    }
}
