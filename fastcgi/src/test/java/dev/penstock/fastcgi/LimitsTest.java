package dev.penstock.fastcgi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Every limit at its bound, one below and one above it; and what a flood makes a decoder hold.
class LimitsTest {
    private static final Limits LIMITS = new Limits(3000, 5, 2, 10, 20, 3);

    private final Decoder decoder = new Decoder(LIMITS);

    private List<Event> fed(byte[]... records) throws ProtocolException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] record : records) {
            all.writeBytes(record);
        }
        decoder.feed(ByteBuffer.wrap(all.toByteArray()));
        List<Event> events = new ArrayList<>();
        for (Event event = decoder.next(); event != null; event = decoder.next()) {
            events.add(event);
        }
        return events;
    }

    private static byte[] record(int type, int id, int length) {
        return ByteBuffer.allocate(8 + length)
                .put((byte) 1)
                .put((byte) type)
                .putShort((short) id)
                .putShort((short) length)
                .array();
    }

    private static byte[] begin(int id) {
        byte[] record = record(1, id, 8);
        record[9] = 1;
        return record;
    }

    private static byte[] params(int id, Parameters parameters) {
        byte[] content = parameters.encode();
        byte[] record = record(4, id, content.length);
        System.arraycopy(content, 0, record, 8, content.length);
        return record;
    }

    private void assertOver(String limit, byte[]... records) {
        assertThatExceptionOfType(ProtocolException.class)
                .isThrownBy(() -> fed(records))
                .withMessageContaining("(" + limit + ")")
                .satisfies(e -> assertThat(e.limit()).isEqualTo(limit));
    }

    @ParameterizedTest
    @ValueSource(ints = {9, 10})
    void nameUpToItsLimitIsTaken(int length) throws ProtocolException {
        assertThat(fed(begin(1), params(1, pair(length, 1)), record(4, 1, 0))).hasSize(1);
    }

    @Test
    void nameOverItsLimitIsRefused() {
        assertOver("max_parameter_name", begin(1), params(1, pair(11, 1)), record(4, 1, 0));
    }

    @ParameterizedTest
    @ValueSource(ints = {19, 20})
    void valueUpToItsLimitIsTaken(int length) throws ProtocolException {
        assertThat(fed(begin(1), params(1, pair(1, length)), record(4, 1, 0))).hasSize(1);
    }

    @Test
    void valueOverItsLimitIsRefused() {
        assertOver("max_parameter_value", begin(1), params(1, pair(1, 21)), record(4, 1, 0));
    }

    private static Parameters pair(int nameLength, int valueLength) {
        Parameters parameters = new Parameters();
        parameters.set("N".repeat(nameLength), "v".repeat(valueLength));
        return parameters;
    }

    @Test
    void parametersOverTheirTotalAreRefusedBeforeTheyEnd() throws ProtocolException {
        fed(begin(1), record(4, 1, 2999), record(4, 1, 1));
        assertOver("max_parameter_bytes", record(4, 1, 1));
    }

    @Test
    void roomForParametersGrowsToTheirTotalAndNoFurther() throws ProtocolException {
        long empty = decoder.heldBytes();
        fed(begin(1), record(4, 1, 2000), record(4, 1, 990));
        assertThat(decoder.heldBytes() - empty).isEqualTo(3000);
    }

    @Test
    void parametersThatAreCompleteAreTheCallersToCount() throws ProtocolException {
        long empty = decoder.heldBytes();
        fed(begin(1), params(1, pair(4, 10)));
        assertThat(decoder.heldBytes()).isGreaterThan(empty);
        fed(record(4, 1, 0));
        assertThat(decoder.heldBytes()).isEqualTo(empty);
    }

    @Test
    void unfinishedRequestsUpToTheirLimitAreTakenAndOneMoreIsRefused() throws ProtocolException {
        assertThat(fed(begin(1), begin(2))).isEmpty();
        assertThat(fed(begin(3))).containsExactly(new Event.Refused(3, false, ProtocolStatus.OVERLOADED));
    }

    @Test
    void floodOfBeginsHoldsNoMoreThanTheLimit() throws ProtocolException {
        fed(begin(1), begin(2));
        long full = decoder.heldBytes();
        for (int id = 3; id < 1000; id++) {
            fed(begin(id));
        }
        assertThat(decoder.heldBytes()).isEqualTo(full);
    }

    @Test
    void questionHoldsLittleAndNothingAfterwards() throws ProtocolException {
        long empty = decoder.heldBytes();
        byte[] names = new byte[1024];
        names[0] = (byte) 0x80;
        names[2] = (byte) (1019 >> 8);
        names[3] = (byte) 1019;
        byte[] question = record(9, 0, 1024);
        System.arraycopy(names, 0, question, 8, names.length);
        assertThat(fed(question)).hasSize(1);
        assertThat(decoder.heldBytes()).isEqualTo(empty);
        assertThatExceptionOfType(ProtocolException.class)
                .isThrownBy(() -> fed(record(9, 0, 1025)))
                .withMessageContaining("1024");
    }

    /// An id that has not begun; types that only we send; a management type that does not exist; an abort of nothing.
    @ParameterizedTest
    @CsvSource({"5, 7", "4, 7", "6, 1", "99, 1", "8, 1", "99, 0", "2, 7"})
    void recordsForNobodyUpToTheirLimitAreSkippedAndOneMoreEndsTheConnection(int type, int id)
            throws ProtocolException {
        fed(begin(1), record(type, id, 5), record(type, id, 0), record(type, id, 1));
        assertOver("max_ignored_records", record(type, id, 0));
    }

    @Test
    void requestEndsTheCountOfRecordsForNobody() throws ProtocolException {
        fed(record(5, 7, 1), record(5, 7, 1), record(5, 7, 1));
        fed(begin(1), record(4, 1, 0), record(5, 1, 0));
        assertThat(fed(record(5, 7, 1), record(5, 7, 1), record(5, 7, 1))).isEmpty();
    }

    @Test
    void unfinishedHeadIsTheOldestRequestsUntilItsParametersEnd() throws ProtocolException {
        assertThat(decoder.unfinishedHead()).isZero();
        fed(begin(1), begin(2));
        long first = decoder.unfinishedHead();
        fed(record(4, 1, 100), record(4, 2, 100));
        assertThat(decoder.unfinishedHead()).isEqualTo(first).isNotZero();
    }

    @Test
    void unfinishedHeadIsAnotherOneWhenTheOldestIsComplete() throws ProtocolException {
        fed(begin(1), begin(2));
        long first = decoder.unfinishedHead();
        fed(record(4, 1, 0));
        assertThat(decoder.unfinishedHead()).isNotEqualTo(first).isNotZero();
        fed(record(4, 2, 0));
        assertThat(decoder.unfinishedHead()).as("bodies are not counted").isZero();
    }

    @Test
    void cutRecordOutsideOfRequestsIsUnfinished() throws ProtocolException {
        fed(new byte[] {1, 9, 0});
        long first = decoder.unfinishedHead();
        assertThat(first).isNotZero();
        fed(new byte[] {0});
        assertThat(decoder.unfinishedHead()).isEqualTo(first);
        fed(new byte[] {0, 0, 0, 0}, new byte[] {1});
        assertThat(decoder.unfinishedHead()).isNotEqualTo(first).isNotZero();
    }

    @ParameterizedTest
    @CsvSource({"0, 1, 0", "1, 0, 0", "1, 1, -1"})
    void limitsMustAllowSomething(int name, int value, int ignored) {
        assertThatIllegalArgumentException().isThrownBy(() -> new Limits(8, 1, 1, name, value, ignored));
    }
}
