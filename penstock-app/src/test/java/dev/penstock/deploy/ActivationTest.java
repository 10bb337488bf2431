package dev.penstock.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What the environment says; that real sockets are taken is proven in `it/activation`.
class ActivationTest {
    private static Activation of(Map<String, String> environment, boolean stdin) {
        return Activation.of(environment, stdin, () -> 4711);
    }

    @ParameterizedTest
    @CsvSource({"1, 4711, 1", "3, 4711, 3", "64, 4711, 64", "0, 4711, 0", "2, 4712, 0", "2, '', 0", "x, 4712, 0"})
    void socketsAreForTheProcessThatIsNamed(String fds, String pid, int sockets) {
        assertThat(of(Map.of("LISTEN_FDS", fds, "LISTEN_PID", pid), false).sockets())
                .isEqualTo(sockets);
    }

    @Test
    void withoutAProcessIdThereAreNone() {
        assertThat(of(Map.of("LISTEN_FDS", "1"), false).sockets()).isZero();
    }

    @Test
    void descriptorZeroCountsWithTheOthers() {
        assertThat(of(Map.of(), true).sockets()).isEqualTo(1);
        assertThat(of(Map.of("LISTEN_FDS", "2", "LISTEN_PID", "4711"), true).sockets())
                .isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "-1", "65", "99999999999"})
    void nonsenseForUsIsAnError(String fds) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> of(Map.of("LISTEN_FDS", fds, "LISTEN_PID", "4711"), false))
                .withMessage("LISTEN_FDS: expected a number from 0 to 64, found: " + fds);
    }
}
