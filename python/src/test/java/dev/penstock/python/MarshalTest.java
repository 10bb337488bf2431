package dev.penstock.python;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.penstock.fastcgi.Parameters;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class MarshalTest {
    /// Prints each pair as hex of its characters, all below U+0100, in a line.
    private static final String READER = """
            import marshal, sys
            data = sys.stdin.buffer.read()
            environ = marshal.loads(data)
            assert type(environ) is dict
            for name, value in environ.items():
                assert type(name) is str and type(value) is str
                print(name.encode('latin-1').hex() + '=' + value.encode('latin-1').hex())
            """;

    private final Parameters environ = new Parameters();

    private byte[] marshalled() {
        ByteBuffer out = Fakes.little(Marshal.maxBytes(environ));
        assertThat(Marshal.dict(environ, out)).isTrue();
        byte[] bytes = new byte[out.flip().remaining()];
        out.get(bytes);
        return bytes;
    }

    private String hex() {
        return HexFormat.of().formatHex(marshalled());
    }

    @Test
    void noVariablesAreAnEmptyDict() {
        assertThat(hex()).isEqualTo("7b" + "30");
    }

    @Test
    void shortAsciiHasALengthOfOneByte() {
        environ.set("A", "bc");
        assertThat(hex()).isEqualTo("7b" + "7a0141" + "7a026263" + "30");
    }

    @Test
    void emptyValueIsAnEmptyString() {
        environ.set("A", "");
        assertThat(hex()).isEqualTo("7b" + "7a0141" + "7a00" + "30");
    }

    @Test
    void asciiOf255BytesIsTheLastShortOne() {
        environ.set("A", "x".repeat(255));
        assertThat(hex()).isEqualTo("7b" + "7a0141" + "7aff" + "78".repeat(255) + "30");
    }

    @Test
    void asciiOf256BytesHasALengthOfFourBytes() {
        environ.set("A", "x".repeat(256));
        assertThat(hex()).isEqualTo("7b" + "7a0141" + "6100010000" + "78".repeat(256) + "30");
    }

    @Test
    void otherBytesAreCharactersInUtf8() {
        environ.set("P", "/caf\u00c3\u00a9");
        assertThat(hex()).isEqualTo("7b" + "7a0150" + "7508000000" + "2f636166" + "c383c2a9" + "30");
    }

    @Test
    void lastBitOfAsciiIsTheEdge() {
        environ.set("A", "\u007f");
        environ.set("B", "\u0080");
        assertThat(hex()).isEqualTo("7b" + "7a0141" + "7a017f" + "7a0142" + "7502000000c280" + "30");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "\u00e9"})
    void tooLittleRoomIsToldAndNeverAnException(String tail) {
        environ.set("NAME", "value");
        environ.set("PATH", "/" + tail);
        int needed = marshalled().length;
        for (int room = 0; room < needed; room++) {
            assertThat(Marshal.dict(environ, Fakes.little(room)))
                    .as("room %d of %d", room, needed)
                    .isFalse();
        }
        assertThat(Marshal.dict(environ, Fakes.little(Marshal.maxBytes(environ))))
                .isTrue();
    }

    @Test
    void pythonReadsWhatWasWritten() throws Exception {
        Random random = new Random(20261122);
        StringBuilder expected = new StringBuilder();
        for (int length : new int[] {0, 1, 127, 128, 254, 255, 256, 257, 65_535, 65_536}) {
            for (int highest : new int[] {0x80, 0x100}) {
                StringBuilder value = new StringBuilder();
                random.ints(length, 0, highest).forEach(c -> value.append((char) c));
                String name = "NAME_" + length + "_" + highest + (highest > 0x80 ? "\u00ff" : "");
                environ.set(name, value.toString());
                expected.append(latin1Hex(name))
                        .append('=')
                        .append(latin1Hex(value.toString()))
                        .append('\n');
            }
        }
        assertThat(read(marshalled())).isEqualTo(expected.toString());
    }

    private static String latin1Hex(String text) {
        return HexFormat.of().formatHex(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String read(byte[] marshalled) throws Exception {
        Process python;
        try {
            python = new ProcessBuilder("python3", "-I", "-c", READER)
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            assumeTrue(false, "no python3 here: " + e.getMessage());
            return "";
        }
        python.getOutputStream().write(marshalled);
        python.getOutputStream().close();
        String output = new String(python.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        assertThat(python.waitFor()).as(output).isZero();
        return output;
    }
}
