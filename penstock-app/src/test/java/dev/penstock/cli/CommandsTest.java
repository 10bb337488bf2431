package dev.penstock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

class CommandsTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    static Stream<String> commands() {
        List<String> names = new ArrayList<>();
        collect(names, "", commandLine(new StringWriter(), new StringWriter()));
        return names.stream();
    }

    private static void collect(List<String> names, String prefix, CommandLine line) {
        line.getSubcommands().forEach((name, sub) -> {
            names.add((prefix + " " + name).strip());
            collect(names, prefix + " " + name, sub);
        });
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyCommandHasHelpWithAnExample(String command) {
        List<String> words = new ArrayList<>(List.of(command.split(" ")));
        words.add("--help");
        assertThat(execute(words.toArray(String[]::new))).isZero();
        assertThat(out.toString())
                .contains("Usage: penstock " + command)
                .containsPattern("(?s)Examples?:.*penstock " + command)
                .doesNotContain("\u001b")
                .doesNotContain("%n");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void helpListsTheCommands() {
        assertThat(execute("--help")).isZero();
        assertThat(out.toString())
                .contains("serve", "init", "status", "reload", "stop", "demo", "completion")
                .contains("Exit status: 0 done, 1 failed, 2 wrong usage, 3 nothing runs.");
    }

    @Test
    void versionNamesPenstockAndJava() {
        assertThat(execute("--version")).isZero();
        assertThat(out.toString()).startsWith("penstock ").contains("Java 25");
    }

    @Test
    void nothingSaidIsWrongUsage() {
        assertThat(execute()).isEqualTo(Exit.USAGE);
        assertThat(err.toString()).contains("Usage: penstock");
    }

    @Test
    void aMistypedCommandIsGuessed() {
        assertThat(execute("statsu")).isEqualTo(Exit.USAGE);
        assertThat(err.toString()).contains("statsu").contains("status").contains("`penstock --help`");
    }

    @Test
    void aMistypedOptionIsGuessed() {
        assertThat(execute("serve", "x.ini", "--worker", "2")).isEqualTo(Exit.USAGE);
        assertThat(err.toString()).contains("--workers").contains("`penstock serve --help`");
    }

    @Test
    void aMissingArgumentIsNamed() {
        assertThat(execute("init", "apache", "/tmp")).isEqualTo(Exit.USAGE);
        assertThat(err.toString()).contains("--ini").contains("`penstock init apache --help`");
    }

    @Test
    void failuresAreOneMessageWithoutAStackTrace() {
        assertThat(execute("serve", "/nowhere/site.ini")).isEqualTo(Exit.USAGE);
        assertThat(err.toString()).isEqualTo("penstock: /nowhere/site.ini: no such file" + System.lineSeparator());
    }

    @Test
    void aPairWithoutEqualsIsRefused() {
        assertThat(execute("serve", "/nowhere/site.ini", "debug")).isEqualTo(Exit.USAGE);
        assertThat(err.toString()).contains("name=value: expected name=value, found: debug");
    }

    @Test
    void completionIsAScript() {
        assertThat(execute("completion", "bash")).isZero();
        assertThat(out.toString()).contains("complete -F").contains("--workers");
        assertThat(execute("completion", "fish")).isEqualTo(Exit.USAGE);
        assertThat(err.toString()).contains("expected bash or zsh, found: fish");
    }

    @Test
    void demoIsTheLaunchersOwn() {
        assertThat(execute("demo", "--no-install")).isEqualTo(Exit.USAGE);
    }

    private int execute(String... words) {
        return commandLine(out, err).execute(words);
    }

    private static CommandLine commandLine(StringWriter out, StringWriter err) {
        return Commands.commandLine(new PrintWriter(out, true), new PrintWriter(err, true));
    }
}
