package dev.penstock.cli;

import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `penstock stop [WHAT]`
@Command(
        name = "stop",
        description = {
            "Stop a server when it has answered what it has begun.",
            "One behind a dispatch script comes back with the next request, as long as the web server runs the script."
        },
        footer = {"%nExamples:", "  penstock stop", "  penstock stop development.ini"})
final class StopCommand extends Subcommand {
    /// Requests may go on as long as `shutdown_timeout`, and that can be set.
    private static final Duration SILENCE = Duration.ofMinutes(15);

    @Mixin
    private final InstanceParameter instance = new InstanceParameter();

    @Override
    public Integer call() {
        Conversation conversation = new Conversation(out());
        return conversation.send(conversation.one(instance.what(), "stop"), SILENCE, List.of("stop"));
    }
}
