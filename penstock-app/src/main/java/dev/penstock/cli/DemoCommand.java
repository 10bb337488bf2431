package dev.penstock.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// Stands here for the list of commands: the launcher, which is Python, keeps `demo` to itself because it
/// makes virtualenvs.
@Command(
        name = "demo",
        description = "Make a TurboGears site, put it behind a private Apache and show it.",
        footer = {"%nExample:", "  penstock demo"})
final class DemoCommand extends Subcommand {
    @Parameters(hidden = true, arity = "0..*")
    private List<String> arguments = List.of();

    @Override
    public Integer call() {
        throw CommandFailure.usage("`demo` is run by the penstock launcher, not by its Java program"
                + (arguments.isEmpty() ? "" : " (" + String.join(" ", arguments) + ")"));
    }
}
