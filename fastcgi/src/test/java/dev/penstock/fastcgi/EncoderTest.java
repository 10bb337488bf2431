package dev.penstock.fastcgi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Records as they are written, read back by what the specification says about them.
class EncoderTest {
    private final ByteBuffer out = ByteBuffer.allocate(80_000);

    EncoderTest() {
        Arrays.fill(out.array(), (byte) 0xee); // A buffer that was used before.
    }

    /// Checks a header (FastCGI 3.3), of a record without padding; gives the content.
    private static byte[] content(ByteBuffer in, RecordType type, int id) {
        assertThat(in.get()).as("version").isEqualTo((byte) 1);
        assertThat(in.get()).as("type").isEqualTo(type.code());
        assertThat(Short.toUnsignedInt(in.getShort())).as("id").isEqualTo(id);
        byte[] content = new byte[Short.toUnsignedInt(in.getShort())];
        assertThat(in.get()).as("padding").isZero();
        assertThat(in.get()).as("reserved").isZero();
        in.get(content);
        return content;
    }

    private static byte[] noise(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 127, 128, 255, 256, 32767, 32768, 65520, 65521, 65527, 65528})
    void stdoutComesBackWhole(int length) {
        byte[] body = noise(length);
        int start = Encoder.reserve(out);
        out.put(body);
        Encoder.stdout(out, start, 1);
        out.flip();
        assertThat(out.remaining()).isEqualTo(8 + length);
        assertThat(content(out, RecordType.STDOUT, 1)).isEqualTo(body);
        assertThat(out.hasRemaining()).isFalse();
    }

    @Test
    void largestRecordIsAlignedAndFitsIn64KiB() {
        assertThat(Encoder.MAX_CONTENT).isEqualTo(65535 / 8 * 8);
        assertThat(8 + Encoder.MAX_CONTENT).isLessThanOrEqualTo(65536);
    }

    @Test
    void recordsFollowEachOther() {
        int first = Encoder.reserve(out);
        out.put("one".getBytes());
        Encoder.stdout(out, first, 1);
        int second = Encoder.reserve(out);
        out.put("second".getBytes());
        Encoder.stdout(out, second, 65535);
        out.flip();
        assertThat(content(out, RecordType.STDOUT, 1)).asString().isEqualTo("one");
        assertThat(content(out, RecordType.STDOUT, 65535)).asString().isEqualTo("second");
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 1", "65527, 65527", "65528, 65528", "65529, 65528", "65535, 65528", "70000, 65528"})
    void stderrTakesWhatOneRecordTakes(int length, int taken) {
        byte[] text = noise(length);
        Encoder.stderr(out, 3, text);
        out.flip();
        assertThat(content(out, RecordType.STDERR, 3)).isEqualTo(Arrays.copyOf(text, taken));
        assertThat(out.hasRemaining()).isFalse();
    }

    @ParameterizedTest
    @EnumSource(ProtocolStatus.class)
    void endClosesStdoutAndTellsBothStatuses(ProtocolStatus status) {
        Encoder.end(out, 258, 0x01020304, status);
        assertThat(out.position()).isEqualTo(Encoder.END_BYTES);
        out.flip();
        assertThat(content(out, RecordType.STDOUT, 258)).isEmpty();
        assertThat(content(out, RecordType.END_REQUEST, 258))
                .isEqualTo(new byte[] {1, 2, 3, 4, (byte) status.ordinal(), 0, 0, 0});
    }

    @Test
    void valuesCarryIdZeroAndTheirPairs() throws ProtocolException {
        Parameters values = new Parameters();
        values.set("FCGI_MPXS_CONNS", "1");
        Encoder.values(out, values);
        byte[] bytes = Arrays.copyOf(out.array(), out.position());
        assertThat(HexFormat.of().formatHex(bytes, 0, 8)).isEqualTo("010a000000120000");
        Parameters back = Parameters.parse(Arrays.copyOfRange(bytes, 8, bytes.length), bytes.length - 8, 3);
        assertThat(back.get("FCGI_MPXS_CONNS")).isEqualTo("1");
    }

    @Test
    void noValuesAreAnEmptyRecord() {
        Encoder.values(out, new Parameters());
        assertThat(content(out.flip(), RecordType.GET_VALUES_RESULT, 0)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 12, 42, 255})
    void unknownTypeNamesTheType(int type) {
        Encoder.unknownType(out, type);
        assertThat(content(out.flip(), RecordType.UNKNOWN_TYPE, 0))
                .isEqualTo(new byte[] {(byte) type, 0, 0, 0, 0, 0, 0, 0});
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 20, 23})
    void withoutRoomItSaysSo(int room) {
        assertThatThrownBy(() -> Encoder.end(ByteBuffer.allocate(room), 1, 0, ProtocolStatus.REQUEST_COMPLETE))
                .isInstanceOf(BufferOverflowException.class);
        assertThatThrownBy(() -> Encoder.stderr(ByteBuffer.allocate(12), 1, new byte[5]))
                .isInstanceOf(BufferOverflowException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 7, 15})
    void withoutRoomForAHeaderItSaysSo(int room) {
        assertThatThrownBy(() -> Encoder.end(ByteBuffer.allocate(room), 1, 0, ProtocolStatus.REQUEST_COMPLETE))
                .isInstanceOf(BufferOverflowException.class);
    }

    @ParameterizedTest
    @EnumSource(RecordType.class)
    void typesAreFoundByTheirCodes(RecordType type) {
        assertThat(RecordType.of(type.code())).isEqualTo(type);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 12, 255})
    void numbersOfNoTypeAreNone(int code) {
        assertThat(RecordType.of(code)).isNull();
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void rolesAreFoundByTheirCodes(Role role) {
        assertThat(Role.of(role.code())).isEqualTo(role);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 4, 257, 65535})
    void numbersOfNoRoleAreNone(int code) {
        assertThat(Role.of(code)).isNull();
    }
}
