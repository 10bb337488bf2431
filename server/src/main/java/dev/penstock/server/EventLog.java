package dev.penstock.server;

/// Where events go: one method, a line an event.
public interface EventLog {
    /// How much an event matters. WARNING and above also reach the web server's error log.
    enum Level {
        DEBUG,
        INFO,
        WARNING,
        ERROR
    }

    /// Writes one event. Any thread; never throws; several lines of text stay one event.
    void event(Level level, String source, String text);

    default void info(String source, String text) {
        event(Level.INFO, source, text);
    }

    default void warning(String source, String text) {
        event(Level.WARNING, source, text);
    }

    default void error(String source, String text) {
        event(Level.ERROR, source, text);
    }
}
