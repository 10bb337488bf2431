package dev.penstock.tap;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// Which names stand before a secret. By parts of names, because nobody knows all of them, and rather one too many.
final class Secrets {
    /// What is written instead of each byte of a secret.
    static final byte MASK = '*';

    private static final List<String> PARTS = List.of(
            "COOKIE",
            "AUTHORIZATION",
            "PASSW",
            "PASSPHRASE",
            "SECRET",
            "TOKEN",
            "CREDENTIAL",
            "SESSION",
            "JWT",
            "CSRF",
            "XSRF",
            "AUTH_PW",
            "AUTH_KEY",
            "API_KEY",
            "APIKEY",
            "ACCESS_KEY",
            "ASSERTION",
            "DATABASE_URL",
            "PHP_VALUE",
            "PHP_ADMIN_VALUE");
    private static final List<String> ENDS = List.of("_KEY", "_AUTH", "_DSN", "_PW", "_PWD", "_PASS");
    private static final List<String> QUERY_PARTS = List.of(
            "token", "passw", "passphrase", "secret", "session", "auth", "jwt", "signature", "csrf", "credential");
    private static final Set<String> QUERY_NAMES =
            Set.of("key", "apikey", "api_key", "api-key", "code", "sig", "sid", "pw", "pwd", "pass", "ticket", "otp");

    private Secrets() {}

    /// Whether the value of this variable or response header is a secret; `-` counts as `_`, case does not count.
    static boolean isName(String name) {
        String upper = name.toUpperCase(Locale.ROOT).replace('-', '_');
        return PARTS.stream().anyMatch(upper::contains) || ENDS.stream().anyMatch(upper::endsWith);
    }

    /// Whether the value of this parameter in a query string is a secret.
    static boolean isQueryName(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return QUERY_NAMES.contains(lower) || QUERY_PARTS.stream().anyMatch(lower::contains);
    }

    static void mask(byte[] bytes, int from, int length) {
        Arrays.fill(bytes, from, from + length, MASK);
    }
}
