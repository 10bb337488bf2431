package dev.penstock.cli;

/// Where the program begins.
public final class Main {
    private Main() {}

    /// A web server's visitor waits while a dispatch script starts a server, so that start goes a way of its
    /// own that loads nothing of the command line's library.
    public static void main(String[] args) {
        System.exit(DispatchCommand.isMeantBy(args) ? DispatchCommand.run(args) : Commands.run(args));
    }
}
