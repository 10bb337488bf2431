package dev.penstock.tap;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// What either side can do wrong, and what is no fault though it looks like one.
class FaultsTest {
    private static final String HEAD = "Status: 200 OK\r\nContent-Type: text/plain\r\n\r\n";

    private final Watched watched = new Watched();

    private static Wire request(boolean keeps, String... variables) {
        return new Wire().begin(1, 1, keeps).params(1, variables);
    }

    private Watched asked(boolean keeps) {
        return watched.server(request(keeps, "REQUEST_METHOD", "GET").stdin(1, ""));
    }

    @Test
    void aGoodRequestIsALineWithoutFaults() {
        watched.server(new Wire()
                .begin(1, 1, true)
                .params(1, "REQUEST_METHOD", "POST", "REQUEST_URI", "/a?b=c", "CONTENT_LENGTH", "4")
                .stdin(1, "body"));
        watched.after(2500).application(new Wire().answer(1, HEAD + "hello"));

        assertThat(watched.faults()).isEmpty();
        assertThat(watched.lines.toString())
                .contains(" 200 POST /a?b=c  in 4 B, out 5 B, first byte 2.5 ms, all 2.5 ms  #1/1 responder, keep"
                        + "  complete");
    }

    @Test
    void endRequestWithoutStdout() {
        asked(true).application(new Wire().end(1));
        assertThat(watched.faults()).containsExactly(Fault.END_WITHOUT_STDOUT);
    }

    @Test
    void anEmptyStdoutIsNoAnswerEither() {
        asked(true).application(new Wire().answer(1, ""));
        assertThat(watched.faults()).containsExactly(Fault.END_WITHOUT_STDOUT);
    }

    @Test
    void theEmptyStdoutIsMissing() {
        asked(true).application(new Wire().record(SideReader.STDOUT, 1, HEAD).end(1));
        assertThat(watched.faults()).containsExactly(Fault.STDOUT_NOT_ENDED);
    }

    @Test
    void stdoutAfterTheEmptyStdout() {
        asked(true)
                .application(new Wire()
                        .record(SideReader.STDOUT, 1, HEAD)
                        .record(SideReader.STDOUT, 1, "")
                        .record(SideReader.STDOUT, 1, "more")
                        .end(1));
        assertThat(watched.faults()).containsExactly(Fault.STDOUT_AFTER_END);
    }

    @Test
    void recordsAfterEndRequestAndForAnIdThatNobodyAsked() {
        asked(true).application(new Wire().answer(1, HEAD).record(SideReader.STDOUT, 1, "x"));
        assertThat(watched.faults()).containsExactly(Fault.RECORD_AFTER_END);
        watched.application(new Wire().record(SideReader.STDERR, 7, "x"));
        assertThat(watched.faults()).endsWith(Fault.ANSWER_TO_NOBODY);
    }

    @Test
    void theSameFaultOfAConnectionIsShownOnce() {
        for (int id = 1; id < 100; id++) {
            watched.application(new Wire().record(SideReader.STDOUT, id, "x"));
        }
        assertThat(watched.faults()).containsExactly(Fault.ANSWER_TO_NOBODY);
    }

    @Test
    void closedWithoutEndRequest() {
        asked(false).application(new Wire().record(SideReader.STDOUT, 1, HEAD + "hal"));
        watched.tell(Entry.Kind.APPLICATION_CLOSED);
        assertThat(watched.faults()).containsExactly(Fault.CLOSED_WITHOUT_END);
        assertThat(watched.exchanges.getFirst().outcome).isEqualTo("application closed");
    }

    @Test
    void aWebServerThatClosesFirstIsNobodysFault() {
        asked(false).tell(Entry.Kind.SERVER_CLOSED).tell(Entry.Kind.APPLICATION_CLOSED);
        assertThat(watched.faults()).isEmpty();
        assertThat(watched.exchanges.getFirst().outcome).isEqualTo("web server closed");
    }

    @Test
    void anAbortedRequestMayEndWithoutAnAnswer() {
        asked(true).server(new Wire().record(SideReader.ABORT_REQUEST, 1, "")).application(new Wire().end(1));
        assertThat(watched.faults()).isEmpty();
        assertThat(watched.exchanges.getFirst().outcome).isEqualTo("complete, aborted");
    }

    @Test
    void keepConnIsZeroAndTheApplicationDoesNotClose() {
        asked(false).application(new Wire().answer(1, HEAD));
        assertThat(watched.after(1_999_999).faults()).isEmpty();
        assertThat(watched.after(1).faults()).containsExactly(Fault.NOT_CLOSED);
    }

    @Test
    void keepConnIsZeroAndTheApplicationCloses() {
        asked(false).application(new Wire().answer(1, HEAD)).tell(Entry.Kind.APPLICATION_CLOSED);
        assertThat(watched.after(9_000_000).faults()).isEmpty();
    }

    @Test
    void keepConnIsOneAndTheApplicationClosesAtOnce() {
        asked(true).application(new Wire().answer(1, HEAD)).tell(Entry.Kind.APPLICATION_CLOSED);
        assertThat(watched.faults()).containsExactly(Fault.CLOSED_DESPITE_KEEP);
    }

    @Test
    void keepConnIsOneAndTheApplicationClosesAfterAWhile() {
        asked(true).application(new Wire().answer(1, HEAD)).after(1_000_000).tell(Entry.Kind.APPLICATION_CLOSED);
        assertThat(watched.faults()).isEmpty();
    }

    @Test
    void closedWithInputThatWasNotRead() {
        watched.server(request(false, "CONTENT_LENGTH", "100").record(SideReader.STDIN, 1, "xx"));
        watched.application(new Wire().answer(1, HEAD)).tell(Entry.Kind.APPLICATION_RESET);
        assertThat(watched.faults()).containsExactly(Fault.CLOSED_WITH_INPUT);
    }

    @Test
    void theBodyIsShorterOrLongerThanContentLength() {
        watched.server(request(true, "CONTENT_LENGTH", "5").stdin(1, "four")).application(new Wire().answer(1, HEAD));
        watched.server(request(true, "CONTENT_LENGTH", "3").stdin(1, "four")).application(new Wire().answer(1, HEAD));
        assertThat(watched.faults()).containsExactly(Fault.STDIN_SHORT, Fault.STDIN_LONG);
    }

    @Test
    void aContentLengthThatIsNoNumberPromisesNothing() {
        watched.server(request(true, "CONTENT_LENGTH", "-1").stdin(1, "four")).application(new Wire().answer(1, HEAD));
        assertThat(watched.faults()).isEmpty();
    }

    @Test
    void anIdIsUsedAgainBeforeItsInputHasEnded() {
        watched.server(request(true)).application(new Wire().answer(1, HEAD));
        watched.server(request(true).stdin(1, "")).application(new Wire().answer(1, HEAD));
        assertThat(watched.faults()).containsExactly(Fault.STDIN_NOT_ENDED);
    }

    @Test
    void inputMayEndAfterTheAnswer() {
        watched.server(request(true)).application(new Wire().answer(1, HEAD));
        watched.server(new Wire().stdin(1, "late"));
        watched.server(request(true).stdin(1, "")).application(new Wire().answer(1, HEAD));
        assertThat(watched.faults()).isEmpty();
    }

    @Test
    void anAuthorizerHasNoInput() {
        Wire authorize = new Wire().begin(1, 2, true).params(1, "REQUEST_METHOD", "GET");
        watched.server(authorize).application(new Wire().answer(1, HEAD));
        watched.server(authorize).application(new Wire().answer(1, HEAD));
        assertThat(watched.faults()).isEmpty();
    }

    @Test
    void headsThatWebServersTakeDifferently() {
        answered("Content-Type: text/plain\r\n\r\n", Fault.NO_STATUS);
        answered("Location: /there\r\n\r\n", Fault.LOCATION_ALONE);
        answered("Status: 200 OK\n\n", Fault.HEAD_LF);
        answered("Status: OK\r\n\r\n", Fault.HEAD_STATUS);
        answered("Status: 200 OK\r\nSome words\r\n\r\n", Fault.HEAD_LINE);
        answered("HTTP/1.1 200 OK\r\nStatus: 200 OK\r\n\r\n", Fault.HEAD_LINE);
        answered("Status: 200 OK\r\nX: a\rSet-Cookie: b\r\n\r\n", Fault.HEAD_CONTROL);
        answered("Status: 200 OK\r\nX: a\0b\r\n\r\n", Fault.HEAD_CONTROL);
        answered("Status: 200 OK\r\nX: a\r\n b\r\n\r\n", Fault.HEAD_FOLDED);
        answered("Status: 200 OK\r\nX: a\r\n", Fault.HEAD_WITHOUT_END);
        answered("Status: 200 OK\r\nContent-Length: 4\r\n\r\nhello", Fault.BODY_LENGTH);
    }

    @Test
    void headsAtTheLimitsOfServersAndOneByteOverThem() {
        String status = "Status: 200 OK\r\n";
        answered(status + "X: " + "a".repeat(4096 - 16 - 3 - 4) + "\r\n\r\n");
        answered(status + "X: " + "a".repeat(4096 - 16 - 3 - 4 + 1) + "\r\n\r\n", Fault.HEAD_OVER_4K);
        answered(status + "X: " + "a".repeat(8190 - 3) + "\r\n\r\n", Fault.HEAD_OVER_4K);
        answered(status + "X: " + "a".repeat(8190 - 3 + 1) + "\r\n\r\n", Fault.HEAD_LINE_TOO_LONG, Fault.HEAD_OVER_4K);
        String long1 = "X: " + "a".repeat(8000) + "\r\n";
        String fill = "Y: " + "a".repeat(16384 - 16 - 2 * 8005 - 3 - 4);
        answered(status + long1 + long1 + fill + "\r\n\r\n", Fault.HEAD_OVER_4K);
        answered(status + long1 + long1 + fill + "a\r\n\r\n", Fault.HEAD_OVER_16K);
    }

    @Test
    void aHeadThatNeverEndsIsGivenUp() {
        Wire answer = new Wire();
        for (int i = 0; i < 100; i++) {
            answer.record(SideReader.STDOUT, 1, ("X" + i + ": " + "a".repeat(995) + "\r\n"));
        }
        asked(true).application(answer.record(SideReader.STDOUT, 1, "").end(1));
        assertThat(watched.faults()).contains(Fault.HEAD_WITHOUT_END);
    }

    private void answered(String output, Fault... expected) {
        Watched one = new Watched();
        one.server(request(true, "REQUEST_METHOD", "GET").stdin(1, "")).application(new Wire().answer(1, output));
        assertThat(one.faults())
                .as(output.substring(0, Math.min(60, output.length())))
                .containsExactly(expected);
        Watched slowly = new Watched();
        slowly.server(request(true, "REQUEST_METHOD", "GET").stdin(1, ""));
        slowly.pass(Side.APPLICATION, new Wire().answer(1, output).bytes(), 1);
        assertThat(slowly.faults()).containsExactly(expected);
    }

    @Test
    void theStatusThatAWebServerMakesOfAHead() {
        asked(true).application(new Wire().answer(1, "Location: /there\r\n\r\n"));
        asked(true).application(new Wire().answer(1, "X: y\r\n\r\n"));
        asked(true).application(new Wire().answer(1, "status:404 Not Found\r\n\r\n"));
        assertThat(watched.exchanges)
                .extracting(exchange -> exchange.head.status())
                .containsExactly(302, 200, 404);
    }

    @Test
    void theLengthOfAnAnswerToHeadCountsForNothing() {
        watched.server(request(true, "REQUEST_METHOD", "HEAD").stdin(1, ""));
        watched.application(new Wire().answer(1, "Status: 200 OK\r\nContent-Length: 10\r\n\r\n"));
        assertThat(watched.faults()).isEmpty();
    }

    @Test
    void endRequestOfAnotherLengthAndStatus() {
        asked(true)
                .application(new Wire()
                        .record(SideReader.STDOUT, 1, HEAD)
                        .record(SideReader.STDOUT, 1, "")
                        .record(SideReader.END_REQUEST, 1, "\0\0\0\3\7"));
        assertThat(watched.faults()).containsExactly(Fault.END_LENGTH, Fault.END_STATUS);
        assertThat(watched.exchanges.getFirst().outcome).isEqualTo("status 7, application status 3");
    }

    @Test
    void anOverloadedApplicationSaysSo() {
        asked(true).application(new Wire().record(SideReader.END_REQUEST, 1, "\0\0\0\0\2\0\0\0"));
        assertThat(watched.exchanges.getFirst().outcome).isEqualTo("overloaded");
    }

    @Test
    void typesThatOnlyTheOtherSideSends() {
        asked(true).server(new Wire().record(SideReader.STDOUT, 1, "x"));
        watched.application(new Wire().record(SideReader.STDIN, 1, "x").answer(1, HEAD));
        assertThat(watched.faults()).containsExactly(Fault.FOREIGN_TYPE_SKIPPED, Fault.FOREIGN_TYPE);
    }

    @Test
    void somethingElseThanFastCgi() {
        watched.server(new Wire().raw("GET / HTTP/1.1\r\n")).application(new Wire().raw("\u0016\3\1\2"));
        assertThat(watched.findings)
                .extracting(Finding::toString)
                .containsExactly("fault (web server, FastCGI 3.3): not a FastCGI record of version 1: begins with"
                        + " 47 45 54 20 2f 20 48 54 \"GET / HT\" (HTTP?)");
    }

    @Test
    void aRecordThatIsCutByTheEnd() {
        watched.server(new Wire().raw("\1\1\0")).tell(Entry.Kind.SERVER_CLOSED);
        assertThat(watched.faults()).containsExactly(Fault.CUT_RECORD);
    }

    @Test
    void valuesThatAreAskedForAndNotAnswered() {
        watched.server(new Wire().record(SideReader.GET_VALUES, 0, Wire.pairs("FCGI_MAX_CONNS", "")));
        watched.tell(Entry.Kind.SERVER_CLOSED).over();
        assertThat(watched.faults()).containsExactly(Fault.VALUES_NOT_ANSWERED);
    }

    @Test
    void valuesThatAreAnswered() {
        watched.server(new Wire().record(SideReader.GET_VALUES, 0, Wire.pairs("FCGI_MAX_CONNS", "")));
        watched.application(new Wire().record(SideReader.GET_VALUES_RESULT, 0, Wire.pairs("FCGI_MAX_CONNS", "1")));
        watched.tell(Entry.Kind.SERVER_CLOSED).over();
        assertThat(watched.faults()).isEmpty();
    }

    @Test
    void interleavedRequestsAreToldApart() {
        watched.server(new Wire()
                .begin(1, 1, true)
                .begin(2, 1, true)
                .params(2, "REQUEST_URI", "/two")
                .params(1, "REQUEST_URI", "/one")
                .stdin(1, "")
                .stdin(2, "x"));
        watched.application(new Wire()
                .record(SideReader.STDOUT, 1, HEAD)
                .answer(2, HEAD)
                .record(SideReader.STDOUT, 1, "")
                .end(1));
        assertThat(watched.faults()).isEmpty();
        assertThat(watched.exchanges).extracting(Exchange::uri).containsExactly("/two", "/one");
    }

    @Test
    void afterAGapNothingIsBlamedOnAnybody() {
        asked(true).tell(Entry.Kind.GAP_FROM_APPLICATION);
        watched.application(new Wire().record(SideReader.STDOUT, 1, "rest").end(1))
                .server(new Wire().stdin(1, "x"));
        asked(true).application(new Wire().answer(1, HEAD)).over();
        assertThat(watched.faults()).isEmpty();
        assertThat(watched.exchanges).hasSize(1);
        assertThat(watched.unseen()).isEqualTo(1);
    }

    @Test
    void memoryIsBoundedAndGivenBack() {
        Bounds bounds = new Bounds(2000, 256 * 1024, 256, 400, 3 * Exchange.BYTES, 1 << 20);
        Watched small = new Watched(bounds, false, new Look(false, false, false, false));
        for (int id = 1; id <= 5; id++) {
            small.server(new Wire().begin(id, 1, true));
        }
        small.over();
        assertThat(small.exchanges).hasSize(3);
        assertThat(small.unseen()).isEqualTo(2);
        assertThat(small.budget.used()).isZero();
    }
}
