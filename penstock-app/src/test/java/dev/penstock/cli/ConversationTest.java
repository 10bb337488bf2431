package dev.penstock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.control.FakeServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConversationTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    @TempDir
    Path runs;

    @TempDir
    Path elsewhere;

    private final StringWriter out = new StringWriter();

    @Test
    void printsTheAnswerAndGivesItsStatus() throws Exception {
        try (FakeServer server = server("site-0000000a", "site\tserver 12\nexit 1\n")) {
            Conversation conversation = conversation();
            FoundInstance one = conversation.one("", "reload");
            assertThat(conversation.send(one, LONG, List.of("reload"))).isEqualTo(1);
            assertThat(server.command()).containsExactly("reload");
            assertThat(out.toString()).isEqualTo("site\tserver 12" + System.lineSeparator());
        }
    }

    @Test
    void letsNoServerCommandTheTerminal() throws Exception {
        try (FakeServer _ = server("site-0000000a", "\u001b[2J\nexit 0\n")) {
            Conversation conversation = conversation();
            conversation.send(conversation.one("", "status"), LONG, List.of("status"));
            assertThat(out.toString()).startsWith("\ufffd[2J");
        }
    }

    @Test
    void saysThatNothingRuns() {
        assertThatThrownBy(() -> conversation().running(""))
                .isInstanceOfSatisfying(
                        CommandFailure.class, e -> assertThat(e.status()).isEqualTo(Exit.NOTHING_RUNS))
                .hasMessageContaining("nothing runs here that can be seen");
        assertThatThrownBy(() -> conversation().running("site")).hasMessage("nothing runs for site");
    }

    @Test
    void namesTheLogOfAServerThatIsGone() throws Exception {
        server("site-0000000a", "").close();
        Files.createFile(runs.resolve("site-0000000a/control"));
        assertThatThrownBy(() -> conversation().running("site"))
                .hasMessageContaining("nothing runs for site any more")
                .hasMessageContaining(runs.resolve("site-0000000a/penstock.log").toString());
    }

    @Test
    void asksWhichOneIsMeantWhereSeveralRun() throws Exception {
        try (FakeServer _ = server("site-0000000a", "exit 0\n");
                FakeServer _ = server("shop-0000000b", "exit 0\n")) {
            assertThat(conversation().running("")).hasSize(2);
            assertThatThrownBy(() -> conversation().one("", "stop"))
                    .isInstanceOfSatisfying(
                            CommandFailure.class, e -> assertThat(e.status()).isEqualTo(Exit.USAGE))
                    .hasMessageContaining("penstock stop site-0000000a   /srv/site-0000000a.ini")
                    .hasMessageContaining("penstock stop shop-0000000b");
            assertThat(conversation().one("shop", "stop").id()).isEqualTo("shop-0000000b");
        }
    }

    @Test
    void takesNoServerOfAnotherUserThatNobodyNamed() throws Exception {
        try (FakeServer _ = server("site-0000000a", "exit 0\n")) {
            Path made = runs.resolve("site-0000000a");
            Assumptions.assumeTrue(RunFolders.userId() == 0, "only root can give a directory away");
            Files.setAttribute(made, "unix:uid", 33);
            assertThatThrownBy(() -> conversation().one("", "stop")).hasMessageContaining("name the one to stop");
            assertThat(conversation().one("site", "stop").directory()).isEqualTo(made);
        }
    }

    @Test
    void saysWhatWentWrongWithAnAnswer() throws Exception {
        try (FakeServer _ = server("site-0000000a", "half")) {
            Conversation conversation = conversation();
            FoundInstance one = conversation.one("", "status");
            assertThatThrownBy(() -> conversation.send(one, LONG, List.of("status")))
                    .isInstanceOfSatisfying(
                            CommandFailure.class, e -> assertThat(e.status()).isEqualTo(Exit.FAILED))
                    .hasMessageContaining("site (" + runs.resolve("site-0000000a") + ")");
        }
    }

    private FakeServer server(String id, String answer) throws IOException {
        Path made = Files.createDirectory(runs.resolve(id));
        Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rwx--x--x"));
        Files.writeString(made.resolve("target"), "/srv/" + id + ".ini\n");
        return new FakeServer(made, answer);
    }

    private Conversation conversation() {
        return new Conversation(new PrintWriter(out, true), new InstanceFinder(List.of(runs), elsewhere));
    }
}
