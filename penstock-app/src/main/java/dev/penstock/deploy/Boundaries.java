package dev.penstock.deploy;

import dev.penstock.fastcgi.Limits;
import dev.penstock.server.Bounds;
import dev.penstock.server.Budget;
import dev.penstock.server.Times;
import java.nio.file.Path;

/// What a deployment's settings say about what clients may take: the bounds of the front.
final class Boundaries {
    private Boundaries() {}

    /// @param temporary where temporary files are made
    static Bounds of(Settings settings, Path temporary) {
        return new Bounds(
                settings.get(Settings.MAX_CONNECTIONS),
                settings.get(Settings.MAX_REQUEST_BODY),
                Math.toIntExact(settings.get(Settings.RESPONSE_MEMORY)),
                settings.get(Settings.RESPONSE_FILE),
                settings.get(Settings.DRAIN_BYTES),
                settings.get(Settings.DRAIN_TIMEOUT).toNanos(),
                temporary,
                limits(settings),
                settings.get(Settings.REQUEST_MEMORY),
                new Budget(settings.get(Settings.RESPONSES_MEMORY)),
                settings.get(Settings.MAX_RESPONSE_HEAD),
                times(settings));
    }

    private static Limits limits(Settings settings) {
        return new Limits(
                settings.get(Settings.MAX_PARAMETER_BYTES),
                settings.get(Settings.MAX_PARAMETERS),
                settings.get(Settings.MAX_REQUESTS_PER_CONNECTION),
                settings.get(Settings.MAX_PARAMETER_NAME),
                settings.get(Settings.MAX_PARAMETER_VALUE),
                settings.get(Settings.MAX_IGNORED_RECORDS));
    }

    private static Times times(Settings settings) {
        return new Times(
                settings.get(Settings.HEAD_TIMEOUT),
                settings.get(Settings.BODY_TIMEOUT),
                settings.get(Settings.RESPONSE_TIMEOUT),
                settings.get(Settings.MIN_PROGRESS),
                settings.get(Settings.IDLE_TIMEOUT),
                settings.get(Settings.TCP_KEEPALIVE));
    }
}
