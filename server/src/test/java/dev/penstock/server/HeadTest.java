package dev.penstock.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeadTest {
    private static Head parse(String text) {
        return Head.parse(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static List<String> headers(Head head) {
        List<String> headers = new ArrayList<>();
        head.forEachHeader((name, value) -> headers.add(name + "=" + value));
        return headers;
    }

    @Test
    void headersAreHandedOnInOrderWithoutTheStatus() {
        Head head = parse("Status: 404 Not Found\r\nB: 1\r\nA:2\r\nb:  3 \r\nE:\r\nU: a:b\r\n\r\n");
        assertThat(head.status()).isEqualTo(404);
        assertThat(headers(head)).containsExactly("B=1", "A=2", "b=3", "E=", "U=a:b");
    }

    @Test
    void blockIsKeptByteForByte() {
        String text = "Status: 200 OK\r\nX: caf\u00e9\tx\r\n\r\n";
        assertThat(parse(text).block()).isEqualTo(text.getBytes(StandardCharsets.ISO_8859_1));
        assertThat(headers(parse(text))).containsExactly("X=caf\u00e9\tx");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Status: 200\r\n\r\n", "Status: 200 \r\n\r\n", "Status: 200 A b: c\r\n\r\n"})
    void reasonIsFreeText(String text) {
        assertThat(parse(text).status()).isEqualTo(200);
        assertThat(headers(parse(text))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"100", "999"})
    void statusHasThreeDigits(String status) {
        assertThat(parse("Status: " + status + "\r\n\r\n").status()).isEqualTo(Integer.parseInt(status));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "S",
                "\r\n",
                "HTTP/1.1 200 OK\r\n\r\n",
                "status: 200 OK\r\n\r\n",
                "Content-Type: a/b\r\nStatus: 200 OK\r\n\r\n",
            })
    void statusComesFirst(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse(text))
                .withMessage("the response head does not begin with its status");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "2", "20", "20x", "099", "2000 OK", "-20 OK", "200OK", " 200"})
    void otherStatusesAreRefused(String status) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse("Status: " + status + "\r\n\r\n"))
                .withMessage("the status of the response is not a three-digit number");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Status: 200 OK",
                "Status: 200 OK\r",
                "Status: 200 OK\n\n",
                "Status: 200 OK\r\nA: b",
                "Status: 200 OK\r\nA: b\r",
                "Status: 200 OK\r\nA: b\nEvil: c\r\n\r\n",
                "Status: 200 OK\r\nA: b\rEvil: c\r\n\r\n",
                "Status: 200 OK\r\nA: b\u0000\r\n\r\n",
                "Status: 200 O\u0000K\r\n\r\n",
                "Status: 200 O\rK\r\n\r\n",
            })
    void linesEndInCrLfAndHoldNoControlCharacterThatCouldSplitThem(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse(text))
                .withMessageStartingWith("a line of the response head has no CR LF");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Status: 200 OK\r\n",
                "Status: 200 OK\r\nA: b\r\n",
                "Status: 200 OK\r\n\r\nbody",
                "Status: 200 OK\r\n\r\n\r\n",
                "Status: 200 OK\r\n\r"
            })
    void oneEmptyLineEndsIt(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse(text))
                .withMessage("the response head does not end with its one empty line");
    }

    @ParameterizedTest
    @ValueSource(strings = {"no colon", ": value", "na me: v", "name : v", "\tfolded", "n\u00e4me: v", "a(b): v"})
    void otherLinesAreNoHeaders(String line) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse("Status: 200 OK\r\n" + line + "\r\n\r\n"))
                .withMessage("a response header is not `Name: value`: " + Printable.of(line));
    }

    @Test
    void garbageIsRefusedWithNothingButThat() {
        Random random = new Random(20261122);
        byte[] good = "Status: 200 OK\r\nA: b\r\nC: d\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);
        int refused = 0;
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = java.util.Arrays.copyOf(good, random.nextInt(good.length + 3));
            if (bytes.length > 0) {
                bytes[random.nextInt(bytes.length)] = (byte) "\r\n\0: Aé".charAt(random.nextInt(7));
            }
            try {
                headers(Head.parse(bytes));
            } catch (IllegalArgumentException e) {
                refused++;
            }
        }
        assertThat(refused).isBetween(15_000, 19_990);
    }

    @Test
    void headOfOurOwnIsWrittenAsABlock() {
        Head head = Head.of(503, "Service Unavailable", "Retry-After", "1", "A", "b");
        assertThat(new String(head.block(), StandardCharsets.ISO_8859_1))
                .isEqualTo("Status: 503 Service Unavailable\r\nRetry-After: 1\r\nA: b\r\n\r\n");
    }
}
