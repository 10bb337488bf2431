package dev.penstock.deploy;

import dev.penstock.fastcgi.Limits;
import dev.penstock.fastcgi.Role;
import dev.penstock.server.AllowedClients;
import dev.penstock.server.Bounds;
import dev.penstock.server.Times;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The table of all settings, and the values that one deployment has. Made by [SettingsBuilder]; never
/// changes.
public final class Settings {
    private static final int CORES = Runtime.getRuntime().availableProcessors();
    private static final long MIB = 1024 * 1024;

    public static final Setting<Integer> WORKERS = new Setting<>(
            "workers",
            Kinds.number(1, 512),
            Math.max(4, CORES),
            "`4`, or the number of processors where there are more",
            "Python processes that answer requests.");
    public static final Setting<Integer> THREADS = Setting.of(
            "threads",
            Kinds.number(1, 256),
            1,
            "Threads in each worker. More than one only for an application that is safe to run so.");
    public static final Setting<Optional<Path>> PYTHON = new Setting<>(
            "python",
            Kinds.PROGRAM,
            Optional.empty(),
            "the virtualenv beside the project",
            "The interpreter that loads the application, or the folder of its virtualenv.");
    public static final Setting<List<Path>> PYTHON_PATH =
            new Setting<>("python_path", Kinds.PATHS, List.of(), "nothing", "Folders that are added to `sys.path`.");
    public static final Setting<List<ListenAddress>> FCGI =
            new Setting<>("fcgi", Kinds.ADDRESSES, List.of(), "none", "Where to listen for FastCGI.");
    public static final Setting<List<ListenAddress>> SCGI =
            new Setting<>("scgi", Kinds.ADDRESSES, List.of(), "none", "Where to listen for SCGI.");
    public static final Setting<List<ListenAddress>> UWSGI = new Setting<>(
            "uwsgi",
            Kinds.ADDRESSES,
            List.of(),
            "none",
            "Where to listen for the uwsgi protocol (nginx's `uwsgi_pass`, Apache's mod_proxy_uwsgi).");
    public static final Setting<Optional<ListenAddress.Tcp>> HTTP = new Setting<>(
            "http",
            Kinds.HTTP_ADDRESS,
            Optional.empty(),
            "with `penstock serve` and no other listener: the host and port of `[server:main]`, or `127.0.0.1:8080`",
            "Where to listen for HTTP, for development or behind an HTTP proxy.");
    public static final Setting<Integer> FCGI_MODE = Setting.of(
            "fcgi_mode",
            Kinds.MODE,
            0660,
            "Who may connect to the Unix sockets of `fcgi`, `scgi` and `uwsgi`: their file mode.");
    public static final Setting<String> FCGI_OWNER = new Setting<>(
            "fcgi_owner",
            Kinds.ACCOUNT,
            "",
            "the server's user",
            "The owner of the same sockets. Only root can give a file away.");
    public static final Setting<String> FCGI_GROUP = new Setting<>(
            "fcgi_group",
            Kinds.ACCOUNT,
            "",
            "the server's group",
            "The group of the same sockets: the web server's, say.");
    public static final Setting<Optional<AllowedClients>> ALLOWED_CLIENTS = new Setting<>(
            "allowed_clients",
            Kinds.CLIENTS,
            Optional.empty(),
            "this machine, where a listener is on the loopback interface; elsewhere it has to be said",
            "The addresses from which TCP connections for FastCGI, SCGI and uwsgi are taken, numbers and networks like `10.1.0.0/16`,"
                    + " not names. Empty means nobody. Whoever is let in can set REMOTE_USER and every header.");
    public static final Setting<String> SCRIPT_NAME = Setting.of(
            "script_name",
            Kinds.MOUNT,
            "auto",
            "Where the application is mounted. `auto` finds it out from what the web server says and leaves the"
                    + " dispatch script out of it, `as-is` takes the web server's word, a prefix like `/shop` is"
                    + " taken as it is (`/` for the root).");
    public static final Setting<Boolean> DEBUG = Setting.of(
            "debug",
            Kinds.SWITCH,
            false,
            "Whether visitors see tracebacks. Only this setting counts, not a `debug` of `[DEFAULT]`.");
    public static final Setting<String> RELOAD = Setting.of(
            "reload",
            Kinds.RELOAD,
            "asked",
            "When the application is loaded anew. `asked`: by `penstock reload`, a signal or a touched file. `changed`"
                    + " (`penstock serve --reload`), for development: also when a file changes, an imported module, the"
                    + " INI file, or one that `reload_patterns` names. `always` is for a dispatch script that is run as"
                    + " a CGI program: it no longer lets the running instance answer, but loads the application in its"
                    + " own process, for each request: slow, and every change shows at once.");
    public static final Setting<List<String>> RELOAD_PATTERNS = Setting.of(
            "reload_patterns",
            Kinds.WORDS,
            List.of("*.html", "*.xhtml", "*.mak", "*.jinja", "*.jinja2", "*.pt"),
            "With `reload = changed`: names of further files below the application's folder that reload it, such as"
                    + " templates.");
    public static final Setting<Duration> IDLE_EXIT = Setting.of(
            "idle_exit",
            Kinds.DURATION,
            Duration.ofSeconds(60),
            "How long a server that a dispatch script has started stays when no dispatch is there any more.");
    public static final Setting<Long> MAX_REQUEST_BODY = Setting.of(
            "max_request_body", Kinds.SIZE, 1024 * MIB, "The largest body of a request; a larger one gets a 413.");
    public static final Setting<Long> RESPONSE_MEMORY = Setting.of(
            "response_memory",
            Kinds.SIZE,
            MIB,
            "What a response may hold in memory while its client is slow; more goes to a temporary file.");
    public static final Setting<Long> RESPONSE_FILE = Setting.of(
            "response_file",
            Kinds.SIZE,
            1024 * MIB,
            "What a response may hold in its temporary file; then its worker waits for the client.");
    public static final Setting<Long> DRAIN_BYTES = Setting.of(
            "drain_bytes",
            Kinds.SIZE,
            64 * MIB,
            "How much of a body is read and dropped when its request has its answer already (a 413, say), so that web"
                    + " servers which send everything before they read see that answer; then the connection is closed.");
    public static final Setting<Duration> DRAIN_TIMEOUT = Setting.of(
            "drain_timeout",
            Kinds.DURATION,
            Duration.ofSeconds(10),
            "How long a web server may take to close a connection after the last answer on it.");
    public static final Setting<Integer> MAX_RESPONSE_HEAD = Setting.of(
            "max_response_head",
            Kinds.number(1024, 1024 * 1024),
            Bounds.DEFAULT_RESPONSE_HEAD,
            "Bytes of the status and headers of a response; instead of a larger one the client gets a 502.");
    public static final Setting<Integer> MAX_CONNECTIONS = Setting.of(
            "max_connections",
            Kinds.number(1, 65_535),
            256,
            "Connections at once. For one more, the connection that has been idle the longest is closed; where none"
                    + " has been idle for a second, it waits in the backlog of its listener. Each takes a descriptor"
                    + " (`ulimit -n`).");
    public static final Setting<Long> REQUEST_MEMORY = Setting.of(
            "request_memory",
            Kinds.SIZE,
            Bounds.DEFAULT_REQUEST_MEMORY,
            "What all requests may hold in memory together while they come in. Beyond it, a connection that holds"
                    + " more than 4 KiB of them is closed.");
    public static final Setting<Integer> MAX_REQUESTS_PER_CONNECTION = Setting.of(
            "max_requests_per_connection",
            Kinds.number(1, 65_535),
            Limits.DEFAULT.maxConcurrentRequests(),
            "Requests at once on one FastCGI connection (HAProxy's `mpxs-conns`); one more gets a 503 and OVERLOADED.");
    public static final Setting<Long> RESPONSES_MEMORY = Setting.of(
            "responses_memory",
            Kinds.SIZE,
            Bounds.DEFAULT_RESPONSES_MEMORY,
            "What all responses may hold in memory together while their clients are slow; more goes to their temporary"
                    + " files, `response_memory` or not.");
    public static final Setting<Integer> MAX_PARAMETER_BYTES = Setting.of(
            "max_parameter_bytes",
            Kinds.number(1024, 16 * 1024 * 1024),
            Limits.DEFAULT.maxParameterBytes(),
            "Bytes of all variables (headers among them) of one request by FastCGI, SCGI or uwsgi.");
    public static final Setting<Integer> MAX_PARAMETERS = Setting.of(
            "max_parameters",
            Kinds.number(16, 100_000),
            Limits.DEFAULT.maxParameters(),
            "How many variables such a request may have.");
    public static final Setting<Integer> MAX_PARAMETER_NAME = Setting.of(
            "max_parameter_name",
            Kinds.number(64, 16 * 1024 * 1024),
            Limits.DEFAULT.maxParameterName(),
            "Bytes of the name of one variable of such a request.");
    public static final Setting<Integer> MAX_PARAMETER_VALUE = Setting.of(
            "max_parameter_value",
            Kinds.number(1024, 16 * 1024 * 1024),
            Limits.DEFAULT.maxParameterValue(),
            "Bytes of the value of one variable of such a request.");
    public static final Setting<Integer> MAX_IGNORED_RECORDS = Setting.of(
            "max_ignored_records",
            Kinds.number(0, 1_000_000),
            Limits.DEFAULT.maxIgnoredRecords(),
            "FastCGI records in a row that belong to no request; one more ends the connection.");
    public static final Setting<Duration> HEAD_TIMEOUT = Setting.of(
            "head_timeout",
            Kinds.DURATION,
            Times.DEFAULT.head(),
            "How long all variables of a request may take, from its first byte on; 0 means no limit. With HTTP, how long a client may be"
                    + " silent.");
    public static final Setting<Duration> BODY_TIMEOUT = Setting.of(
            "body_timeout",
            Kinds.DURATION,
            Times.DEFAULT.body(),
            "The time in which a request's body has to come on by `min_progress`, or to end; 0 means no limit.");
    public static final Setting<Duration> RESPONSE_TIMEOUT = Setting.of(
            "response_timeout",
            Kinds.DURATION,
            Times.DEFAULT.response(),
            "The time in which the web server has to take `min_progress` of a response, or its rest; 0 means no"
                    + " limit. (A record, up to 64K, where a dispatch script or systemd has handed over the socket.)");
    public static final Setting<Long> MIN_PROGRESS = Setting.of(
            "min_progress",
            Kinds.SIZE,
            Times.DEFAULT.minProgress(),
            "What a body or a response has to move in `body_timeout` or `response_timeout`: a byte now and then is"
                    + " not enough.");
    public static final Setting<Duration> IDLE_TIMEOUT = Setting.of(
            "idle_timeout",
            Kinds.DURATION,
            Times.DEFAULT.idle(),
            "How long a FastCGI connection may stay without a request; 0 means as long as the web server likes, which"
                    + " spares it a request on a connection that is just being closed.");
    public static final Setting<Duration> TCP_KEEPALIVE = Setting.of(
            "tcp_keepalive",
            Kinds.DURATION,
            Times.DEFAULT.tcpKeepAlive(),
            "After how long a silence the system asks whether a TCP peer is still there; it is given up when it does"
                    + " not answer for a minute. 0 switches it off.");
    public static final Setting<Duration> STARTUP_TIMEOUT = Setting.of(
            "startup_timeout", Kinds.DURATION, Duration.ofSeconds(60), "How long the application may take to load.");
    public static final Setting<Duration> SHUTDOWN_TIMEOUT = Setting.of(
            "shutdown_timeout",
            Kinds.DURATION,
            Duration.ofSeconds(10),
            "How long requests may go on when the server stops.");
    public static final Setting<Duration> ABORT_TIMEOUT = Setting.of(
            "abort_timeout",
            Kinds.DURATION,
            Duration.ZERO,
            "How long a worker may go on with a request whose client has gone; then it is replaced. `0`: for as long as"
                    + " it likes. Web servers tell of a client that has gone by an abort or by closing the"
                    + " connection, if they do.");
    public static final Setting<Set<Role>> ROLE = Setting.of(
            "role",
            Kinds.ROLES,
            EnumSet.of(Role.RESPONDER),
            "What the application can be asked to be by FastCGI: `responder` answers requests, `authorizer` says whether"
                    + " one may go on, `filter` changes a file. The variable `FCGI_ROLE` tells what a request asks for.");
    public static final Setting<Boolean> STDERR_TO_SERVER = Setting.of(
            "stderr_to_server",
            Kinds.SWITCH,
            false,
            "Whether what the application writes to `wsgi.errors` goes to the FastCGI web server's log as well as to our"
                    + " own. Several web servers mishandle it.");
    public static final Setting<Optional<Path>> LOG =
            new Setting<>("log", Kinds.PATH, Optional.empty(), "`penstock.log` in the run directory", "The log file.");
    public static final Setting<Optional<Path>> RUN_DIR = new Setting<>(
            "run_dir",
            Kinds.PATH,
            Optional.empty(),
            "`~/.penstock`, or a folder of the user in `/dev/shm` or `/tmp`",
            "The folder for the run directory of the instance. A dispatch script, and commands like `penstock status`,"
                    + " have to find it without this file: for them it is the environment variable"
                    + " `PENSTOCK_RUN_DIR`.");

    /// All of them, in the order of the manual.
    public static final List<Setting<?>> ALL = List.of(
            WORKERS,
            THREADS,
            PYTHON,
            PYTHON_PATH,
            FCGI,
            SCGI,
            UWSGI,
            FCGI_MODE,
            FCGI_OWNER,
            FCGI_GROUP,
            ALLOWED_CLIENTS,
            HTTP,
            SCRIPT_NAME,
            DEBUG,
            RELOAD,
            RELOAD_PATTERNS,
            MAX_REQUEST_BODY,
            RESPONSE_MEMORY,
            RESPONSE_FILE,
            DRAIN_BYTES,
            DRAIN_TIMEOUT,
            MAX_RESPONSE_HEAD,
            MAX_CONNECTIONS,
            MAX_REQUESTS_PER_CONNECTION,
            REQUEST_MEMORY,
            RESPONSES_MEMORY,
            MAX_PARAMETER_BYTES,
            MAX_PARAMETERS,
            MAX_PARAMETER_NAME,
            MAX_PARAMETER_VALUE,
            MAX_IGNORED_RECORDS,
            HEAD_TIMEOUT,
            BODY_TIMEOUT,
            RESPONSE_TIMEOUT,
            MIN_PROGRESS,
            IDLE_TIMEOUT,
            TCP_KEEPALIVE,
            STARTUP_TIMEOUT,
            SHUTDOWN_TIMEOUT,
            ABORT_TIMEOUT,
            ROLE,
            STDERR_TO_SERVER,
            IDLE_EXIT,
            LOG,
            RUN_DIR);

    /// What nobody has set anything in.
    public static final Settings DEFAULTS = new Settings(Map.of());

    private final Map<String, Value> values;

    /// @param values by the settings' names; every content has been read by its setting's kind
    Settings(Map<String, Value> values) {
        this.values = new HashMap<>(values);
    }

    /// What was said, and who said it.
    record Value(Object content, String origin) {}

    /// The setting of this name, or null.
    public static @Nullable Setting<?> named(String name) {
        for (Setting<?> setting : ALL) {
            if (setting.name().equals(name)) {
                return setting;
            }
        }
        return null;
    }

    /// The value that counts.
    @SuppressWarnings("unchecked") // SettingsBuilder puts in what the setting's own kind has read
    public <T> T get(Setting<T> setting) {
        Value value = values.get(setting.name());
        return value == null ? setting.fallback() : (T) value.content();
    }

    /// Whether the server watches the application's files.
    public boolean reloadsOnChange() {
        return get(RELOAD).equals("changed");
    }

    /// Who said it, for messages: `file:line`, an option, or `default`.
    public String origin(Setting<?> setting) {
        Value value = values.get(setting.name());
        return value == null ? "default" : value.origin();
    }

    /// The same with one value said by `origin`.
    public <T> Settings with(Setting<T> setting, T content, String origin) {
        Settings changed = new Settings(values);
        changed.values.put(setting.name(), new Value(content, origin));
        return changed;
    }
}
