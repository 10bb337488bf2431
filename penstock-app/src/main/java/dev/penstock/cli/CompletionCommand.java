package dev.penstock.cli;

import java.util.Set;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `penstock completion bash`
@Command(
        name = "completion",
        description = "Print a script that lets a shell complete commands and options.",
        footer = {"%nExample:", "  source <(penstock completion bash)"})
final class CompletionCommand extends Subcommand {
    /// Those that read the script that picocli writes.
    private static final Set<String> SHELLS = Set.of("bash", "zsh");

    @Parameters(index = "0", paramLabel = "SHELL", description = "bash or zsh")
    private String shell = "";

    @Override
    public Integer call() {
        if (!SHELLS.contains(shell)) {
            throw CommandFailure.usage("expected bash or zsh, found: " + shell);
        }
        out().print(AutoComplete.bash("penstock", spec().root().commandLine()));
        return Exit.OK;
    }
}
