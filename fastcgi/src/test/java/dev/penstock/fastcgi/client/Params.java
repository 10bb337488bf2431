package dev.penstock.fastcgi.client;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// Looks at PARAMS records as a peer would that takes each for itself.
final class Params {
    private Params() {}

    /// The contents of the records that are not empty.
    static List<byte[]> contents(ByteBuffer records) {
        List<byte[]> contents = new ArrayList<>();
        while (records.hasRemaining()) {
            records.get();
            int type = records.get();
            records.getShort();
            byte[] content = new byte[Short.toUnsignedInt(records.getShort())];
            byte[] padding = new byte[Byte.toUnsignedInt(records.get())];
            records.get();
            records.get(content).get(padding);
            if (type == 4 && content.length > 0) {
                contents.add(content);
            }
        }
        return contents;
    }

    static boolean endsWithAPair(byte[] content) {
        ByteBuffer in = ByteBuffer.wrap(content);
        while (in.hasRemaining()) {
            int pair = length(in) + length(in);
            if (pair > in.remaining()) {
                return false;
            }
            in.position(in.position() + pair);
        }
        return true;
    }

    private static int length(ByteBuffer in) {
        return in.get(in.position()) >= 0 ? in.get() : in.getInt() & 0x7fffffff;
    }
}
