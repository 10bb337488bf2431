package dev.penstock.fastcgi;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Damaged records: the decoder gives events or a [ProtocolException], never anything else, and what it
/// gives does not depend on how the bytes are cut.
class RandomMutationTest {
    private static final Limits LIMITS = new Limits(4096, 20, 3);
    private static final int MAX_BYTES = 4096;
    private static final int ROUNDS = 4000;

    @ParameterizedTest
    @ValueSource(longs = {1, 20261122, 987654321})
    void neverDoesAnythingUnexpected(long seed) {
        Random random = new Random(seed);
        List<byte[]> seeds = RecordsTest.files().stream()
                .map(RecordFile::bytes)
                .filter(bytes -> bytes.length <= MAX_BYTES)
                .toList();
        int broken = 0;
        for (int round = 0; round < ROUNDS; round++) {
            byte[] bytes = mutated(seeds.get(random.nextInt(seeds.size())), seeds, random);
            List<String> whole = Transcript.of(bytes, LIMITS, MAX_BYTES, new Random(round));
            assertThat(Transcript.of(bytes, LIMITS, 5, new Random(round)))
                    .as("round %d of seed %d", round, seed)
                    .isEqualTo(whole);
            broken += !whole.isEmpty() && whole.getLast().startsWith("! ") ? 1 : 0;
        }
        assertThat(broken).as("rounds with a fault").isBetween(ROUNDS / 20, ROUNDS - ROUNDS / 20);
    }

    private static byte[] mutated(byte[] original, List<byte[]> seeds, Random random) {
        List<Byte> bytes = new ArrayList<>();
        for (byte b : original) {
            bytes.add(b);
        }
        for (int i = random.nextInt(4); i >= 0 && !bytes.isEmpty(); i--) {
            int at = random.nextInt(bytes.size());
            switch (random.nextInt(6)) {
                case 0 -> bytes.set(at, (byte) random.nextInt());
                case 1 -> bytes.set(at, (byte) (bytes.get(at) ^ (1 << random.nextInt(8))));
                case 2 -> bytes.remove(at);
                case 3 -> bytes.add(at, (byte) random.nextInt());
                case 4 -> bytes.subList(at, bytes.size()).clear();
                default -> {
                    for (byte b : seeds.get(random.nextInt(seeds.size()))) {
                        bytes.add(b);
                    }
                }
            }
        }
        byte[] result = new byte[bytes.size()];
        for (int i = 0; i < result.length; i++) {
            result[i] = bytes.get(i);
        }
        return result;
    }
}
