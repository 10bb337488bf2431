package dev.penstock.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.python.PythonSettings;
import dev.penstock.server.FastCgiGate;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What the front has counted; the rest is seen in `it/cli`.
class StatusReportTest {
    private final FastCgiGate.Counters front = new FastCgiGate.Counters();

    private StatusReport report() {
        PythonSettings.Status application =
                new PythonSettings.Status("shop", "serving", 1, 7, "shop.wsgi", 3, 0, 0, List.of(), null);
        return new StatusReport(1, 2, "/run", "/log", List.of(), List.of(), 3, 4, front, application, "");
    }

    @Test
    void quietFrontHasNoLine() {
        assertThat(report().text()).noneMatch(line -> line.contains("peers") || line.contains("limits"));
    }

    @Test
    void everyCounterIsInTheText() {
        front.clientsGone.increment();
        front.protocolErrors.add(2);
        front.timedOut.add(3);
        front.refusedClients.add(4);
        front.madeRoom.add(5);
        front.reached("max_parameters");
        front.reached("head_timeout");
        front.reached("head_timeout");
        assertThat(report().text())
                .contains(
                        "  peers       1 clients gone, 2 protocol errors, 3 timed out, 4 not let in,"
                                + " 5 idle ones closed for new ones",
                        "  limits      head_timeout 2, max_parameters 1");
    }

    @Test
    void everyCounterIsInTheJson() throws IOException {
        front.clientsGone.increment();
        front.protocolErrors.add(2);
        front.timedOut.add(3);
        front.refusedClients.add(4);
        front.madeRoom.add(5);
        front.reached("max_parameters");
        assertThat(report().json())
                .contains("\"front\":{\"clients_gone\":1,\"protocol_errors\":2,\"timed_out\":3,\"refused_clients\":4,"
                        + "\"closed_for_new_ones\":5,\"limits_reached\":{\"max_parameters\":1}}");
    }
}
