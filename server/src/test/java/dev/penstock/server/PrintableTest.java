package dev.penstock.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PrintableTest {
    @Test
    void plainTextStaysAsItIs() {
        assertThat(Printable.of("GET /caf\u00e9?x=%20 \u00a0 日本")).isEqualTo("GET /caf\u00e9?x=%20 \u00a0 日本");
        assertThat(Printable.of("")).isEmpty();
    }

    @Test
    void controlCharactersAreEscaped() {
        assertThat(Printable.of("a\r\nERROR forged\t\0\u001b[31m"))
                .isEqualTo("a\\x0d\\x0aERROR forged\\x09\\x00\\x1b[31m");
        assertThat(Printable.of("\u001f \u007e\u007f\u0080\u009f\u00a0")).isEqualTo("\\x1f ~\\x7f\\x80\\x9f\u00a0");
    }

    @Test
    void fiveHundredCharactersAreShown() {
        assertThat(Printable.of("x".repeat(500))).isEqualTo("x".repeat(500));
        assertThat(Printable.of("x".repeat(501))).isEqualTo("x".repeat(500) + "…");
        assertThat(Printable.of("\n".repeat(1000))).isEqualTo("\\x0a".repeat(500) + "…");
    }
}
