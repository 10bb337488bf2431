package dev.penstock.tap;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Whatever either side sends, the tap neither fails nor keeps memory.
class HostileTest {
    private static final Entry.Kind[] NEWS = {
        Entry.Kind.OPENED,
        Entry.Kind.SERVER_CLOSED,
        Entry.Kind.APPLICATION_CLOSED,
        Entry.Kind.SERVER_RESET,
        Entry.Kind.APPLICATION_RESET,
        Entry.Kind.SERVER_DEAF,
        Entry.Kind.APPLICATION_DEAF,
        Entry.Kind.GAP_FROM_SERVER,
        Entry.Kind.GAP_FROM_APPLICATION,
        Entry.Kind.UNREACHABLE,
        Entry.Kind.OVER
    };

    private static byte[] records(Random random) {
        Wire wire = new Wire();
        for (int i = 0; i < 30; i++) {
            int type = random.nextInt(13);
            byte[] content = new byte[random.nextInt(10) == 0 ? random.nextInt(5000) : random.nextInt(12)];
            random.nextBytes(content);
            if (type == SideReader.BEGIN_REQUEST && content.length > 2) {
                content[0] = 0;
                content[1] = 1;
            }
            wire.record(type, random.nextInt(4), content, random.nextInt(3));
        }
        return wire.bytes();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void noMixOfRecordsAndNewsMakesItFail(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 25; round++) {
            Watched watched =
                    new Watched(Bounds.DEFAULT, random.nextBoolean(), new Look(true, true, round % 2 == 0, false));
            for (int step = 0; step < 20; step++) {
                byte[] bytes = records(random);
                if (random.nextInt(4) == 0) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
                }
                watched.pass(random.nextBoolean() ? Side.SERVER : Side.APPLICATION, bytes, 1 + random.nextInt(300));
                watched.after(random.nextInt(3_000_000));
                if (random.nextInt(4) == 0) {
                    watched.tell(NEWS[random.nextInt(NEWS.length)]);
                }
            }
            watched.over();
            assertThat(watched.budget.used()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void thePumpAndTheAnalysisAgreeOnWhereRecordsBegin(long seed) {
        Random random = new Random(seed);
        byte[] bytes = records(random);
        List<Integer> begins = new ArrayList<>();
        for (int at = 0; at < bytes.length; ) {
            begins.add(at);
            at += 8 + RecordSplitter.unsigned16(bytes, at + 4) + (bytes[at + 6] & 0xff);
        }
        Boundary boundary = new Boundary();
        for (int at = 0, length; at < bytes.length; at += length) {
            length = Math.min(1 + random.nextInt(40), bytes.length - at);
            int from = at;
            int to = at + length;
            int expected = begins.stream()
                    .filter(each -> each >= from && each < to)
                    .findFirst()
                    .orElse(to);
            assertThat(boundary.pass(ByteBuffer.wrap(bytes, at, length))).isEqualTo(expected);
        }
    }
}
