package dev.penstock.server;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Set;

/// A connection that does something after each write, before its writer goes on.
final class WatchedChannel extends SocketChannel {
    private final SocketChannel inner;
    private final Runnable afterWrite;

    WatchedChannel(SocketChannel inner, Runnable afterWrite) {
        super(inner.provider());
        this.inner = inner;
        this.afterWrite = afterWrite;
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        int count = inner.write(source);
        afterWrite.run();
        return count;
    }

    @Override
    public long write(ByteBuffer[] sources, int offset, int length) throws IOException {
        long count = inner.write(sources, offset, length);
        afterWrite.run();
        return count;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        return inner.read(target);
    }

    @Override
    public long read(ByteBuffer[] targets, int offset, int length) throws IOException {
        return inner.read(targets, offset, length);
    }

    @Override
    public SocketChannel shutdownInput() throws IOException {
        return inner.shutdownInput();
    }

    @Override
    public SocketChannel shutdownOutput() throws IOException {
        return inner.shutdownOutput();
    }

    @Override
    protected void implCloseSelectableChannel() throws IOException {
        inner.close();
    }

    @Override
    protected void implConfigureBlocking(boolean block) throws IOException {
        inner.configureBlocking(block);
    }

    @Override
    public SocketAddress getRemoteAddress() throws IOException {
        return inner.getRemoteAddress();
    }

    @Override
    public SocketAddress getLocalAddress() throws IOException {
        return inner.getLocalAddress();
    }

    @Override
    public boolean isConnected() {
        return inner.isConnected();
    }

    @Override
    public boolean isConnectionPending() {
        return inner.isConnectionPending();
    }

    @Override
    public SocketChannel bind(SocketAddress local) throws IOException {
        return inner.bind(local);
    }

    @Override
    public boolean connect(SocketAddress remote) throws IOException {
        return inner.connect(remote);
    }

    @Override
    public boolean finishConnect() throws IOException {
        return inner.finishConnect();
    }

    @Override
    public Socket socket() {
        return inner.socket();
    }

    @Override
    public <T> SocketChannel setOption(SocketOption<T> name, T value) throws IOException {
        return inner.setOption(name, value);
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        return inner.getOption(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return inner.supportedOptions();
    }
}
