package dev.penstock.tap;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// No byte of a secret stays where the recording or the screen could take it from, and no length changes.
class MaskingTest {
    private static final String SECRET = "s3cr3t";
    private static final String BEGIN = "Status: 200 OK\r\n";

    private final Watched watched = new Watched();

    private String afterServer(Wire wire, int piece) {
        byte[] bytes = wire.bytes();
        watched.pass(Side.SERVER, bytes, piece);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private String afterApplication(Wire wire, int piece) {
        byte[] bytes = wire.bytes();
        watched.pass(Side.APPLICATION, bytes, piece);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP_COOKIE",
                "HTTP_AUTHORIZATION",
                "Authorization",
                "REDIRECT_HTTP_AUTHORIZATION",
                "HTTP_PROXY_AUTHORIZATION",
                "HTTP_X_API_KEY",
                "HTTP_X_APIKEY",
                "HTTP_X_AUTH_TOKEN",
                "HTTP_X_CSRFTOKEN",
                "REMOTE_PASSWORD",
                "PHP_AUTH_PW",
                "HTTP_X_AMZ_SECURITY_TOKEN",
                "OIDC_access_token",
                "SSL_SESSION_ID",
                "AWS_SECRET_ACCESS_KEY",
                "DATABASE_URL",
                "SENTRY_DSN",
                "PHP_ADMIN_VALUE",
                "SECRET_KEY",
                "HTTP_X_FUNCTIONS_KEY"
            })
    void secretVariablesAreMaskedAndTheirLengthsKept(String name) {
        for (int piece : new int[] {Integer.MAX_VALUE, 1, 3}) {
            Wire wire = new Wire().begin(1, 1, true).params(1, "A", "shown", name, SECRET, "B", "shown too");
            assertThat(afterServer(wire, piece))
                    .isEqualTo(new String(wire.bytes(), StandardCharsets.ISO_8859_1).replace(SECRET, "******"));
            watched.application(new Wire().answer(1, BEGIN + "\r\n"));
        }
        assertThat(watched.lines.toString()).contains(name + " = ******", "A = shown", "B = shown too");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"REQUEST_METHOD", "AUTH_TYPE", "REMOTE_USER", "HTTP_USER_AGENT", "SERVER_SIGNATURE", "PATH"})
    void whatTellsSomethingStays(String name) {
        Wire wire = new Wire().begin(1, 1, true).params(1, name, SECRET);
        assertThat(afterServer(wire, 1)).contains(SECRET);
    }

    @Test
    void aNameThatIsSentTwiceIsMaskedTwice() {
        Wire wire = new Wire().begin(1, 1, true).params(1, "HTTP_COOKIE", SECRET, "HTTP_COOKIE", "other");
        assertThat(afterServer(wire, 5)).doesNotContain(SECRET).doesNotContain("other");
    }

    @Test
    void aSecretThatStraddlesRecordsIsMasked() {
        String pairs = Wire.pairs("HTTP_COOKIE", "session=" + SECRET.repeat(40));
        for (int cut = 1; cut < pairs.length(); cut++) {
            Wire wire = new Wire()
                    .begin(1, 1, true)
                    .record(SideReader.PARAMS, 1, pairs.substring(0, cut))
                    .record(SideReader.PARAMS, 1, pairs.substring(cut))
                    .record(SideReader.PARAMS, 1, "");
            assertThat(afterServer(wire, 7)).doesNotContain("s3c").doesNotContain("session");
            watched.application(new Wire().answer(1, BEGIN + "\r\n"));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "/login?token=s3cr3t&x=1 /login?token=******&x=1",
                "/a?x=1&password=s3cr3t /a?x=1&password=******",
                "/a?x=1;api_key=s3cr3t#top /a?x=1;api_key=******#top",
                "/a#access_token=s3cr3t /a#access_token=******",
                "/a?code=s3cr3t&code=s3cr3t /a?code=******&code=******",
                "/token=s3cr3t /token=s3cr3t",
                "/a?colour=s3cr3t /a?colour=s3cr3t"
            })
    void secretsInAddressesAreMasked(String sent, String shown) {
        for (String name : new String[] {"REQUEST_URI", "HTTP_REFERER", "REDIRECT_URL"}) {
            for (int piece : new int[] {Integer.MAX_VALUE, 1}) {
                assertThat(afterServer(new Wire().begin(1, 1, true).params(1, name, sent), piece))
                        .contains(shown);
                watched.application(new Wire().answer(1, BEGIN + "\r\n"));
            }
        }
        int query = sent.indexOf('?');
        if (query >= 0) {
            Wire wire = new Wire().begin(1, 1, true).params(1, "QUERY_STRING", sent.substring(query + 1));
            assertThat(afterServer(wire, 1)).contains(shown.substring(query + 1));
        }
    }

    @Test
    void requestBodiesAreMaskedWhateverTheirType() {
        Wire wire = new Wire()
                .begin(1, 1, true)
                .params(1, "CONTENT_TYPE", "text/plain")
                .stdin(1, SECRET);
        assertThat(afterServer(wire, 2)).doesNotContain("s3c");
        watched.application(new Wire().answer(1, BEGIN + "\r\n"));
        assertThat(watched.lines.toString()).contains("request body, 6 B: ******");
    }

    @Test
    void secretHeadersOfAnAnswerAreMasked() {
        Wire wire = new Wire()
                .answer(
                        1,
                        BEGIN + "Set-Cookie: session=" + SECRET + "\r\nset-cookie:x=" + SECRET + "\r\n and " + SECRET
                                + "\r\nLocation: /a?token=" + SECRET + "\r\nX-Auth-Token: " + SECRET
                                + "\r\nVariable-REMOTE_PASSWORD: " + SECRET + "\r\nno header " + SECRET
                                + "\r\nX-Shown: yes\r\n\r\nbody");
        for (int piece : new int[] {Integer.MAX_VALUE, 1, 5}) {
            watched.server(new Wire().begin(1, 1, true).params(1).stdin(1, ""));
            assertThat(afterApplication(wire, piece))
                    .doesNotContain("s3c")
                    .contains("X-Shown: yes", "\r\n\r\nbody", "Location: /a?token=******");
        }
    }

    @Test
    void whatCannotBeAttributedIsMasked() {
        Wire wire = new Wire()
                .params(5, "A", SECRET)
                .stdin(6, SECRET)
                .record(77, 1, SECRET)
                .record(SideReader.STDOUT, 1, SECRET)
                .record(SideReader.ABORT_REQUEST, 1, SECRET)
                .raw("POST /x HTTP/1.1\r\nCookie: " + SECRET);
        assertThat(afterServer(wire, 4)).doesNotContain("s3c").contains("POST /x ");
        Wire answer =
                new Wire().record(SideReader.STDOUT, 1, "Set-Cookie: " + SECRET).record(SideReader.STDERR, 1, SECRET);
        assertThat(afterApplication(answer, 4)).doesNotContain("s3c");
    }

    @Test
    void paddingIsMaskedForItIsOldMemory() {
        byte[] bytes =
                new Wire().record(SideReader.GET_VALUES, 0, new byte[0], 6).bytes();
        System.arraycopy(SECRET.getBytes(StandardCharsets.US_ASCII), 0, bytes, 8, 6);
        watched.pass(Side.SERVER, bytes);
        assertThat(new String(bytes, 8, 6, StandardCharsets.US_ASCII)).isEqualTo("******");
    }

    @Test
    void aPairThatClaimsTooMuchHidesNothing() {
        Wire wire = new Wire()
                .begin(1, 1, true)
                .record(SideReader.PARAMS, 1, "\u000b\u007fHTTP_COOKIE" + SECRET)
                .record(SideReader.PARAMS, 1, "")
                .record(SideReader.PARAMS, 1, Wire.pairs("A", SECRET));
        assertThat(afterServer(wire, 1)).doesNotContain("s3c");
    }

    @Test
    void withKeepSecretsNothingChanges() {
        Watched open = new Watched(Bounds.DEFAULT, true, new Look(true, true, false, false));
        Wire wire = new Wire()
                .begin(1, 1, true)
                .params(1, "HTTP_COOKIE", SECRET, "QUERY_STRING", "token=" + SECRET)
                .stdin(1, SECRET)
                .record(77, 1, SECRET);
        byte[] bytes = wire.bytes();
        open.pass(Side.SERVER, bytes, 3);
        assertThat(bytes).isEqualTo(wire.bytes());
        byte[] answer = new Wire()
                .answer(1, BEGIN + "Set-Cookie: " + SECRET + "\r\nbad " + SECRET + "\r\n\r\n")
                .bytes();
        byte[] same = answer.clone();
        open.pass(Side.APPLICATION, answer, 3);
        assertThat(answer).isEqualTo(same);
    }
}
