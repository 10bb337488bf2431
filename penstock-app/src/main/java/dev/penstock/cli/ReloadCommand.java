package dev.penstock.cli;

import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `penstock reload [WHAT]`
@Command(
        name = "reload",
        description = {
            "Load the application anew and let the new one answer when it is there.",
            "If it does not load, the old one stays and the traceback is shown."
        },
        footer = {"%nExamples:", "  penstock reload", "  penstock reload ~/public_html/app"})
final class ReloadCommand extends Subcommand {
    /// An application may take as long as its `startup_timeout` to load, and that can be set.
    private static final Duration SILENCE = Duration.ofMinutes(15);

    @Mixin
    private final InstanceParameter instance = new InstanceParameter();

    @Override
    public Integer call() {
        Conversation conversation = new Conversation(out());
        return conversation.send(conversation.one(instance.what(), "reload"), SILENCE, List.of("reload"));
    }
}
