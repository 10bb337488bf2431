package dev.penstock.server;

import java.io.FileDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.channels.Channels;

/// A request's body, complete: what came, not what CONTENT_LENGTH promised.
public sealed interface Body extends AutoCloseable {
    /// The body that most requests have.
    Body EMPTY = new InMemory(new byte[0], 0);

    /// Bytes of the body.
    long length();

    /// Reads the body from its start. One reader at a time.
    InputStream stream() throws IOException;

    /// Reads `length` bytes from `start` on, whatever other streams of this kind read.
    InputStream stream(long start, long length) throws IOException;

    /// Gives memory and descriptors back. May be called twice.
    @Override
    void close();

    /// A small body: `bytes[0..size)`, read only.
    @SuppressWarnings("ArrayRecordComponent") // never compared, and a copy would cost what the record saves
    record InMemory(byte[] bytes, int size) implements Body {
        @Override
        public long length() {
            return size;
        }

        @Override
        public InputStream stream() {
            return new java.io.ByteArrayInputStream(bytes, 0, size);
        }

        @Override
        public InputStream stream(long start, long length) {
            return new java.io.ByteArrayInputStream(bytes, Math.toIntExact(start), Math.toIntExact(length));
        }

        @Override
        public void close() {}
    }

    /// A body in a temporary file that has no name any more.
    record Spooled(RandomAccessFile file, long length) implements Body {
        @Override
        public InputStream stream() throws IOException {
            file.seek(0);
            return Channels.newInputStream(file.getChannel());
        }

        @Override
        public InputStream stream(long start, long length) {
            return new FilePart(file.getChannel(), start, length);
        }

        /// The descriptor, at offset 0, to hand to another process. Valid until [#close].
        public FileDescriptor descriptor() throws IOException {
            file.seek(0);
            return file.getFD();
        }

        @Override
        public void close() {
            Quietly.close(file);
        }
    }
}
