package dev.penstock.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ComplaintsTest {
    private static final long SECOND = 1_000_000_000L;

    private final List<String> log = new ArrayList<>();
    private long now = Long.MAX_VALUE - SECOND / 2; // It may overflow.
    private final FastCgiGate.Counters counters = new FastCgiGate.Counters();
    private final Complaints complaints = new Complaints(
            (level, source, text) -> log.add(level + " " + source + " " + text), "front", counters, () -> now);

    private void tell(String kind, String text) {
        complaints.tell(kind, EventLog.Level.INFO, text);
    }

    @Test
    void firstOfEachKindIsToldAtOnce() {
        tell("a", "one");
        tell("b", "two");
        assertThat(log).containsExactly("INFO front one", "INFO front two");
    }

    @Test
    void floodIsOneLineASecondAndTheirNumber() {
        for (int i = 0; i < 1000; i++) {
            tell("a", "number " + i);
        }
        now += SECOND - 1;
        tell("a", "number 1000");
        complaints.tick();
        assertThat(log).containsExactly("INFO front number 0");
        now += 1;
        complaints.tick();
        complaints.tick();
        assertThat(log).containsExactly("INFO front number 0", "WARNING front 1000 more like this: number 1000");
    }

    @Test
    void nextSecondIsToldAgain() {
        tell("a", "one");
        now += SECOND;
        tell("a", "two");
        assertThat(log).hasSize(2);
    }

    @Test
    void textsOfPeersAreOneLine() {
        tell("a", "a\r\nERROR forged \u001b[31m");
        tell("a", "b\nforged");
        now += SECOND;
        complaints.tick();
        assertThat(log)
                .containsExactly(
                        "INFO front a\\x0d\\x0aERROR forged \\x1b[31m", "WARNING front 1 more like this: b\\x0aforged");
    }
}
