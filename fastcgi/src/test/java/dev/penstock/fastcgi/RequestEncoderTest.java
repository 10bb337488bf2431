package dev.penstock.fastcgi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A web server's records, read back by the [Decoder].
class RequestEncoderTest {
    private final ByteBuffer out = ByteBuffer.allocate(500_000);

    private List<String> decoded() {
        byte[] bytes = new byte[out.flip().remaining()];
        out.get(bytes);
        Limits limits = new Limits(256 * 1024, 1000, 64, 8192, 256 * 1024, 1000);
        return Transcript.of(bytes, limits, 1000, new Random(1));
    }

    private void stream(RecordType stream, int id, byte[] bytes) {
        ByteBuffer content = ByteBuffer.wrap(bytes);
        while (content.hasRemaining()) {
            RequestEncoder.content(out, stream, id, content);
        }
        RequestEncoder.endOf(out, stream, id);
    }

    @Test
    void requestWithBodyComesBack() {
        Parameters parameters = new Parameters();
        parameters.set("REQUEST_METHOD", "POST");
        RequestEncoder.begin(out, 258, Role.RESPONDER, true);
        stream(RecordType.PARAMS, 258, parameters.encode());
        stream(RecordType.STDIN, 258, "body".getBytes());
        assertThat(decoded())
                .containsExactly(
                        "> Begin 258 RESPONDER keep [REQUEST_METHOD=POST]", "> Stdin 258 \"body\"", "> StdinEnd 258");
    }

    @Test
    void filterGetsItsFileAfterTheBody() {
        RequestEncoder.begin(out, 1, Role.FILTER, false);
        stream(RecordType.PARAMS, 1, new byte[0]);
        stream(RecordType.STDIN, 1, new byte[0]);
        stream(RecordType.DATA, 1, "file".getBytes());
        assertThat(decoded())
                .containsExactly("> Begin 1 FILTER close []", "> StdinEnd 1", "> Data 1 \"file\"", "> DataEnd 1");
    }

    @Test
    void parametersOverOneRecordGoIntoSeveral() {
        Parameters parameters = new Parameters();
        parameters.set("LONG", "x".repeat(200_000));
        RequestEncoder.begin(out, 1, Role.AUTHORIZER, false);
        stream(RecordType.PARAMS, 1, parameters.encode());
        assertThat(decoded()).singleElement().asString().startsWith("> Begin 1 AUTHORIZER close [LONG=<200000 bytes");
    }

    @Test
    void abortComesBack() {
        RequestEncoder.begin(out, 9, Role.RESPONDER, true);
        RequestEncoder.abort(out, 9);
        assertThat(decoded()).containsExactly("> AbortedEarly 9 keep");
    }

    @Test
    void questionForLimitsComesBack() throws ProtocolException {
        RequestEncoder.getValues(out, List.of("FCGI_MPXS_CONNS", "FCGI_MAX_REQS"));
        Decoder decoder = new Decoder(Limits.DEFAULT);
        decoder.feed(out.flip());
        assertThat(decoder.next()).isEqualTo(new Event.GetValues(List.of("FCGI_MPXS_CONNS", "FCGI_MAX_REQS")));
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 17, 23, 24, 25, 1000, 70_000})
    void fillsTheRoomThatIsThereAndNoMore(int room) {
        ByteBuffer small = ByteBuffer.allocate(room);
        ByteBuffer content = ByteBuffer.wrap(new byte[100_000]);
        RequestEncoder.content(small, RecordType.STDIN, 1, content);
        assertThat(content.position()).isEqualTo(Math.min(room - 8, Encoder.MAX_CONTENT));
        assertThat(small.position()).isEqualTo(8 + content.position());
    }

    @Test
    void contentOfNothingWritesNothingSinceThatWouldEndTheStream() {
        RequestEncoder.content(out, RecordType.STDIN, 1, ByteBuffer.allocate(0));
        assertThat(out.position()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 7, 8})
    void withoutRoomItSaysSoAndWritesNothing(int room) {
        ByteBuffer small = ByteBuffer.allocate(room);
        assertThatThrownBy(() -> RequestEncoder.content(small, RecordType.STDIN, 1, ByteBuffer.wrap(new byte[1])))
                .isInstanceOf(BufferOverflowException.class);
        assertThatThrownBy(() -> RequestEncoder.begin(small, 1, Role.RESPONDER, false))
                .isInstanceOf(BufferOverflowException.class);
        assertThatThrownBy(() -> RequestEncoder.getValues(small, List.of("FCGI_MAX_REQS")))
                .isInstanceOf(BufferOverflowException.class);
        assertThat(small.position()).isZero();
    }

    @ParameterizedTest
    @EnumSource(ProtocolStatus.class)
    void statusesAreFoundByTheirCodes(ProtocolStatus status) {
        assertThat(ProtocolStatus.of(status.code())).isEqualTo(status);
        assertThat(ProtocolStatus.of(4)).isNull();
        assertThat(ProtocolStatus.of(-1)).isNull();
    }
}
