package dev.penstock.python;

import dev.penstock.server.Request;
import dev.penstock.server.Response;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/// An owner that notes the requests that another worker is to get, and does nothing else.
final class NotingOwner implements Generation.Owner {
    /// The method of each, and whether it was retried.
    final BlockingQueue<String> again = new LinkedBlockingQueue<>();

    @Override
    public void again(Request request, Response response, boolean retried) {
        again.add(request.method() + (retried ? " retried" : ""));
    }

    @Override
    public void ready(Generation generation) {}

    @Override
    public void failed(Generation generation, PythonSettings.Failure failure) {}

    @Override
    public void killed(Generation generation, PythonSettings.Failure failure) {}

    @Override
    public void orphaned(Generation generation) {}

    @Override
    public void sources(List<String> folders) {}

    @Override
    public void gone(Generation generation) {}
}
