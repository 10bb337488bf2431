package dev.penstock.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `penstock status [WHAT]`
@Command(
        name = "status",
        description = "Show what runs: server, listeners, workers, requests, the last error.",
        footer = {
            "%nExamples:",
            "  penstock status",
            "  penstock status ~/public_html/app/dispatch.fcgi",
            "  penstock status --json development.ini"
        })
final class StatusCommand extends Subcommand {
    private static final Duration SILENCE = Duration.ofSeconds(10);

    @Mixin
    private final InstanceParameter instance = new InstanceParameter();

    @Option(names = "--json", description = "As JSON, one document for each server.")
    private boolean isJson;

    @Override
    public Integer call() {
        PrintWriter out = out();
        Conversation conversation = new Conversation(out);
        int worst = Exit.OK;
        boolean isFirst = true;
        for (FoundInstance one : conversation.running(instance.what())) {
            if (!isFirst && !isJson) {
                out.println();
            }
            isFirst = false;
            int status = conversation.send(one, SILENCE, List.of("status", isJson ? "json" : "text"));
            worst = Math.max(worst, status);
        }
        return worst;
    }
}
