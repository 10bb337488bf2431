package dev.penstock.deploy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;

/// The kinds of value that are counts of something.
final class Quantities {
    private Quantities() {}

    record Count(int least, int most) implements Kind<Integer> {
        @Override
        public String syntax() {
            return "a number from " + least + " to " + most;
        }

        @Override
        public Integer parse(String text, Path base) {
            try {
                int number = Integer.parseInt(text);
                if (number >= least && number <= most) {
                    return number;
                }
            } catch (NumberFormatException ignored) {
                // Told below, as a number out of range is.
            }
            throw new IllegalArgumentException(syntax());
        }
    }

    static final class Durations implements Kind<Duration> {
        @Override
        public String syntax() {
            return "a duration like 500ms, 10s, 5m, 1h, or plain seconds";
        }

        @Override
        public Duration parse(String text, Path base) {
            int digits = digits(text);
            long count = count(text, digits, syntax());
            return switch (text.substring(digits).strip()) {
                case "ms" -> Duration.ofMillis(count);
                case "", "s" -> Duration.ofSeconds(count);
                case "m", "min" -> Duration.ofMinutes(count);
                case "h" -> Duration.ofHours(count);
                default -> throw new IllegalArgumentException(syntax());
            };
        }

        @Override
        public String show(Duration value) {
            if (value.isZero()) {
                return "0";
            }
            return value.toMillis() % 1000 == 0 ? value.toSeconds() + "s" : value.toMillis() + "ms";
        }
    }

    static final class Sizes implements Kind<Long> {
        private static final String UNITS = "KMG";

        @Override
        public String syntax() {
            return "a size like 64K, 10M, 1G, or plain bytes";
        }

        @Override
        public Long parse(String text, Path base) {
            int digits = digits(text);
            long count = count(text, digits, syntax());
            String unit = text.substring(digits).strip().toUpperCase(Locale.ROOT);
            if (unit.isEmpty() || unit.equals("B")) {
                return count;
            }
            int power = UNITS.indexOf(unit.charAt(0)) + 1;
            String rest = unit.substring(1);
            if (power == 0 || !(rest.isEmpty() || rest.equals("B") || rest.equals("IB"))) {
                throw new IllegalArgumentException(syntax());
            }
            return count << (10 * power);
        }

        @Override
        public String show(Long value) {
            int power = 0;
            long rest = value;
            while (power < UNITS.length() && rest != 0 && rest % 1024 == 0) {
                rest /= 1024;
                power++;
            }
            return power == 0 ? Long.toString(value) : rest + UNITS.substring(power - 1, power);
        }
    }

    static final class Mode implements Kind<Integer> {
        @Override
        public String syntax() {
            return "an octal file mode like 0660";
        }

        @Override
        public Integer parse(String text, Path base) {
            try {
                int mode = Integer.parseInt(text, 8);
                if (mode >= 0 && mode <= 0777) {
                    return mode;
                }
            } catch (NumberFormatException ignored) {
                // Told below, as a number out of range is.
            }
            throw new IllegalArgumentException(syntax());
        }

        @Override
        public String show(Integer value) {
            return String.format("%04o", value);
        }
    }

    private static int digits(String text) {
        int at = 0;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        return at;
    }

    private static long count(String text, int digits, String syntax) {
        if (digits == 0 || digits > 9) {
            throw new IllegalArgumentException(syntax);
        }
        return Long.parseLong(text.substring(0, digits));
    }
}
