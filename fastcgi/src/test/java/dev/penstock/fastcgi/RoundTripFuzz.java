package dev.penstock.fastcgi;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/// Whatever the encoders write, the decoders return: the input is taken as a script of what both sides say to each
/// other on one connection, for up to three requests at once; each side's bytes, cut anywhere, mean what was said.
public final class RoundTripFuzz {
    private static final int REQUESTS = 3;
    private static final int WORDS = 30;
    /// One word writes no more: one value of 65,539 bytes, four of 2,295 with their names, and their records.
    private static final int WORD_BYTES = 96 * 1024;

    /// Kept, because clean buffers would take more time than all the rest.
    private static final ByteBuffer FROM_SERVER = ByteBuffer.allocate(2 * WORD_BYTES);

    private static final ByteBuffer FROM_APPLICATION = ByteBuffer.allocate(2 * WORD_BYTES);

    private enum Stage {
        FREE,
        STDIN,
        DATA,
        ANSWER,
        ANSWERED
    }

    private final ByteBuffer script;
    private final ByteBuffer fromServer = FROM_SERVER.clear();
    private final ByteBuffer fromApplication = FROM_APPLICATION.clear();
    private final List<Event> events = new ArrayList<>();
    private final List<Reply> replies = new ArrayList<>();
    private final Stage[] stages = {Stage.FREE, Stage.FREE, Stage.FREE};
    private final Role[] roles = new Role[REQUESTS];
    private boolean wasLarge;

    private RoundTripFuzz(byte[] input) {
        script = ByteBuffer.wrap(input);
    }

    public static void fuzzerTestOneInput(byte[] input) {
        RoundTripFuzz conversation = new RoundTripFuzz(input);
        for (int words = 0; words < WORDS && conversation.script.hasRemaining() && conversation.hasRoom(); words++) {
            conversation.say();
        }
        Random random = Pieces.randomOf(input);
        int longest = Math.max(conversation.fromServer.position(), conversation.fromApplication.position());
        int maxPiece = 1 + random.nextInt(Math.max(300, longest / 8));
        Limits limits = new Limits(1 << 20, 1000, REQUESTS, 1 << 17, 1 << 17, 1000);
        Pieces.same(
                "web server",
                Transcript.of(conversation.events),
                Transcript.of(written(conversation.fromServer), limits, maxPiece, random).stream()
                        .filter(line -> !line.equals("= within a request"))
                        .toList());
        Pieces.same(
                "application",
                ReplyTranscript.of(conversation.replies),
                ReplyTranscript.of(written(conversation.fromApplication), maxPiece, random));
    }

    private boolean hasRoom() {
        return fromServer.remaining() > WORD_BYTES && fromApplication.remaining() > WORD_BYTES;
    }

    private static byte[] written(ByteBuffer out) {
        byte[] bytes = new byte[out.flip().remaining()];
        out.get(bytes);
        return bytes;
    }

    private int next() {
        return script.hasRemaining() ? script.get() & 0xff : 0;
    }

    /// Some bytes, of all sizes where lengths and records change their form; once as many as a record holds.
    private byte[] content() {
        int length = next();
        byte[] content = new byte[length % 16 == 15 ? length * 9 : length / 4];
        if (length == 255 && !wasLarge) {
            wasLarge = true;
            content = new byte[65_520 + next() % 20];
        }
        for (int i = 0; i < Math.min(content.length, 4); i++) {
            content[i] = (byte) next();
        }
        return content;
    }

    private void say() {
        int word = next();
        int request = (word >> 4) % REQUESTS;
        switch (word % 10) {
            case 0, 1, 2, 3 -> input(request);
            case 4, 5, 6, 7 -> answer(request);
            case 8 -> ask();
            default -> abort(request);
        }
    }

    /// What comes next of a request: its begin, a piece of its body or its file, or their end.
    private void input(int request) {
        int id = request + 1;
        switch (stages[request]) {
            case FREE -> begin(request, id);
            case STDIN -> {
                if (!piece(RecordType.STDIN, id)) {
                    events.add(new Event.StdinEnd(id));
                    stages[request] = roles[request] == Role.FILTER ? Stage.DATA : Stage.ANSWER;
                }
            }
            case DATA -> {
                if (!piece(RecordType.DATA, id)) {
                    events.add(new Event.DataEnd(id));
                    stages[request] = Stage.ANSWER;
                }
            }
            case ANSWER, ANSWERED -> {}
        }
    }

    private void begin(int request, int id) {
        Role role = Role.values()[next() % 3];
        boolean keep = next() % 2 == 1;
        Parameters parameters = new Parameters();
        for (int pairs = next() % 6; pairs > 0; pairs--) {
            String name = "N".repeat(next()) + next();
            parameters.set(name, new String(content(), StandardCharsets.ISO_8859_1));
        }
        RequestEncoder.begin(fromServer, id, role, keep);
        ByteBuffer encoded = ByteBuffer.wrap(parameters.encode());
        while (encoded.hasRemaining()) {
            int length = Math.min(encoded.remaining(), encoded.limit() / 100 + 1 + next());
            RequestEncoder.content(fromServer, RecordType.PARAMS, id, encoded.slice(encoded.position(), length));
            encoded.position(encoded.position() + length);
        }
        RequestEncoder.endOf(fromServer, RecordType.PARAMS, id);
        events.add(new Event.Begin(id, role, keep, parameters));
        roles[request] = role;
        stages[request] = role == Role.AUTHORIZER ? Stage.ANSWER : Stage.STDIN;
    }

    /// Writes some of a stream and says whether there was some; without, writes its end.
    private boolean piece(RecordType stream, int id) {
        byte[] content = content();
        if (content.length == 0) {
            RequestEncoder.endOf(fromServer, stream, id);
            return false;
        }
        ByteBuffer left = ByteBuffer.wrap(content);
        while (left.hasRemaining()) {
            RequestEncoder.content(fromServer, stream, id, left);
        }
        ByteBuffer said = ByteBuffer.wrap(content);
        events.add(stream == RecordType.DATA ? new Event.Data(id, said) : new Event.Stdin(id, said));
        return true;
    }

    /// Requests 1 to 3 are open to the reader of replies from the beginning, and each is answered once.
    private void answer(int request) {
        int id = request + 1;
        if (stages[request] == Stage.ANSWERED) {
            return;
        }
        byte[] content = content();
        switch (next() % 3) {
            case 0 -> {
                int start = Encoder.reserve(fromApplication);
                int length = Math.clamp(content.length, 1, Encoder.MAX_CONTENT);
                byte[] said = Arrays.copyOf(content, length);
                fromApplication.put(said);
                Encoder.stdout(fromApplication, start, id);
                replies.add(new Reply.Stdout(id, ByteBuffer.wrap(said)));
            }
            case 1 -> {
                Encoder.stderr(fromApplication, id, content);
                if (content.length > 0) {
                    int taken = Math.min(content.length, Encoder.MAX_CONTENT);
                    replies.add(new Reply.Stderr(id, ByteBuffer.wrap(content, 0, taken)));
                }
            }
            default -> end(request, id, content.length);
        }
    }

    private void end(int request, int id, int appStatus) {
        if (stages[request] != Stage.ANSWER) {
            return;
        }
        ProtocolStatus status = ProtocolStatus.values()[next() % 4];
        Encoder.end(fromApplication, id, appStatus, status);
        replies.add(new Reply.StdoutEnd(id));
        replies.add(new Reply.End(id, appStatus, status));
        stages[request] = Stage.ANSWERED;
    }

    private void ask() {
        List<String> names =
                List.of("FCGI_MAX_CONNS", "FCGI_MAX_REQS", "FCGI_MPXS_CONNS").subList(0, next() % 4);
        RequestEncoder.getValues(fromServer, names);
        events.add(new Event.GetValues(names));
        Parameters values = new Parameters();
        names.forEach(name -> values.set(name, Integer.toString(next())));
        Encoder.values(fromApplication, values);
        replies.add(new Reply.Values(values));
        int type = next();
        Encoder.unknownType(fromApplication, type);
        replies.add(new Reply.UnknownType(type));
    }

    private void abort(int request) {
        int id = request + 1;
        RequestEncoder.abort(fromServer, id);
        events.add(new Event.Abort(id));
        if (stages[request] == Stage.STDIN || stages[request] == Stage.DATA) {
            stages[request] = Stage.ANSWER;
        }
    }
}
