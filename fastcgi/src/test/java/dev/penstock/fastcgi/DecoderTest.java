package dev.penstock.fastcgi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What its caller has to know; what the records mean is in `records`.
class DecoderTest {
    private static final byte[] REQUEST_WITH_BODY =
            HexFormat.of().parseHex("01010001000800000001000000000000" + "0104000100000000" + "0105000100040000");

    private final Decoder decoder = new Decoder(Limits.DEFAULT);

    @Test
    void startsBetweenRecordsAndOutsideOfRequests() {
        assertThat(decoder.atRecordBoundary()).isTrue();
        assertThat(decoder.midRequest()).isFalse();
    }

    @Test
    void givesNothingForNothing() throws ProtocolException {
        decoder.feed(ByteBuffer.allocate(0));
        assertThat(decoder.next()).isNull();
        assertThat(decoder.next()).isNull();
        assertThat(decoder.atRecordBoundary()).isTrue();
    }

    @Test
    void refusesToBeFedBeforeTheLastFeedIsTaken() throws ProtocolException {
        decoder.feed(ByteBuffer.wrap(REQUEST_WITH_BODY));
        assertThat(decoder.next()).isInstanceOf(Event.Begin.class);
        assertThat(decoder.atRecordBoundary()).isFalse();
        assertThatIllegalStateException()
                .isThrownBy(() -> decoder.feed(ByteBuffer.allocate(1)))
                .withMessageContaining("until it is null");
    }

    @Test
    void mayBeFedTheSameBufferAgain() throws ProtocolException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(100);
        decoder.feed(buffer.put(REQUEST_WITH_BODY).flip());
        assertThat(decoder.next()).isInstanceOf(Event.Begin.class);
        assertThat(decoder.next()).isNull();
        decoder.feed(buffer.clear().put(new byte[] {'b', 'o'}).flip());
        assertThat(decoder.next())
                .isInstanceOfSatisfying(
                        Event.Stdin.class,
                        piece -> assertThat(piece.content()).isEqualTo(ByteBuffer.wrap(new byte[] {'b', 'o'})));
        assertThat(decoder.next()).isNull();
    }

    @Test
    void passesABodysBytesOnBeforeItsRecordIsComplete() throws ProtocolException {
        decoder.feed(ByteBuffer.wrap(REQUEST_WITH_BODY));
        assertThat(decoder.next()).isInstanceOf(Event.Begin.class);
        assertThat(decoder.next()).isNull();
        decoder.feed(ByteBuffer.wrap(new byte[] {'b'}));
        assertThat(decoder.next()).isInstanceOf(Event.Stdin.class);
    }

    @Test
    void pieceThatNobodyReadsIsSkipped() throws ProtocolException {
        ByteBuffer all = ByteBuffer.allocate(100);
        all.put(REQUEST_WITH_BODY).put("body".getBytes()).put(HexFormat.of().parseHex("0105000100000000"));
        decoder.feed(all.flip());
        assertThat(decoder.next()).isInstanceOf(Event.Begin.class);
        assertThat(decoder.next()).isInstanceOf(Event.Stdin.class);
        assertThat(decoder.next()).isEqualTo(new Event.StdinEnd(1));
        assertThat(decoder.midRequest()).isFalse();
    }

    @Test
    void requestIsUnderWayFromItsBeginToTheEndOfItsBody() throws ProtocolException {
        decoder.feed(ByteBuffer.wrap(REQUEST_WITH_BODY, 0, 16));
        assertThat(decoder.next()).isNull();
        assertThat(decoder.midRequest()).isTrue();
        assertThat(decoder.atRecordBoundary()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"7, 1, 1", "8, 0, 1", "8, 1, 0", "-1, 1, 1"})
    void limitsMustAllowSomething(int bytes, int parameters, int requests) {
        assertThatIllegalArgumentException().isThrownBy(() -> new Limits(bytes, parameters, requests));
    }
}
