package dev.penstock.tap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordingTest {
    private static final Look FULL = new Look(true, true, false, false);
    private static final Filter ALL = new Filter(null, List.of(), false);

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void nameTheFile() {
        file = folder.resolve("bug.tap");
    }

    private static Entry passed(Side side, Wire wire) {
        Entry entry = new Entry();
        entry.set(Entry.Kind.passed(side), 3, 2500, wire.bytes(), 0, wire.bytes().length);
        return entry;
    }

    private static final Wire REQUEST = new Wire()
            .begin(1, 1, true)
            .params(1, "REQUEST_METHOD", "GET", "REQUEST_URI", "/x", "HTTP_COOKIE", "s3cr3t")
            .stdin(1, "");
    private static final Wire ANSWER = new Wire().answer(1, "Status: 200 OK\r\n\r\nhello");

    /// Records one request as a tap does, and returns what the live screen has shown.
    private String record(long maxBytes, String maxText) throws IOException {
        StringWriter lines = new StringWriter();
        Screen screen = new Screen(new PrintWriter(lines), FULL, ALL, 0);
        screen.begin(1_763_842_889_123_456L);
        Traffic traffic = new Traffic(screen.following(new NameRules(false), Bounds.DEFAULT));
        try (Recording recording = new Recording(file, maxBytes, maxText)) {
            recording.begin(true, 1_763_842_889_123_456L);
            for (Entry entry : List.of(passed(Side.SERVER, REQUEST), passed(Side.APPLICATION, ANSWER))) {
                traffic.take(entry);
                recording.write(entry);
            }
            recording.end(3000, "the tap was stopped");
        }
        traffic.over();
        return lines.toString();
    }

    private String read(StringWriter lines) throws IOException {
        return Replay.show(file, new Screen(new PrintWriter(lines), FULL, ALL, 0), false, Bounds.DEFAULT);
    }

    @Test
    void whatIsReadLooksLikeWhatPassed() throws IOException {
        String live = record(1 << 20, "1M");
        StringWriter lines = new StringWriter();

        assertThat(read(lines)).isEqualTo("the tap was stopped");
        assertThat(lines.toString()).isEqualTo(live).contains(" 200 GET /x ", "HTTP_COOKIE = ******");
    }

    @Test
    void theFileIsForItsOwnerOnlyAndHoldsNoSecret() throws IOException {
        record(1 << 20, "1M");

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                .startsWith("penstock-tap 1 masked 1763842889123456\n")
                .contains("HTTP_COOKIE")
                .doesNotContain("s3cr3t");
    }

    @Test
    void itReplacesNoFile() throws IOException {
        Files.writeString(file, "mine");

        assertThatThrownBy(() -> new Recording(file, 1000, "1000"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is there already");
        assertThat(file).hasContent("mine");
    }

    @Test
    void aRecordingThatIsFullEndsAndSaysSo() throws IOException {
        record(400, "400");

        assertThat(Files.size(file)).isLessThanOrEqualTo(400);
        assertThat(read(new StringWriter())).isEqualTo("the recording has reached its largest size, 400 (--max-size)");
    }

    @Test
    void aRecordingThatWasCutAnywhereIsReadAsFarAsItGoes() throws IOException {
        record(1 << 20, "1M");
        byte[] whole = Files.readAllBytes(file);
        int line = "penstock-tap 1 masked 1763842889123456\n".length();
        for (int length = line; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThat(read(new StringWriter())).isEqualTo("the recording was cut off");
        }
    }

    @Test
    void aDamagedRecordingIsNoReasonToFail() throws IOException {
        record(1 << 20, "1M");
        byte[] whole = Files.readAllBytes(file);
        int line = "penstock-tap 1 masked 1763842889123456\n".length();
        for (int at = line; at < whole.length; at++) {
            byte[] damaged = whole.clone();
            damaged[at] ^= (byte) 0xff;
            Files.write(file, damaged);
            assertThat(read(new StringWriter())).isNotEmpty();
        }
    }

    @Test
    void otherFilesAreRefused() throws IOException {
        Files.writeString(file, "GET / HTTP/1.1\n");
        assertThatThrownBy(() -> read(new StringWriter())).hasMessage("not a recording of `penstock tap`");
        Files.writeString(file, "penstock-tap 2 masked 5\n");
        assertThatThrownBy(() -> read(new StringWriter())).hasMessageContaining("another version");
        Files.writeString(file, "penstock-tap 1 masked\n");
        assertThatThrownBy(() -> read(new StringWriter())).hasMessageContaining("has no time");
    }
}
