package dev.penstock.server;

/// What answers requests: Python workers, a servlet host, files.
public interface Application {
    /// Takes a request whose body is complete. Returns soon, perhaps before the answer is given: the
    /// response is completed by whatever thread has it. Called on the connection's reading thread.
    ///
    /// The application ends the response exactly once, whatever happens, by [Response#end] or
    /// [Response#tear]; it closes the request's body when it no longer needs it.
    void handle(Request request, Response response);
}
