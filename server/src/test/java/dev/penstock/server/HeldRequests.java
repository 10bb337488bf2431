package dev.penstock.server;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// Tests in which the application keeps the requests that reach it, and the test answers them.
abstract class HeldRequests {
    @TempDir
    Path directory;

    final BlockingQueue<Response> taken = new ArrayBlockingQueue<>(10);
    Gate gate;
    WebServer web;

    @BeforeEach
    void open() throws IOException {
        gate = new Gate(directory, (request, response) -> taken.add(response));
        web = gate.connect();
    }

    @AfterEach
    void close() throws IOException {
        web.close();
        gate.close();
    }

    /// Sends a request and gives the answer that it waits for.
    Response taken(byte[] request) throws Exception {
        web.send(request);
        return taken.take();
    }
}
