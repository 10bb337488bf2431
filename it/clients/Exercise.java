import dev.penstock.fastcgi.client.ClientOptions;
import dev.penstock.fastcgi.client.ClientRequest;
import dev.penstock.fastcgi.client.ClientResponse;
import dev.penstock.fastcgi.client.FastCgiClient;
import java.io.InputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// What the FastCGI client can do, done to the echo application at a Unix socket: `Exercise SOCKET SCRIPT
/// WHAT…`. Prints a line for each; whatever is not as it should be ends it with an exception.
public final class Exercise {
    private static final int MANY = 3_000_000;
    private final FastCgiClient client;
    private final String script;

    private Exercise(FastCgiClient client, String script) {
        this.client = client;
        this.script = script;
    }

    public static void main(String[] args) throws Exception {
        var address = UnixDomainSocketAddress.of(args[0]);
        for (String what : List.of(args).subList(2, args.length)) {
            ClientOptions options =
                    switch (what) {
                        case "multiplexed" -> ClientOptions.DEFAULT.multiplexed(20).withConnections(1);
                        case "closing" -> ClientOptions.DEFAULT.withoutKeeping();
                        default -> ClientOptions.DEFAULT;
                    };
            try (FastCgiClient client = new FastCgiClient(address, options)) {
                System.out.println(what + ": " + new Exercise(client, args[1]).run(what));
            }
        }
    }

    private String run(String what) throws Exception {
        return switch (what) {
            case "kept", "closing" -> repeated();
            case "post" -> post(request("POST", "").body(body(100_000), 100_000), 100_000, 0);
            case "upload" -> post(request("POST", "").body(body(MANY), MANY), MANY, 0);
            case "download" -> post(request("GET", "late=" + MANY), 0, MANY);
            case "early" -> post(request("POST", "early=" + MANY).body(body(MANY), MANY), MANY, MANY);
            case "multiplexed" -> multiplexed();
            default -> throw new IllegalArgumentException(what);
        };
    }

    private ClientRequest request(String method, String query) {
        ClientRequest request = ClientRequest.of(method, "/echo?" + query).header("X-One", "one");
        return script.isEmpty()
                ? request
                : request.variable("SCRIPT_FILENAME", script).variable("SCRIPT_NAME", "/echo").without("PATH_INFO");
    }

    private String repeated() throws Exception {
        int reused = 0;
        String errors = "";
        for (int i = 0; i < 5; i++) {
            try (ClientResponse response = client.send(request("GET", ""))) {
                check(response, 0, 0);
                reused += response.timing().isReused() ? 1 : 0;
                errors = response.errors().strip();
            }
        }
        return reused + " reused, errors " + errors.lines().findFirst().orElse("none");
    }

    private String post(ClientRequest request, int length, int more) throws Exception {
        try (ClientResponse response = client.send(request)) {
            check(response, length, more);
        }
        return "ok";
    }

    private String multiplexed() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                int length = i % 10 == 0 ? 200_000 : i;
                int more = i % 7 == 0 ? 200_000 : 0;
                all.add(threads.submit(() -> {
                    String query = more > 0 ? "late=" + more : "";
                    return post(request("POST", query).body(body(length), length), length, more);
                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
        }
        return client.isMultiplexed() ? "several at once" : "one at a time";
    }

    private static void check(ClientResponse response, int length, int more) throws Exception {
        InputStream body = response.body();
        byte[] chunk = new byte[10_000];
        for (int left = more; left > 0; ) {
            int n = body.readNBytes(chunk, 0, Math.min(left, chunk.length));
            for (int at = 0; at < n; at++) {
                if (chunk[at] != 'x') {
                    throw new AssertionError("byte " + (more - left + at) + " is " + chunk[at]);
                }
            }
            if (n == 0) {
                throw new AssertionError("ended " + left + " bytes too early");
            }
            left -= n;
        }
        String text = new String(body.readAllBytes(), StandardCharsets.US_ASCII);
        long sum = length / 251 * (251L * 250 / 2);
        for (int i = 0; i < length % 251; i++) {
            sum += i;
        }
        boolean isRight = response.status() == 200
                && text.endsWith(" " + length + " " + sum + "\n")
                && "one".equals(response.header("X-One"));
        if (!isRight) {
            throw new AssertionError("expected " + length + " " + sum + ", found: " + response.head() + " " + text);
        }
    }

    /// The bytes 0 to 250, again and again.
    private static InputStream body(int length) {
        return new InputStream() {
            private int at;

            @Override
            public int read() {
                return at < length ? at++ % 251 : -1;
            }
        };
    }
}
