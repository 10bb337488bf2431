package dev.penstock.server;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/// A part of a file as a stream, which has a position of its own.
final class FilePart extends InputStream {
    private final FileChannel file;
    private final long end;
    private long at;

    FilePart(FileChannel file, long start, long length) {
        this.file = file;
        this.at = start;
        this.end = start + length;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        int most = (int) Math.min(length, end - at);
        int count = most == 0 ? -1 : file.read(ByteBuffer.wrap(target, offset, most), at);
        at += Math.max(count, 0);
        return count;
    }
}
