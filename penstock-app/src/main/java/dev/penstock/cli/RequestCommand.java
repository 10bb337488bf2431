package dev.penstock.cli;

import dev.penstock.fastcgi.Role;
import dev.penstock.fastcgi.client.ClientOptions;
import dev.penstock.fastcgi.client.ClientRequest;
import dev.penstock.fastcgi.client.Deadlines;
import dev.penstock.fastcgi.client.FastCgiFailure;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `penstock request ADDRESS [URL]`
@Command(
        name = "request",
        description = {
            "Send one request by hand to a FastCGI application (or one that speaks SCGI or uwsgi), whoever made it.",
            "The body goes to standard output; what the application says on STDERR goes to standard error."
        },
        footer = {
            "%nExamples:",
            "  penstock request /run/site/penstock.sock /hello?name=you",
            "  penstock request -i 127.0.0.1:9000 /index.php --script /var/www/index.php",
            "  penstock request ./app.sock /login -d user=ann -H 'Cookie: a=b' --timing",
            "  penstock request ./app.sock /upload -X PUT -d @picture.png --trace",
            "  penstock request --protocol uwsgi 127.0.0.1:3031 /",
            "%nExit status: 0 a response came, 1 it failed (with --fail also a status of 400 or more),"
                    + " 2 wrong usage, 3 nobody listens, 4 no permission, 5 no answer in time,"
                    + " 6 it speaks something else."
        })
final class RequestCommand extends Subcommand {
    /// What the application speaks.
    enum Protocol {
        FASTCGI("FastCGI"),
        SCGI("SCGI"),
        UWSGI("uwsgi");

        private final String written;

        Protocol(String written) {
            this.written = written;
        }

        @Override
        public String toString() {
            return written;
        }
    }

    @Parameters(index = "0", paramLabel = "ADDRESS", description = "A Unix socket's path, or HOST:PORT.")
    private String address = "";

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "URL",
            defaultValue = "/",
            description = "Path and query, or a whole URL, which gives the Host, too. Default: /")
    private String url = "";

    @Option(
            names = {"-X", "--method"},
            paramLabel = "NAME",
            description = "The method; without it GET, or POST with --data.")
    private @Nullable String method;

    @Option(
            names = {"-H", "--header"},
            paramLabel = "'Name: value'",
            description = "A header, which becomes a variable HTTP_NAME; can be given several times.")
    private List<String> headers = new ArrayList<>();

    @Option(
            names = {"-d", "--data"},
            paramLabel = "TEXT|@FILE|-",
            description = "The body: as it stands here, a file's content, or standard input.")
    private @Nullable String data;

    @Option(
            names = "--var",
            paramLabel = "NAME=VALUE",
            description = "Any variable, instead of what it would be; NAME alone leaves it out. Several times.")
    private List<String> variables = new ArrayList<>();

    @Option(
            names = "--script",
            paramLabel = "FILE",
            description = "SCRIPT_FILENAME and DOCUMENT_ROOT, which php-fpm and fcgiwrap ask for.")
    private @Nullable Path script;

    @Option(
            names = "--role",
            paramLabel = "ROLE",
            defaultValue = "RESPONDER",
            description = "responder, authorizer or filter. Default: responder")
    private Role role = Role.RESPONDER;

    @Option(names = "--filter-file", paramLabel = "FILE", description = "The file that a filter is to change.")
    private @Nullable Path filtered;

    @Option(
            names = "--protocol",
            paramLabel = "NAME",
            defaultValue = "FASTCGI",
            description = "fastcgi, scgi or uwsgi. Default: fastcgi")
    private Protocol protocol = Protocol.FASTCGI;

    @Option(
            names = {"-i", "--include"},
            description = "Print the response's status and headers before the body.")
    private boolean isHeadShown;

    @Option(
            names = {"-f", "--fail"},
            description = "End with status 1 when the response's status is 400 or more.")
    private boolean isStatusMeant;

    @Option(names = "--timing", description = "Tell when each phase was done.")
    private boolean isTimed;

    @Option(names = "--trace", description = "Show every record that is sent and received, a line each.")
    private boolean isTraced;

    @Option(names = "--secrets", description = "With --trace: show cookies, authorization and passwords as they are.")
    private boolean areSecretsShown;

    @Option(
            names = "--connect-timeout",
            paramLabel = "SECONDS",
            defaultValue = "5",
            description = "For the connection. Default: 5")
    private double connectSeconds;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "30",
            description = "For the first byte of the response. Default: 30")
    private double firstByteSeconds;

    @Option(
            names = "--max-time",
            paramLabel = "SECONDS",
            defaultValue = "600",
            description = "For all of it. Default: 600")
    private double totalSeconds;

    @Override
    public Integer call() {
        RequestTarget target = RequestTarget.parse(address, Path.of("").toAbsolutePath());
        RequestParts parts = new RequestParts(url, method, headers, data, variables, script, role, filtered);
        var err = spec().commandLine().getErr();
        out().flush();
        RequestTrace trace = isTraced ? new RequestTrace(err, protocol, areSecretsShown) : null;
        ClientOptions options = new ClientOptions(
                deadlines(),
                false,
                1,
                1,
                ClientOptions.DEFAULT.valuesTimeout(),
                ClientOptions.DEFAULT.bufferedBytes(),
                ClientOptions.DEFAULT.slowReader(),
                ClientOptions.DEFAULT.maxHeadBytes(),
                ClientOptions.DEFAULT.maxHeaders(),
                ClientOptions.DEFAULT.errorBytes(),
                trace);
        var shown = new RequestRun.Shown(isHeadShown, isStatusMeant, isTimed);
        // Not closed: it is the process's own.
        var body = new FileOutputStream(FileDescriptor.out);
        RequestRun run = new RequestRun(target, protocol, options, body, err);
        if (isTimed) {
            WarmUp.run();
        }
        try (RequestBody source = RequestBody.of(data)) {
            ClientRequest request = parts.request(source);
            return run.send(request, shown);
        } catch (FastCgiFailure e) {
            throw new RequestDiagnosis(target, protocol).failure(e);
        } catch (IOException e) {
            throw CommandFailure.failed(e.getMessage() == null ? e.toString() : e.getMessage());
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
    }

    private Deadlines deadlines() {
        return new Deadlines(
                seconds("--connect-timeout", connectSeconds),
                seconds("--timeout", firstByteSeconds),
                seconds("--max-time", totalSeconds));
    }

    private static Duration seconds(String option, double seconds) {
        if (!(seconds >= 0.001 && seconds <= 1e7)) {
            throw CommandFailure.usage(String.format(
                    Locale.ROOT, "%s: expected seconds from 0.001 to 10000000, found %s", option, seconds));
        }
        return Duration.ofNanos((long) (seconds * 1e9));
    }
}
