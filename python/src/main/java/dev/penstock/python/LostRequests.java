package dev.penstock.python;

import dev.penstock.server.EventLog;
import dev.penstock.server.Pages;
import java.util.concurrent.ThreadLocalRandom;

/// What becomes of a request whose worker died with it.
///
/// | the response | the request | what happens |
/// |---|---|---|
/// | has not begun | GET or HEAD, for the first time | another worker gets it |
/// | has not begun | any other | 502 with an incident id, which the log explains |
/// | has begun | any | the response is cut |
/// | is for a client that has gone | any | it ends; nobody is told |
final class LostRequests {
    private final Generation.Owner owner;
    private final EventLog log;
    private final String application;

    LostRequests(Generation.Owner owner, EventLog log, String application) {
        this.owner = owner;
        this.log = log;
        this.application = application;
    }

    void handle(InFlight request, Worker worker, String reason) {
        String what = request.request().summary() + " after " + request.ageMillis() + " ms";
        if (request.response().cancelled()) {
            request.request().body().close();
            request.response().tear(reason);
        } else if (request.hasBegun()) {
            log.error(worker.name(), "died within the response to " + what + " (" + reason + ")");
            request.request().body().close();
            request.response().tear(reason);
        } else if (request.request().isSafe() && !request.retried()) {
            log.warning(worker.name(), "died with " + what + " (" + reason + "): another worker gets it");
            owner.again(request.request(), request.response(), true);
        } else {
            refuse(request, "worker " + worker.number() + " (pid " + worker.pid() + ") died with it: " + reason);
        }
    }

    /// Answers 502 with an incident id.
    void refuse(InFlight request, String why) {
        String incident = Long.toString(ThreadLocalRandom.current().nextLong(1L << 40), 36);
        log.error(application, "incident " + incident + ": " + request.request().summary() + ": " + why);
        request.request().body().close();
        Pages.send(
                request.response(),
                !request.request().method().equals("HEAD"),
                502,
                "Bad Gateway",
                "The application ended before it gave an answer.\nIncident " + incident
                        + " – the log has the details.");
    }
}
