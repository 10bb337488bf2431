package dev.penstock.tap;

import dev.penstock.server.Quietly;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/// A web server's connection and the one to the application that goes with it.
final class Link {
    final int number;
    final SocketChannel server;
    final SocketChannel application;
    final Flow fromServer;
    final Flow fromApplication;
    /// A side of which bytes were left out without anybody being told so.
    @Nullable Side untoldGap;

    Link(int number, SocketChannel server, SocketChannel application) {
        this.number = number;
        this.server = server;
        this.application = application;
        this.fromServer = new Flow(Side.SERVER, server, application);
        this.fromApplication = new Flow(Side.APPLICATION, application, server);
    }

    /// What a side sends.
    Flow from(Side side) {
        return side == Side.SERVER ? fromServer : fromApplication;
    }

    /// What the selector is to look for at one side's channel.
    int interest(Side side) {
        return (from(side).mayRead() ? SelectionKey.OP_READ : 0)
                | (from(side.other()).hasSurplus() ? SelectionKey.OP_WRITE : 0);
    }

    boolean isOver() {
        if (fromServer.state == Flow.State.CUT && fromServer.isOver()) {
            return true;
        }
        if (fromApplication.state == Flow.State.CUT && fromApplication.isOver()) {
            return true;
        }
        return fromServer.isOver() && fromApplication.isOver();
    }

    void close() {
        boolean isClean = fromServer.state == Flow.State.ENDED && fromApplication.state == Flow.State.ENDED;
        if (isClean) {
            Quietly.close(server);
            Quietly.close(application);
        } else {
            Flow.cut(server);
            Flow.cut(application);
        }
    }
}
