package dev.penstock.http;

import dev.penstock.server.Application;
import dev.penstock.server.Bounds;
import dev.penstock.server.EventLog;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/// Where HTTP requests come in: everything that the exchanges of one listener share.
final class Gate extends Handler.Abstract {
    static final String NAME = "http";

    private final Application application;
    private final Bounds bounds;
    private final EventLog log;

    Gate(Application application, Bounds bounds, EventLog log) {
        this.application = application;
        this.bounds = bounds;
        this.log = log;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        // A slow application is no idle client; its deadline is the server's, not the connection's.
        request.addIdleTimeoutListener(timeout -> false);
        new Exchange(this, request, new HttpResponse(this, request, response, callback)).run();
        return true;
    }

    Application application() {
        return application;
    }

    Bounds bounds() {
        return bounds;
    }

    EventLog log() {
        return log;
    }
}
