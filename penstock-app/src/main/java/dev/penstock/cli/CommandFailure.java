package dev.penstock.cli;

/// Ends a command with a message for the person at the terminal. No stack trace: the message says it all.
final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String text;

    private CommandFailure(int status, String text) {
        super(null, null, false, false);
        this.status = status;
        this.text = text;
    }

    /// What was to be done did not work.
    static CommandFailure failed(String message) {
        return new CommandFailure(Exit.FAILED, message);
    }

    /// The command was given something that it cannot take.
    static CommandFailure usage(String message) {
        return new CommandFailure(Exit.USAGE, message);
    }

    /// There is no server to talk to.
    static CommandFailure nothingRuns(String message) {
        return new CommandFailure(Exit.NOTHING_RUNS, message);
    }

    /// The same with an exit status of the command's own.
    static CommandFailure of(int status, String message) {
        return new CommandFailure(status, message);
    }

    int status() {
        return status;
    }

    @Override
    public String getMessage() {
        return text;
    }
}
