package dev.penstock.fastcgi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResponseHeadParserTest {
    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /// The head of a text, which is the same at once and byte by byte.
    private static @Nullable ResponseHead head(String text) throws ProtocolException {
        ResponseHead whole = new ResponseHeadParser().parse(ByteBuffer.wrap(bytes(text)));
        ResponseHeadParser parser = new ResponseHeadParser();
        ResponseHead slow = null;
        for (byte b : bytes(text)) {
            slow = slow != null ? slow : parser.parse(ByteBuffer.wrap(new byte[] {b}));
        }
        assertThat(slow).isEqualTo(whole);
        return whole;
    }

    private static ResponseHead.Header header(String name, String value) {
        return new ResponseHead.Header(name, value);
    }

    @Test
    void statusAndHeadersComeInTheirOrder() throws ProtocolException {
        ResponseHead head =
                head("Status: 404 Not Found\r\nContent-Type: text/plain\r\nSet-Cookie: a\r\nset-cookie:b\r\n\r\n");
        assertThat(head)
                .isEqualTo(new ResponseHead(
                        404,
                        "Not Found",
                        java.util.List.of(
                                header("Content-Type", "text/plain"),
                                header("Set-Cookie", "a"),
                                header("set-cookie", "b"))));
        assertThat(head.first("SET-COOKIE")).isEqualTo("a");
        assertThat(head.all("Set-Cookie")).containsExactly("a", "b");
        assertThat(head.first("Location")).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n"})
    void linesEndAsTheApplicationLikes(String end) throws ProtocolException {
        assertThat(head("A: b" + end + "C:d" + "\n" + end).headers())
                .containsExactly(header("A", "b"), header("C", "d"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "A: b|200|''",
                "Location: /elsewhere|302|''",
                "Status: 201|201|''",
                "STATUS:404|404|''",
                "Status:  500  Oh no  |500|Oh no",
                "HTTP/1.1 404 Not Found|404|Not Found",
                "HTTP/1.0 200|200|''",
                "Status: 999 \u00e9|999|\u00e9"
            })
    void statusIsFoundOrImplied(String line, int status, String reason) throws ProtocolException {
        ResponseHead head = head(line + "\n\n");
        assertThat(head.status()).isEqualTo(status);
        assertThat(head.reason()).isEqualTo(reason);
    }

    @Test
    void givenStatusStandsBesideALocation() throws ProtocolException {
        assertThat(head("Location: /x\nStatus: 201\n\n").status()).isEqualTo(201);
    }

    @Test
    void bodyStaysInTheBuffer() throws ProtocolException {
        ByteBuffer in = ByteBuffer.wrap(bytes("A: b\n\n\nbody"));
        assertThat(new ResponseHeadParser().parse(in)).isNotNull();
        assertThat(StandardCharsets.ISO_8859_1.decode(in).toString()).isEqualTo("\nbody");
    }

    @Test
    void unfinishedHeadIsNone() throws ProtocolException {
        assertThat(head("A: b\r\nC: d\r\n\r")).isNull();
        assertThat(head("")).isNull();
    }

    @Test
    void emptyValuesTabsAndHighBytesAreTaken() throws ProtocolException {
        assertThat(head("A:\nB: \t c\td\u00ff \n\n").headers())
                .containsExactly(header("A", ""), header("B", "c\td\u00ff"));
    }

    @Test
    void authorizersVariablesAreTheirs() throws ProtocolException {
        Parameters variables = head("Status: 200\nVariable-USER: ann\nvariable-B:\nVariable-: x\nOther: y\n\n")
                .variables();
        assertThat(variables.get("USER")).isEqualTo("ann");
        assertThat(variables.get("B")).isEmpty();
        assertThat(variables.count()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\n",
                "\r\n",
                "<html>\n",
                "Hello, world: this is no header\n",
                ": value\n",
                "A: b\n folded: c\n",
                "A : b\n",
                "A: b\rC: d\n",
                "A: b\u0000\n",
                "A: \u001b[2J\n",
                "A: b\u007f\n",
                "\u00e9: b\n",
                "Status: 20\n",
                "Status: 2000\n",
                "Status: 200OK\n",
                "Status: 099\n",
                "Status:\n",
                "Status: OK\n",
                "Status: 200 a\rb\n",
                "HTTP/1.1\n",
                "A: b\nHTTP/1.1 200 OK\n"
            })
    void whatIsNoHeadIsRefusedAndShownHarmlessly(String text) {
        assertThatExceptionOfType(ProtocolException.class)
                .isThrownBy(() -> head(text))
                .satisfies(e -> assertThat(e.getMessage()).matches("[\\x20-\\x7e\u2026]+"));
    }

    @Test
    void headAtTheLimitIsTakenAndOneByteMoreIsNot() throws ProtocolException {
        String head = "A: " + "x".repeat(94) + "\r\n\r";
        assertThat(new ResponseHeadParser(101, 1).parse(ByteBuffer.wrap(bytes(head + "\n"))))
                .isNotNull();
        assertThat(new ResponseHeadParser(102, 1).parse(ByteBuffer.wrap(bytes(head + "\n"))))
                .isNotNull();
        assertThatExceptionOfType(ProtocolException.class)
                .isThrownBy(() -> new ResponseHeadParser(100, 1).parse(ByteBuffer.wrap(bytes(head + "\n"))))
                .withMessageContaining("max_head_bytes");
    }

    @Test
    void headersAtTheLimitAreTakenAndOneMoreIsNot() throws ProtocolException {
        assertThat(new ResponseHeadParser(100, 2).parse(ByteBuffer.wrap(bytes("Status: 200\nA: 1\nB: 2\n\n"))))
                .isNotNull();
        assertThatExceptionOfType(ProtocolException.class)
                .isThrownBy(() -> new ResponseHeadParser(100, 2).parse(ByteBuffer.wrap(bytes("A: 1\nB: 2\nC: 3\n"))))
                .withMessageContaining("max_headers");
    }

    @Test
    void limitsMustAllowSomething() {
        assertThatIllegalArgumentException().isThrownBy(() -> new ResponseHeadParser(15, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new ResponseHeadParser(16, 0));
    }
}
