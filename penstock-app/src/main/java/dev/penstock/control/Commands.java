package dev.penstock.control;

import java.io.IOException;
import java.util.List;
import org.newsclub.net.unix.AFUNIXSocketChannel;

/// What a server does when it is told to. Called on the threads of control connections.
public interface Commands {
    /// Where a command's answer goes, line by line.
    interface Output {
        void line(String text) throws IOException;
    }

    /// Does one command and answers with lines, the last one `exit N`.
    ///
    /// @param words the command and its arguments; at least one
    void run(List<String> words, Output output) throws IOException;

    /// A dispatch has attached; its socket is accepted on when this returns.
    ///
    /// @param first whether there was none before
    void attached(boolean first);

    /// A CGI program has a request: serves the connection by SCGI and closes it. Returns when it is over.
    void cgi(AFUNIXSocketChannel connection);

    /// A process says that it is a zygote; keeps the connection, or closes it.
    void zygote(String token, long pid, AFUNIXSocketChannel connection);
}
