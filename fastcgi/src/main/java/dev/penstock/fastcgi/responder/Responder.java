package dev.penstock.fastcgi.responder;

import dev.penstock.fastcgi.Limits;
import dev.penstock.fastcgi.Parameters;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Semaphore;

/// Answers FastCGI requests on listening sockets, by calling an [Application]. Each connection has a virtual
/// thread of its own and one request at a time; a second one meanwhile gets CANT_MPX_CONN.
///
/// What it does not do: there are no deadlines. A peer that sends half a request, or does not read, holds one
/// of `maxConnections` until it goes; so let only your web server connect.
public final class Responder {
    /// More than a web server opens by itself.
    public static final int DEFAULT_MAX_CONNECTIONS = 1000;

    /// What answers. Called by several threads at once.
    @FunctionalInterface
    public interface Application {
        /// Answers one request.
        ///
        /// Read a large body before you write much: several web servers send all of it before they read.
        ///
        /// @param environ the variables
        /// @param body ends where STDIN does; throws when the web server has aborted the request
        /// @param out takes a CGI response: headers, an empty line, the body
        /// @throws IOException which becomes a 500 as long as nothing has gone out, and else a cut response
        void answer(Parameters environ, InputStream body, OutputStream out) throws IOException;
    }

    private final Application application;
    private final Limits limits;
    private final int maxConnections;
    private final Semaphore permits;

    /// A responder with [Limits#DEFAULT].
    public Responder(Application application) {
        this(application, Limits.DEFAULT, DEFAULT_MAX_CONNECTIONS);
    }

    /// A responder with limits of your own.
    ///
    /// @param maxConnections at once; others wait in the socket's backlog
    public Responder(Application application, Limits limits, int maxConnections) {
        this.application = application;
        this.limits = limits;
        this.maxConnections = maxConnections;
        this.permits = new Semaphore(maxConnections);
    }

    /// Accepts and answers until the socket is closed, which leaves the requests under way to end by themselves.
    public void serve(ServerSocketChannel listening) throws IOException {
        try {
            while (true) {
                permits.acquireUninterruptibly();
                Thread.ofVirtual().name("fastcgi-responder").start(conversation(listening));
            }
        } catch (ClosedChannelException e) {
            // The end that was meant.
        }
    }

    private Runnable conversation(ServerSocketChannel listening) throws IOException {
        SocketChannel channel;
        try {
            channel = listening.accept();
        } catch (IOException e) {
            permits.release();
            throw e;
        }
        return () -> {
            try (channel) {
                new Conversation(channel, application, limits, maxConnections).hold();
            } catch (IOException e) {
                // The peer has gone, as web servers do when their client does.
            } finally {
                permits.release();
            }
        };
    }
}
