package dev.penstock.cli;

import dev.penstock.deploy.ListenAddress;
import dev.penstock.fastcgi.client.FastCgiFailure;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Why a request got no response: what is the case, and what to do next. Tells apart who is not there, who
/// does not let us in, who does not answer, and who speaks something else.
final class RequestDiagnosis {
    private final RequestTarget target;
    private final RequestCommand.Protocol protocol;

    RequestDiagnosis(RequestTarget target, RequestCommand.Protocol protocol) {
        this.target = target;
        this.protocol = protocol;
    }

    /// The end of the command.
    CommandFailure failure(FastCgiFailure e) {
        return switch (e.kind()) {
            case CONNECT -> connect(e);
            case CONNECT_TIMEOUT -> connectTimeout();
            case NO_ANSWER -> noAnswer(e);
            case PROTOCOL -> protocol(e);
            case CLOSED -> closed(e);
            case TOO_SLOW -> CommandFailure.of(Exit.NO_ANSWER, e.getMessage() + ": --max-time gives it longer");
            case BAD_RESPONSE ->
                CommandFailure.failed("what the application wrote is no response: " + e.getMessage()
                        + "\nA response begins with lines like `Content-Type: text/html` and an empty line; --trace"
                        + " shows what came.");
            case REFUSED -> refused(e);
            default -> CommandFailure.failed(String.valueOf(e.getMessage()));
        };
    }

    private CommandFailure connect(FastCgiFailure e) {
        String cause = String.valueOf(
                e.getCause() == null ? e.getMessage() : e.getCause().getMessage());
        return switch (target.address()) {
            case ListenAddress.Unix(Path path) -> unix(path, cause);
            case ListenAddress.Abstract _ -> RequestTarget.unreachable(target.address());
            case ListenAddress.Tcp tcp
            when e.getCause() instanceof UnknownHostException ->
                CommandFailure.of(Exit.NOTHING_RUNS, tcp.host() + ": no host of this name is known");
            case ListenAddress.Tcp tcp
            when cause.contains("refused") ->
                CommandFailure.of(
                        Exit.NOTHING_RUNS,
                        "nobody listens on " + tcp + "\nIs the application started? `ss -ltn` shows what listens here;"
                                + " in a container, its own port may not be published.");
            case ListenAddress.Tcp tcp ->
                CommandFailure.of(Exit.NOTHING_RUNS, "no connection to " + tcp + ": " + cause);
        };
    }

    private static CommandFailure unix(Path path, String cause) {
        SocketFile file = new SocketFile(path);
        String obstacle = file.unsearchableFolder();
        if (!obstacle.isEmpty()) {
            return CommandFailure.of(Exit.NO_PERMISSION, obstacle);
        }
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return CommandFailure.of(Exit.NOTHING_RUNS, path + ": no such file" + file.whatIsThereInstead());
        }
        if (!file.isSocket()) {
            return CommandFailure.of(
                    Exit.NOTHING_RUNS,
                    path + ": a " + file.kind() + ", not a socket: which one does the application open?");
        }
        if (cause.contains("ermission")) {
            return CommandFailure.of(Exit.NO_PERMISSION, file.denied());
        }
        return CommandFailure.of(
                Exit.NOTHING_RUNS,
                "nobody listens on " + path + ": the socket is left over from a process that has ended (" + cause
                        + ")\nStart the application again; `ss -lx` shows which sockets have somebody.");
    }

    private CommandFailure connectTimeout() {
        String why = switch (target.address()) {
            case ListenAddress.Unix _, ListenAddress.Abstract _ ->
                "somebody listens on " + target + " but does not accept: its backlog is full\nAll of its"
                        + " processes are busy or hang, or it has been stopped; `ss -lx` shows the backlog.";
            case ListenAddress.Tcp _ ->
                target + " does not answer: no host there, a firewall between, or a full backlog";
        };
        return CommandFailure.of(Exit.NO_ANSWER, why);
    }

    private CommandFailure noAnswer(FastCgiFailure e) {
        String other = otherProtocol();
        if (other != null) {
            return CommandFailure.of(Exit.SPEAKS_SOMETHING_ELSE, other);
        }
        return CommandFailure.of(
                Exit.NO_ANSWER,
                target + " listens but does not answer: " + e.getMessage()
                        + "\nIt may be busy with others, wait for more of the body than there is (CONTENT_LENGTH), or"
                        + " hang; --timeout gives it longer. Does it speak " + protocol + " at all (--protocol)?");
    }

    private CommandFailure closed(FastCgiFailure e) {
        String other = otherProtocol();
        if (other != null) {
            return CommandFailure.of(Exit.SPEAKS_SOMETHING_ELSE, other);
        }
        return CommandFailure.failed(
                target + ": " + e.getMessage() + " before the response was complete\nThe application may have ended"
                        + " (see its log), may not let us in (allowed_clients), or speaks another protocol than "
                        + protocol + " (--protocol).");
    }

    private CommandFailure protocol(FastCgiFailure e) {
        String other = otherProtocol();
        String why =
                other == null ? target + " does not speak FastCGI: " + e.getMessage() + "\n--trace shows it." : other;
        return CommandFailure.of(Exit.SPEAKS_SOMETHING_ELSE, why);
    }

    private @Nullable String otherProtocol() {
        String words = HttpProbe.firstLine(target.socketAddress());
        if (words.startsWith("HTTP/")) {
            return target + " speaks HTTP, not " + protocol + ": it answers " + words + "\nAsk it with `curl"
                    + (target.address() instanceof ListenAddress.Unix
                            ? " --unix-socket " + target + " http://localhost/"
                            : " http://" + target + "/")
                    + "`, and point the web server at it with its HTTP proxy.";
        }
        return words.isEmpty() ? null : target + " speaks something else than " + protocol + ": it says " + words;
    }

    private CommandFailure refused(FastCgiFailure e) {
        return CommandFailure.failed("the application " + e.getMessage()
                + (String.valueOf(e.getMessage()).contains("OVERLOADED") ? "\nIt has too much to do: try again." : "")
                + (String.valueOf(e.getMessage()).contains("UNKNOWN_ROLE") ? "\nIt does not know this --role." : ""));
    }
}
