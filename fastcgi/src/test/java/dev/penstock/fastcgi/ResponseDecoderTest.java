package dev.penstock.fastcgi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Every file of `records/valid-replies` and `records/invalid-replies`: the same events however they are cut.
class ResponseDecoderTest {
    private static final long SEED = 20261122;

    static List<RecordFile> files() {
        return Stream.concat(RecordFile.all("valid-replies").stream(), RecordFile.all("invalid-replies").stream())
                .toList();
    }

    @ParameterizedTest
    @MethodSource("files")
    void meanTheSameAtOnceAndCutAnywhere(RecordFile file) {
        byte[] bytes = file.bytes();
        assertThat(bytes.length).isPositive();
        for (int maxPiece : new int[] {1, 2, 3, 7, 8, 9, 16, 100, bytes.length}) {
            for (int round = 0; round < 10; round++) {
                assertThat(ReplyTranscript.of(bytes, maxPiece, new Random(SEED + round)))
                        .as("pieces up to %d bytes", maxPiece)
                        .isEqualTo(file.expected());
            }
        }
    }

    @Test
    void ofTheFolderInvalidEndInAMessageAndThoseOfValidDoNot() {
        assertThat(RecordFile.all("invalid-replies"))
                .isNotEmpty()
                .allSatisfy(file -> assertThat(file.expected().getLast()).startsWith("! "));
        assertThat(RecordFile.all("valid-replies"))
                .isNotEmpty()
                .allSatisfy(file -> assertThat(file.expected()).noneMatch(line -> line.startsWith("! ")));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 20261122, 987654321})
    void damagedRecordsGiveEventsOrAProtocolFault(long seed) {
        Random random = new Random(seed);
        List<byte[]> seeds = files().stream().map(RecordFile::bytes).toList();
        int broken = 0;
        for (int round = 0; round < 4000; round++) {
            byte[] bytes = seeds.get(random.nextInt(seeds.size())).clone();
            for (int change = 0; change < 3; change++) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            List<String> whole = ReplyTranscript.of(bytes, bytes.length, new Random(round));
            assertThat(ReplyTranscript.of(bytes, 5, new Random(round))).isEqualTo(whole);
            broken += !whole.isEmpty() && whole.getLast().startsWith("! ") ? 1 : 0;
        }
        assertThat(broken).as("rounds with a fault").isBetween(200, 3990);
    }

    @Test
    void whatTheEncoderWritesComesBack() {
        ByteBuffer out = ByteBuffer.allocate(1000);
        Encoder.stderr(out, 2, "careful".getBytes());
        int start = Encoder.reserve(out);
        out.put("Status: 200\n\nhello".getBytes());
        Encoder.stdout(out, start, 2);
        Encoder.end(out, 2, -7, ProtocolStatus.OVERLOADED);
        Encoder.unknownType(out, 42);
        byte[] bytes = new byte[out.flip().remaining()];
        out.get(bytes);
        assertThat(ReplyTranscript.of(bytes, 3, new Random(SEED)))
                .containsExactly(
                        "> Stderr 2 \"careful\"",
                        "> Stdout 2 \"Status: 200\n\nhello\"",
                        "> StdoutEnd 2",
                        "> End 2 -7 OVERLOADED",
                        "> UnknownType 42");
    }

    @Test
    void refusesToBeFedBeforeTheLastFeedIsTaken() {
        ResponseDecoder decoder = new ResponseDecoder(id -> true);
        decoder.feed(ByteBuffer.wrap(new byte[] {1, 6}));
        assertThat(decoder.atRecordBoundary()).isFalse();
        assertThatIllegalStateException()
                .isThrownBy(() -> decoder.feed(ByteBuffer.allocate(1)))
                .withMessageContaining("until it is false");
    }

    @Test
    void passesAResponsesBytesOnBeforeItsRecordIsComplete() throws ProtocolException {
        ResponseDecoder decoder = new ResponseDecoder(id -> true);
        decoder.feed(ByteBuffer.wrap(new byte[] {1, 6, 0, 1, 0, 100, 0, 0, 'a'}));
        assertThat(decoder.next())
                .isInstanceOfSatisfying(
                        Reply.Stdout.class,
                        piece -> assertThat(piece.content()).isEqualTo(ByteBuffer.wrap(new byte[] {'a'})));
        assertThat(decoder.next()).isNull();
        assertThat(decoder.atRecordBoundary()).isFalse();
    }
}
