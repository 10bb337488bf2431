package dev.penstock.tap;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// What both directions of a conversation have in common: the record at hand, and the bytes that cannot be one.
abstract class SideReader implements RecordSplitter.Sink {
    static final int BEGIN_REQUEST = 1;
    static final int ABORT_REQUEST = 2;
    static final int END_REQUEST = 3;
    static final int PARAMS = 4;
    static final int STDIN = 5;
    static final int STDOUT = 6;
    static final int STDERR = 7;
    static final int DATA = 8;
    static final int GET_VALUES = 9;
    static final int GET_VALUES_RESULT = 10;
    static final int UNKNOWN_TYPE = 11;

    private static final int BODY_BYTES = 8;
    private static final int SHOWN_BYTES = 8;

    final Conversation conversation;
    final Side side;
    int type;
    int id;
    int length;
    /// The first eight bytes of BEGIN_REQUEST or END_REQUEST.
    final byte[] body = new byte[BODY_BYTES];

    private int bodyRead;
    private final byte[] firstUnframed = new byte[SHOWN_BYTES];
    private int unframed;

    SideReader(Conversation conversation, Side side) {
        this.conversation = conversation;
        this.side = side;
    }

    @Override
    public final void header(int type, int id, int contentLength, int paddingLength) {
        this.type = type;
        this.id = id;
        this.length = contentLength;
        bodyRead = 0;
        Arrays.fill(body, (byte) 0);
        if (conversation.following().keepsRecords()) {
            conversation.see(new SeenRecord(side, conversation.time(), type, id, contentLength, paddingLength));
        }
        begin();
    }

    /// A record has begun.
    abstract void begin();

    /// Keeps what fits of a small record's content.
    final void collect(byte[] bytes, int from, int count) {
        int taken = Math.min(count, BODY_BYTES - bodyRead);
        System.arraycopy(bytes, from, body, bodyRead, taken);
        bodyRead += taken;
        // More than there should be: nobody knows what it is.
        conversation.following().rules().maskAll(bytes, from + taken, count - taken);
    }

    final void mask(byte[] bytes, int from, int count) {
        conversation.following().rules().maskAll(bytes, from, count);
    }

    @Override
    public final void padding(byte[] bytes, int from, int count) {
        // Old memory of the sender, for all that one knows.
        mask(bytes, from, count);
    }

    @Override
    public void unframed(byte[] bytes, int from, int count) {
        int kept = Math.min(count, SHOWN_BYTES - unframed);
        System.arraycopy(bytes, from, firstUnframed, unframed, kept);
        unframed += kept;
        mask(bytes, from + kept, count - kept);
        if (unframed == SHOWN_BYTES) {
            tellUnframed();
        }
    }

    /// Says that this is no FastCGI, when that has been seen and not been said.
    final void tellUnframed() {
        if (unframed > 0) {
            conversation.find(Fault.BAD_VERSION, side, "begins with " + shown(firstUnframed, unframed));
        }
    }

    private static String shown(byte[] bytes, int count) {
        StringBuilder text = new StringBuilder();
        boolean isText = true;
        for (int at = 0; at < count; at++) {
            text.append(text.isEmpty() ? "" : " ").append(String.format("%02x", bytes[at] & 0xff));
            isText &= bytes[at] >= ' ' && bytes[at] < 0x7f;
        }
        if (isText) {
            text.append(" \"").append(new String(bytes, 0, count, StandardCharsets.US_ASCII));
            text.append("\" (HTTP?)");
        } else if (bytes[0] == 0x16) {
            text.append(" (TLS?)");
        }
        return text.toString();
    }
}
