package dev.penstock.server;

import java.io.PrintWriter;
import java.io.StringWriter;

/// A fault of our own for the log: what it is and where, because nobody expected it.
public final class Faults {
    private Faults() {}

    public static String describe(Throwable fault) {
        StringWriter text = new StringWriter();
        fault.printStackTrace(new PrintWriter(text));
        return text.toString().stripTrailing();
    }
}
