package dev.penstock.cli;

import dev.penstock.control.ControlClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// One command to one or several servers, what they say on our screen.
final class Conversation {
    private final PrintWriter out;
    private final InstanceFinder finder;

    Conversation(PrintWriter out) {
        this(
                out,
                new InstanceFinder(RunFolders.all(System.getenv()), Path.of("").toAbsolutePath()));
    }

    Conversation(PrintWriter out, InstanceFinder finder) {
        this.out = out;
        this.finder = finder;
    }

    /// The servers that run, of those that `argument` means; empty means any.
    ///
    /// @throws CommandFailure when none runs
    List<FoundInstance> running(String argument) {
        List<FoundInstance> found = argument.isEmpty() ? finder.all() : finder.meantBy(argument);
        List<FoundInstance> running =
                found.stream().filter(FoundInstance::isAlive).toList();
        if (!running.isEmpty()) {
            return running;
        }
        if (argument.isEmpty()) {
            throw CommandFailure.nothingRuns("nothing runs here that can be seen. A server that the web server runs as"
                    + " another user has to be named: by its dispatch script, or the folder of that");
        }
        throw CommandFailure.nothingRuns("nothing runs for " + argument + (found.isEmpty() ? "" : lastLog(found)));
    }

    /// The one server that is meant. Where nobody says which, it is the only one, and never another user's: root
    /// sees those of everyone.
    ///
    /// @throws CommandFailure when none runs, or it has to be named
    FoundInstance one(String argument, String command) {
        List<FoundInstance> running = running(argument);
        boolean isClear = running.size() == 1
                && (!argument.isEmpty() || running.getFirst().isOurs());
        if (isClear) {
            return running.getFirst();
        }
        StringBuilder choices = new StringBuilder("name the one to " + command + ":");
        for (FoundInstance instance : running) {
            choices.append("\n  penstock ").append(command).append(' ').append(instance.id());
            choices.append(instance.target().isEmpty() ? "" : "   " + printable(instance.target()));
        }
        throw CommandFailure.usage(choices.toString());
    }

    /// Sends the words and prints the answer.
    ///
    /// @param silence how long the server may say nothing
    /// @return the status that the server gives
    int send(FoundInstance instance, Duration silence, List<String> words) {
        try {
            return new ControlClient(instance.directory(), silence).send(words, line -> out.println(printable(line)));
        } catch (AccessDeniedException e) {
            throw denied(instance);
        } catch (IOException e) {
            if (String.valueOf(e.getMessage()).contains("Permission denied")) {
                throw denied(instance);
            }
            throw CommandFailure.failed(instance.name() + " (" + instance.directory() + "): " + e.getMessage());
        }
    }

    private static CommandFailure denied(FoundInstance instance) {
        return CommandFailure.failed("no permission for " + instance.directory() + ": root, the user that the server"
                + " runs as, and the owner of the dispatch script may talk to it");
    }

    private static String lastLog(List<FoundInstance> found) {
        return " any more; what it last did is in "
                + found.getFirst().directory().resolve("penstock.log");
    }

    /// A directory that another user could have made must not get to command our terminal.
    private static String printable(String line) {
        StringBuilder text = new StringBuilder(line.length());
        for (int at = 0; at < line.length(); at++) {
            char c = line.charAt(at);
            text.append(Character.isISOControl(c) && c != '\t' ? '\ufffd' : c);
        }
        return text.toString();
    }
}
