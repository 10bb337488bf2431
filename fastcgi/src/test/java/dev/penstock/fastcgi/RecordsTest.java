package dev.penstock.fastcgi;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every file of `records`: the same events however the bytes are cut.
class RecordsTest {
    private static final long SEED = 20261122;

    static List<RecordFile> files() {
        return Stream.concat(RecordFile.all("valid").stream(), RecordFile.all("invalid").stream())
                .toList();
    }

    @ParameterizedTest
    @MethodSource("files")
    void meanTheSameAtOnce(RecordFile file) {
        byte[] bytes = file.bytes();
        assertThat(Transcript.of(bytes, file.limits(), Integer.MAX_VALUE - 1, Transcript.WHOLE))
                .isEqualTo(file.expected());
    }

    @ParameterizedTest
    @MethodSource("files")
    void meanTheSameOneByteAtATime(RecordFile file) {
        assertThat(Transcript.of(file.bytes(), file.limits(), 1, new Random(SEED)))
                .isEqualTo(file.expected());
    }

    @ParameterizedTest
    @MethodSource("files")
    void meanTheSameInRandomPieces(RecordFile file) {
        byte[] bytes = file.bytes();
        for (int maxPiece : new int[] {2, 3, 7, 8, 9, 16, 100, 5000}) {
            assertThat(Transcript.of(bytes, file.limits(), maxPiece, new Random(SEED + maxPiece)))
                    .as("pieces up to %d bytes", maxPiece)
                    .isEqualTo(file.expected());
        }
    }

    @Test
    void ofTheFolderInvalidEndInAMessageAndThoseOfValidDoNot() {
        assertThat(RecordFile.all("invalid"))
                .isNotEmpty()
                .allSatisfy(file -> assertThat(file.expected().getLast()).startsWith("! "));
        assertThat(RecordFile.all("valid"))
                .isNotEmpty()
                .allSatisfy(file -> assertThat(file.expected()).noneMatch(line -> line.startsWith("! ")));
    }
}
