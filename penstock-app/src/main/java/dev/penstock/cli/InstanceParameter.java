package dev.penstock.cli;

import picocli.CommandLine.Parameters;

/// Which server a command is for.
final class InstanceParameter {
    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "WHAT",
            description =
                    "A dispatch script, an INI file, a folder that has one, or an instance's name. Needed only where"
                            + " several run.")
    private String what = "";

    /// As it was written; empty where it was left out.
    String what() {
        return what;
    }
}
