package dev.penstock.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.penstock.fastcgi.Limits;
import dev.penstock.fastcgi.Parameters;
import dev.penstock.fastcgi.ProtocolException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What web servers send by SCGI and uwsgi, and what nobody should. `~` stands for NUL.
class HeadReaderTest {
    private static final Limits LIMITS = new Limits(1024, 16, 1);

    static byte[] bytes(String text) {
        return text.replace('~', '\0').getBytes(StandardCharsets.ISO_8859_1);
    }

    static byte[] scgi(String headers) {
        return bytes(headers.length() + ":" + headers + ",");
    }

    /// @param pairs names and values in turn
    static byte[] uwsgi(int modifier1, int modifier2, String... pairs) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (String text : pairs) {
            out.write(text.length());
            out.write(text.length() >> 8);
            out.writeBytes(bytes(text));
        }
        return packet(modifier1, out.size(), modifier2, out.toByteArray());
    }

    private static byte[] packet(int modifier1, int size, int modifier2, byte... content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {(byte) modifier1, (byte) size, (byte) (size >> 8), (byte) modifier2});
        out.writeBytes(content);
        return out.toByteArray();
    }

    private static Parameters read(HeadReader reader, byte[] input) throws ProtocolException {
        return reader.read(ByteBuffer.wrap(input));
    }

    private static void refused(HeadReader reader, byte[] input, String why) {
        assertThatExceptionOfType(ProtocolException.class)
                .isThrownBy(() -> read(reader, input))
                .withMessageContaining(why);
    }

    @Test
    void scgiRequestIsItsVariables() throws ProtocolException {
        Parameters read = read(
                new ScgiReader(LIMITS), scgi("CONTENT_LENGTH~27~SCGI~1~REQUEST_METHOD~POST~PATH_INFO~/caf\u00e9~X~~"));
        assertThat(read).hasToString("Parameters[CONTENT_LENGTH, SCGI, REQUEST_METHOD, PATH_INFO, X]");
        assertThat(read.get("CONTENT_LENGTH")).isEqualTo("27");
        assertThat(read.get("PATH_INFO")).isEqualTo("/caf\u00e9");
        assertThat(read.get("X")).isEmpty();
        read.set("ADDED", "later");
        assertThat(read.get("ADDED") + read.get("REQUEST_METHOD")).isEqualTo("laterPOST");
    }

    @Test
    void uwsgiRequestIsItsVariables() throws ProtocolException {
        String cookie = "c".repeat(700);
        Parameters read = read(
                new UwsgiReader(LIMITS),
                uwsgi(0, 0, "REQUEST_METHOD", "GET", "HTTP_COOKIE", cookie, "CONTENT_LENGTH", "", "X", "/caf\u00e9"));
        assertThat(read).hasToString("Parameters[REQUEST_METHOD, HTTP_COOKIE, CONTENT_LENGTH, X]");
        assertThat(read.get("HTTP_COOKIE")).isEqualTo(cookie);
        assertThat(read.get("X")).isEqualTo("/caf\u00e9");
    }

    @Test
    void bodyIsLeftWhereItIs() throws ProtocolException {
        ByteBuffer scgi = ByteBuffer.wrap(bytes("24:CONTENT_LENGTH~4~SCGI~1~,body"));
        assertThat(new ScgiReader(LIMITS).read(scgi)).isNotNull();
        assertThat(scgi.remaining()).isEqualTo(4);
        byte[] head = uwsgi(0, 0, "CONTENT_LENGTH", "4");
        ByteBuffer uwsgi = ByteBuffer.allocate(head.length + 4).put(head).rewind();
        assertThat(new UwsgiReader(LIMITS).read(uwsgi)).isNotNull();
        assertThat(uwsgi.remaining()).isEqualTo(4);
    }

    @Test
    void everyReaderTakesItsRequestInPiecesOfAnySize() throws ProtocolException {
        byte[] scgi = scgi("CONTENT_LENGTH~0~SCGI~1~A~" + "b".repeat(500) + "~");
        byte[] uwsgi = uwsgi(0, 0, "A", "b".repeat(500), "CONTENT_LENGTH", "0");
        for (int size = 1; size < 40; size++) {
            assertThat(inPieces(new ScgiReader(LIMITS), scgi, size).get("A")).hasSize(500);
            assertThat(inPieces(new UwsgiReader(LIMITS), uwsgi, size).get("A")).hasSize(500);
        }
    }

    private static Parameters inPieces(HeadReader reader, byte[] input, int size) throws ProtocolException {
        assertThat(reader.begun()).isFalse();
        Parameters read = null;
        for (int at = 0; at < input.length; at += size) {
            assertThat(read).as("complete before its end").isNull();
            read = read(reader, Arrays.copyOfRange(input, at, Math.min(at + size, input.length)));
            assertThat(reader.begun()).isTrue();
        }
        assertThat(read).isNotNull();
        return read;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET / HTTP/1.1 | expected the length of the headers as digits and ':', found 'G' 0x47 (does the",
                "1x | as digits and ':', found 'x' 0x78",
                ": | found ':' 0x3a",
                "024:CONTENT_LENGTH | found '2' 0x32",
                "0:, | the headers are 0 bytes long",
                "16:CONTENT_LENGTH~~ | the headers are 16 bytes long",
                "9999999999: | more than 1024 bytes (max_parameter_bytes)",
                "0000000000: | found '0' 0x30",
                "24:CONTENT_LENGTH~4~SCGI~1~; | expected ',' after the headers, found ';' 0x3b",
                "24:SCGI~1~CONTENT_LENGTH~4~, | the first header is not CONTENT_LENGTH",
                "24:CONTENT_LENGTH~4~SCGI~12, | the headers end within a value",
                "24:CONTENT_LENGTH~4~SCGI~~~, | header 3 has no name",
                "22:CONTENT_LENGTH~4~SCGI~, | the headers end within a value",
                "21:CONTENT_LENGTH~4~SCGI, | the headers end within a name",
                "24:CONTENT_LENGTH~4~SCGI~2~, | expected version 1, found SCGI = 2",
                "34:CONTENT_LENGTH~4~CONTENT_LENGTH~5~, | CONTENT_LENGTH is both 4 and 5",
            })
    void whatIsNotScgiIsRefused(String input, String why) {
        refused(new ScgiReader(LIMITS), bytes(input.strip()), why.strip());
    }

    @ParameterizedTest
    @ValueSource(strings = {"34:CONTENT_LENGTH~4~CONTENT_LENGTH~4~,", "33:CONTENT_LENGTH~4~CONTENT_LENGTH~~,"})
    void contentLengthMayBeRepeatedWithTheSameValueOrNone(String input) throws ProtocolException {
        assertThat(read(new ScgiReader(LIMITS), bytes(input)).get("CONTENT_LENGTH"))
                .isEqualTo("4");
    }

    @ParameterizedTest
    @CsvSource({"1, 0", "5, 0", "29, 0", "31, 0", "255, 0", "0, 1", "0, 255", "30, 1"})
    void otherUwsgiModifiersAreRefused(int modifier1, int modifier2) {
        String why = "modifier1 " + modifier1 + " and modifier2 " + modifier2 + " are not served";
        refused(new UwsgiReader(LIMITS), uwsgi(modifier1, modifier2, "A", "b"), why);
    }

    @Test
    void modifier30IsARequest() throws ProtocolException {
        assertThat(read(new UwsgiReader(LIMITS), uwsgi(30, 0, "A", "b")).get("A"))
                .isEqualTo("b");
    }

    @Test
    void brokenUwsgiVariablesAreRefused() {
        refused(
                new UwsgiReader(LIMITS),
                packet(0, 5, 0, (byte) 4, (byte) 0, (byte) 'A', (byte) 0, (byte) 0),
                "variable 1 claims 4 bytes, but only 3 are there");
        refused(
                new UwsgiReader(LIMITS),
                packet(0, 6, 0, (byte) 1, (byte) 0, (byte) 'A', (byte) 2, (byte) 0, (byte) 'b'),
                "variable 1 claims 2 bytes, but only 1 are there");
        refused(new UwsgiReader(LIMITS), packet(0, 1, 0, (byte) 1), "end inside a length");
        refused(new UwsgiReader(LIMITS), packet(0, 3, 0, (byte) 1, (byte) 0, (byte) 'A'), "end inside a length");
        refused(new UwsgiReader(LIMITS), uwsgi(0, 0, "", "b"), "variable 1 has no name");
    }

    @Test
    void variablesAreBoundedInBytes() throws ProtocolException {
        String fits = "b".repeat(1024 - 20);
        assertThat(read(new ScgiReader(LIMITS), scgi("CONTENT_LENGTH~0~A~" + fits + "~")))
                .isNotNull();
        refused(new ScgiReader(LIMITS), scgi("CONTENT_LENGTH~0~A~b" + fits + "~"), "max_parameter_bytes");
        assertThat(read(new UwsgiReader(LIMITS), uwsgi(0, 0, "A", "b".repeat(1019))))
                .isNotNull();
        refused(new UwsgiReader(LIMITS), uwsgi(0, 0, "A", "b".repeat(1020)), "1025 bytes, more than 1024 (max_para");
    }

    @Test
    void variablesAreBoundedInNumber() throws ProtocolException {
        String[] pairs = new String[34];
        StringBuilder headers = new StringBuilder("CONTENT_LENGTH~0~");
        for (int i = 0; i < pairs.length; i++) {
            pairs[i] = "V" + i / 2;
        }
        for (int i = 0; i < 15; i++) {
            headers.append('V').append(i).append("~x~");
        }
        assertThat(read(new UwsgiReader(LIMITS), uwsgi(0, 0, Arrays.copyOf(pairs, 32)))
                        .count())
                .isEqualTo(16);
        refused(new UwsgiReader(LIMITS), uwsgi(0, 0, pairs), "more than 16 parameters (max_parameters)");
        assertThat(read(new ScgiReader(LIMITS), scgi(headers.toString())).count())
                .isEqualTo(16);
        refused(new ScgiReader(LIMITS), scgi(headers + "V16~x~"), "more than 16 parameters (max_parameters)");
    }

    @ParameterizedTest
    @CsvSource({"'', 0", "0, 0", "007, 7", "999999999999999999, 999999999999999999"})
    void contentLengthIsANumber(String text, long length) throws ProtocolException {
        assertThat(HeadReader.contentLength(text)).isEqualTo(length);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "+1", "0x10", "1 ", "1e3", "9999999999999999999", "\u0661"})
    void otherContentLengthsAreRefused(String text) {
        assertThatExceptionOfType(ProtocolException.class).isThrownBy(() -> HeadReader.contentLength(text));
    }

    /// Changed bytes of good requests; the long run is the fuzzer's.
    @Test
    void garbageIsReadOrRefusedAndNothingElse() {
        Random random = new Random(4);
        byte[] scgi = scgi("CONTENT_LENGTH~0~SCGI~1~A~bbbbbbbbbb~CC~d~");
        byte[] uwsgi = uwsgi(0, 0, "A", "bbbbbbbbb", "CONTENT_LENGTH", "0");
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            refused += isRefused(new ScgiReader(LIMITS), changed(scgi, random)) ? 1 : 0;
            refused += isRefused(new UwsgiReader(LIMITS), changed(uwsgi, random)) ? 1 : 0;
        }
        assertThat(refused).isBetween(1000, 39_000);
    }

    private static byte[] changed(byte[] input, Random random) {
        byte[] changed = input.clone();
        for (int i = random.nextInt(3); i >= 0; i--) {
            changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
        }
        return changed;
    }

    private static boolean isRefused(HeadReader reader, byte[] input) {
        try {
            read(reader, input);
            return false;
        } catch (ProtocolException e) {
            return true;
        }
    }
}
