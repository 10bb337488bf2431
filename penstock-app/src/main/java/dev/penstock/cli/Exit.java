package dev.penstock.cli;

/// What the command tells the shell.
final class Exit {
    static final int OK = 0;
    static final int FAILED = 1;
    static final int USAGE = 2;
    static final int NOTHING_RUNS = 3;

    /// Of `penstock request` only, as those that follow.
    static final int NO_PERMISSION = 4;

    static final int NO_ANSWER = 5;
    static final int SPEAKS_SOMETHING_ELSE = 6;

    private Exit() {}
}
