package dev.penstock.python;

/// How a process ended, in words.
final class Exits {
    private static final int SIGNALLED = 128;

    private Exits() {}

    /// Whether a signal ended the process.
    static boolean isSignal(int status) {
        return status > SIGNALLED;
    }

    /// @param status as [Process#exitValue] gives it: 128 + n for signal n
    static String describe(int status) {
        return switch (status) {
            case SIGNALLED + 9 -> "signal SIGKILL";
            case SIGNALLED + 11 -> "signal SIGSEGV";
            case SIGNALLED + 15 -> "signal SIGTERM";
            default -> isSignal(status) ? "signal " + (status - SIGNALLED) : "exit status " + status;
        };
    }
}
