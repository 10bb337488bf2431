package dev.penstock.cli;

/// What the command tells the shell.
final class Exit {
    static final int OK = 0;
    static final int FAILED = 1;
    static final int USAGE = 2;
    static final int NOTHING_RUNS = 3;

    private Exit() {}
}
