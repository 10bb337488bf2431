package dev.penstock.cli;

import picocli.CommandLine.Command;

/// `penstock init SERVER`
@Command(
        name = "init",
        description = "Write the files that put an application behind a web server.",
        subcommands = InitApacheCommand.class,
        footer = {"%nExample:", "  penstock init apache ~/public_html/app --ini development.ini"})
final class InitCommand extends Subcommand {
    @Override
    public Integer call() {
        spec().commandLine().usage(spec().commandLine().getErr());
        return Exit.USAGE;
    }
}
