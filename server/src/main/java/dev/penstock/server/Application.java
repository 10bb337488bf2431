package dev.penstock.server;

import dev.penstock.fastcgi.Role;
import java.util.Set;

/// What answers requests: Python workers, a servlet host, files.
public interface Application {
    /// Takes a request whose body is complete. Returns soon, perhaps before the answer is given: the
    /// response is completed by whatever thread has it. Called on the connection's reading thread.
    ///
    /// The application ends the response exactly once, whatever happens, by [Response#end] or
    /// [Response#tear]; it closes the request's body when it no longer needs it.
    void handle(Request request, Response response);

    /// The roles in which this application can be asked (FastCGI 6); a request in another one gets a 503 and
    /// UNKNOWN_ROLE. An authorizer's request has no body; what it answers is for [Request#role] to decide.
    default Set<Role> roles() {
        return Set.of(Role.RESPONDER);
    }
}
