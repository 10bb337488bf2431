package dev.penstock.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// The command `penstock`: what there is, and how a command ends.
@Command(
        name = "penstock",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Runs Python web applications behind the web server that is already there.",
        subcommands = {
            ServeCommand.class,
            InitCommand.class,
            StatusCommand.class,
            ReloadCommand.class,
            StopCommand.class,
            RequestCommand.class,
            TapCommand.class,
            DemoCommand.class,
            CompletionCommand.class
        },
        footer = {
            "%nExamples:",
            "  penstock serve development.ini",
            "  penstock init apache ~/public_html/app --ini development.ini",
            "  penstock status",
            "%nExit status: 0 done, 1 failed, 2 wrong usage, 3 nothing runs."
        })
final class Commands implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    static int run(String[] args) {
        CommandLine line = commandLine(writer(FileDescriptor.out), writer(FileDescriptor.err));
        try {
            return line.execute(args);
        } finally {
            line.getOut().flush();
            line.getErr().flush();
        }
    }

    static CommandLine commandLine(PrintWriter out, PrintWriter err) {
        CommandLine line =
                new CommandLine(new Commands()).setOut(out).setErr(err).setCaseInsensitiveEnumValuesAllowed(true);
        line.setExpandAtFiles(false); // `request --data @file` means the file itself.
        line.setParameterExceptionHandler(Commands::wrongUsage);
        line.setExecutionExceptionHandler(Commands::failed);
        line.setUsageHelpAutoWidth(true);
        return line;
    }

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return Exit.USAGE;
    }

    private static int wrongUsage(CommandLine.ParameterException e, String[] args) {
        CommandLine line = e.getCommandLine();
        PrintWriter err = line.getErr();
        err.println("penstock: " + e.getMessage());
        CommandLine.UnmatchedArgumentException.printSuggestions(e, err);
        err.println("`" + line.getCommandSpec().qualifiedName() + " --help` says what it takes.");
        return Exit.USAGE;
    }

    private static int failed(Exception e, CommandLine line, CommandLine.ParseResult parsed) throws Exception {
        if (e instanceof CommandFailure failure) {
            line.getErr().println("penstock: " + failure.getMessage());
            return failure.status();
        }
        if (e instanceof InvalidPathException) {
            line.getErr()
                    .println("penstock: " + e.getMessage() + "\nIn a locale without UTF-8, Java cannot name this"
                            + " file: set LC_ALL=C.UTF-8");
            return Exit.USAGE;
        }
        throw e;
    }

    /// UTF-8 whatever the locale is: paths and tracebacks are, and so is nearly every terminal.
    private static PrintWriter writer(FileDescriptor descriptor) {
        return new PrintWriter(new OutputStreamWriter(new FileOutputStream(descriptor), StandardCharsets.UTF_8), true);
    }
}
