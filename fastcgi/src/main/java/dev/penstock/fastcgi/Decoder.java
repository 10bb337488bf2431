package dev.penstock.fastcgi;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Turns what a web server sends into [Event]s. One decoder a connection, used by one thread.
///
/// Feed it what was read, then ask [#next] until it returns null, which means "read more". Records
/// may be cut anywhere; a body's bytes are passed on as they come, without waiting for the record.
///
/// ```
/// byte  0        1     2..3        4..5            6               7         8..
///       version  type  request id  content length  padding length  reserved  content, padding
///
/// HEADER --8 bytes--> CONTENT --content length--> PADDING --padding length--> HEADER
/// ```
///
/// A request is known here from its BEGIN_REQUEST until its input is complete (or it is aborted).
/// Records for an id that is not known are skipped (FastCGI 3.3), and so are types that only an
/// application sends. Whether an id may be used again is for the connection to decide: it alone
/// knows which answers have gone out.
public final class Decoder {
    private static final int HEADER_BYTES = 8;
    private static final int BEGIN_BODY_BYTES = 8;
    private static final int MAX_MANAGEMENT_PAIRS = 16;
    /// Bytes of a GET_VALUES record; the three names that are defined take 48.
    static final int MAX_MANAGEMENT_BYTES = 1024;
    private static final byte[] NO_BYTES = {};
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private enum Place {
        HEADER,
        CONTENT,
        PADDING
    }

    private final Limits limits;
    private final byte[] header = new byte[HEADER_BYTES];
    private int headerRead;
    private Place place = Place.HEADER;

    private int type;
    private int id;
    private int contentLength;
    private int contentLeft;
    private int paddingLeft;
    /// The content of a record that is small and needed whole: BEGIN_REQUEST, GET_VALUES.
    private byte[] whole = new byte[BEGIN_BODY_BYTES];

    private final List<Input> inputs = new ArrayList<>(1);
    /// Records since the last request's parameters that were for nobody.
    private int ignoredRecords;

    private long recordsBegun;
    private long requestsBegun;
    private ByteBuffer fed = NOTHING;
    private boolean hasUntaken;

    public Decoder(Limits limits) {
        this.limits = limits;
    }

    /// A request whose input is not complete.
    private static final class Input {
        final int id;
        final Role role;
        final boolean keepConnection;
        /// The how many-th request of this connection it is.
        final long serial;

        byte[] parameters = NO_BYTES;
        int parameterBytes;
        boolean parametersComplete;
        boolean stdinComplete;

        Input(int id, Role role, boolean keepConnection, long serial) {
            this.id = id;
            this.serial = serial;
            this.role = role;
            this.keepConnection = keepConnection;
        }
    }

    /// Gives the decoder what was read. It is used until [#next] returns null, which must have happened
    /// since the last call.
    ///
    /// @throws IllegalStateException when it was not
    public void feed(ByteBuffer received) {
        if (hasUntaken) {
            throw new IllegalStateException("what was fed before has not been taken: ask next() until it is null");
        }
        fed = received;
        hasUntaken = true;
    }

    /// The next event, or null when more has to be read for it.
    ///
    /// @throws ProtocolException when the peer broke the protocol; the decoder is of no use afterwards
    public @Nullable Event next() throws ProtocolException {
        Event event = advance();
        if (event == null) {
            fed = NOTHING;
            hasUntaken = false;
        }
        return event;
    }

    private @Nullable Event advance() throws ProtocolException {
        while (true) {
            switch (place) {
                case HEADER -> {
                    if (!readHeader()) {
                        return null;
                    }
                }
                case CONTENT -> {
                    if (contentLeft > 0 && !fed.hasRemaining()) {
                        return null;
                    }
                    Event event = content();
                    if (event != null) {
                        return event;
                    }
                }
                case PADDING -> {
                    if (!skipPadding()) {
                        return null;
                    }
                }
            }
        }
    }

    /// Whether the peer stopped between two records, the only place where an end of input is in order.
    public boolean atRecordBoundary() {
        return place == Place.HEADER && headerRead == 0 && !hasUntaken;
    }

    /// Whether a request has begun whose input is not complete.
    public boolean midRequest() {
        return !inputs.isEmpty();
    }

    /// What the peer has begun to say and must end in time, as a number that is another one as soon as it
    /// has: the oldest request whose parameters are not complete, or else a record that is cut and belongs
    /// to no body; 0 when there is neither. Bodies are apart, because they may be long.
    public long unfinishedHead() {
        for (int i = 0; i < inputs.size(); i++) {
            if (!inputs.get(i).parametersComplete) {
                return inputs.get(i).serial;
            }
        }
        return inputs.isEmpty() && !atRecordBoundary() ? -1 - recordsBegun : 0;
    }

    /// Bytes of memory that hold what is not complete yet, parameters and a record that is needed whole:
    /// [Limits#maxHeldBytes] at the most.
    public long heldBytes() {
        long held = whole.length;
        for (int i = 0; i < inputs.size(); i++) {
            held += inputs.get(i).parametersComplete ? 0 : inputs.get(i).parameters.length;
        }
        return held;
    }

    private boolean readHeader() throws ProtocolException {
        int take = Math.min(HEADER_BYTES - headerRead, fed.remaining());
        fed.get(header, headerRead, take);
        headerRead += take;
        if (headerRead < HEADER_BYTES) {
            checkVersion();
            return false;
        }
        checkVersion();
        headerRead = 0;
        recordsBegun++;
        type = header[1] & 0xff;
        id = ((header[2] & 0xff) << 8) | (header[3] & 0xff);
        contentLength = ((header[4] & 0xff) << 8) | (header[5] & 0xff);
        contentLeft = contentLength;
        paddingLeft = header[6] & 0xff;
        place = Place.CONTENT;
        return true;
    }

    private void checkVersion() throws ProtocolException {
        if (headerRead > 0 && header[0] != 1) {
            throw new ProtocolException("expected a FastCGI record of version 1, found a first byte of "
                    + (header[0] & 0xff) + (header[0] >= 'A' && header[0] <= 'Z' ? " (HTTP?)" : ""));
        }
    }

    private boolean skipPadding() {
        int skip = Math.min(paddingLeft, fed.remaining());
        fed.position(fed.position() + skip);
        paddingLeft -= skip;
        if (paddingLeft > 0) {
            return false;
        }
        place = Place.HEADER;
        return true;
    }

    private @Nullable Event content() throws ProtocolException {
        RecordType known = RecordType.of(type);
        if (known == RecordType.BEGIN_REQUEST) {
            return begin();
        }
        if (id == 0) {
            return management(known);
        }
        if (known == RecordType.ABORT_REQUEST) {
            return abort();
        }
        Input input = input(id);
        if (input == null || known == null) {
            ignore();
            return null;
        }
        return switch (known) {
            case PARAMS -> parameters(input);
            case STDIN -> stdin(input);
            case DATA -> data(input);
            default -> {
                ignore();
                yield null;
            }
        };
    }

    /// A record for nobody is skipped (FastCGI 3.3); a peer that sends nothing else is none to serve.
    private void ignore() throws ProtocolException {
        skipContent();
        if (place != Place.CONTENT) {
            countIgnored();
        }
    }

    private void countIgnored() throws ProtocolException {
        ignoredRecords++;
        if (ignoredRecords > limits.maxIgnoredRecords()) {
            throw new ProtocolException(
                    "more than " + limits.maxIgnoredRecords()
                            + " records in a row that belong to no request (max_ignored_records)",
                    "max_ignored_records");
        }
    }

    private void skipContent() {
        int skip = Math.min(contentLeft, fed.remaining());
        fed.position(fed.position() + skip);
        contentTaken(skip);
    }

    private void contentTaken(int bytes) {
        contentLeft -= bytes;
        if (contentLeft == 0) {
            place = Place.PADDING;
        }
    }

    /// Collects the content in [#whole]; true when it is complete.
    private boolean collect() {
        if (whole.length < contentLength) {
            whole = Arrays.copyOf(whole, contentLength);
        }
        int take = Math.min(contentLeft, fed.remaining());
        fed.get(whole, contentLength - contentLeft, take);
        contentTaken(take);
        return contentLeft == 0;
    }

    private @Nullable Event begin() throws ProtocolException {
        if (contentLength != BEGIN_BODY_BYTES || id == 0) {
            throw new ProtocolException("expected BEGIN_REQUEST with a request id and 8 bytes, found id " + id + " and "
                    + contentLength + " bytes");
        }
        if (!collect()) {
            return null;
        }
        if (input(id) != null) {
            throw new ProtocolException("BEGIN_REQUEST for request " + id + ", which has begun already");
        }
        boolean keepConnection = (whole[2] & 1) != 0;
        Role role = Role.of(((whole[0] & 0xff) << 8) | (whole[1] & 0xff));
        if (role == null) {
            return new Event.Refused(id, keepConnection, ProtocolStatus.UNKNOWN_ROLE);
        }
        if (inputs.size() >= limits.maxConcurrentRequests()) {
            return new Event.Refused(id, keepConnection, ProtocolStatus.OVERLOADED);
        }
        requestsBegun++;
        inputs.add(new Input(id, role, keepConnection, requestsBegun));
        return null;
    }

    private @Nullable Event management(@Nullable RecordType known) throws ProtocolException {
        if (known != RecordType.GET_VALUES) {
            int unknown = type;
            ignore();
            return place == Place.CONTENT ? null : new Event.UnknownManagement(unknown);
        }
        if (contentLength > MAX_MANAGEMENT_BYTES) {
            throw new ProtocolException(
                    "expected GET_VALUES of at most " + MAX_MANAGEMENT_BYTES + " bytes, found " + contentLength);
        }
        if (!collect()) {
            return null;
        }
        Parameters asked = Parameters.parse(Arrays.copyOf(whole, contentLength), contentLength, MAX_MANAGEMENT_PAIRS);
        whole = new byte[BEGIN_BODY_BYTES];
        List<String> names = new ArrayList<>(asked.count());
        for (int pair = 0; pair < asked.count(); pair++) {
            names.add(asked.name(pair));
        }
        return new Event.GetValues(names);
    }

    private @Nullable Event abort() throws ProtocolException {
        int aborted = id;
        skipContent();
        if (place == Place.CONTENT) {
            return null;
        }
        Input input = input(aborted);
        if (input == null) {
            countIgnored();
        }
        inputs.remove(input);
        return input != null && !input.parametersComplete
                ? new Event.AbortedEarly(aborted, input.keepConnection)
                : new Event.Abort(aborted);
    }

    private @Nullable Event parameters(Input input) throws ProtocolException {
        if (input.parametersComplete) {
            throw new ProtocolException("PARAMS after the end of the parameters of request " + id);
        }
        if (contentLength == 0) {
            contentTaken(0);
            input.parametersComplete = true;
            ignoredRecords = 0;
            Parameters parameters = Parameters.parse(input.parameters, input.parameterBytes, limits);
            if (input.role == Role.AUTHORIZER) {
                inputs.remove(input);
            }
            return new Event.Begin(id, input.role, input.keepConnection, parameters);
        }
        int take = Math.min(contentLeft, fed.remaining());
        int total = input.parameterBytes + take;
        if (total > limits.maxParameterBytes()) {
            throw new ProtocolException(
                    "more than " + limits.maxParameterBytes() + " bytes of parameters in request " + id
                            + " (max_parameter_bytes)",
                    "max_parameter_bytes");
        }
        if (total > input.parameters.length) {
            // Room for what came, never for what a header merely claims; most requests come at once.
            int room = Math.min(2 * input.parameters.length, limits.maxParameterBytes());
            input.parameters = Arrays.copyOf(input.parameters, Math.max(total, room));
        }
        fed.get(input.parameters, input.parameterBytes, take);
        input.parameterBytes = total;
        contentTaken(take);
        return null;
    }

    private @Nullable Event stdin(Input input) throws ProtocolException {
        if (!input.parametersComplete) {
            throw new ProtocolException("STDIN before the end of the parameters of request " + id);
        }
        if (contentLength > 0) {
            // Caddy ends a body of N x 65,500 bytes twice; a filter's STDIN may be followed by DATA only.
            if (input.stdinComplete) {
                throw new ProtocolException("STDIN after the end of the body of request " + id);
            }
            return new Event.Stdin(id, piece());
        }
        contentTaken(0);
        if (input.role == Role.FILTER) {
            boolean first = !input.stdinComplete;
            input.stdinComplete = true;
            return first ? new Event.StdinEnd(id) : null;
        }
        inputs.remove(input);
        return new Event.StdinEnd(id);
    }

    private @Nullable Event data(Input input) throws ProtocolException {
        if (input.role != Role.FILTER) {
            ignore();
            return null;
        }
        if (!input.stdinComplete) {
            throw new ProtocolException("DATA before the end of the body of request " + id);
        }
        if (contentLength > 0) {
            return new Event.Data(id, piece());
        }
        contentTaken(0);
        inputs.remove(input);
        return new Event.DataEnd(id);
    }

    private ByteBuffer piece() {
        int take = Math.min(contentLeft, fed.remaining());
        ByteBuffer piece = fed.slice(fed.position(), take);
        fed.position(fed.position() + take);
        contentTaken(take);
        return piece;
    }

    private @Nullable Input input(int wanted) {
        for (int i = 0; i < inputs.size(); i++) {
            if (inputs.get(i).id == wanted) {
                return inputs.get(i);
            }
        }
        return null;
    }
}
