package dev.penstock.tap;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/// Reads the head of an answer as it comes in pieces (RFC 3875, 6), masks secret values where they stand, and notes
/// what web servers will not take. One for each answer; one thread.
final class HeadScanner {
    /// A head that is longer is taken for one that does not end.
    static final int MAX_HEAD = 64 * 1024;

    private static final int NGINX_HEAD = 4096;
    private static final int HAPROXY_HEAD = 16 * 1024;
    private static final int APACHE_LINE = 8190;
    private static final int MAX_NAME = 128;
    private static final int MAX_VALUE = 64;

    private enum Place {
        LINE_START,
        NAME,
        VALUE,
        /// A line that is no header: masked to its end.
        RUBBISH,
        DONE
    }

    private final NameRules rules;
    private final Set<Fault> faults = EnumSet.noneOf(Fault.class);
    private final StringBuilder name = new StringBuilder(32);
    private final StringBuilder value = new StringBuilder(32);
    private final QueryMask query = new QueryMask();
    private NameRules.Rule rule = NameRules.Rule.SHOW;
    private Place place = Place.LINE_START;
    private boolean isAfterCr;
    private int bytes;
    private int line;
    private int status;
    private boolean hasStatus;
    private boolean hasLocation;
    private long contentLength = -1;

    HeadScanner(NameRules rules) {
        this.rules = rules;
    }

    /// Takes what belongs to the head.
    ///
    /// @return how many bytes that were; the rest is body
    int feed(byte[] source, int from, int length) {
        int at = from;
        for (; at < from + length && place != Place.DONE; at++) {
            bytes++;
            line++;
            source[at] = pass(source[at]);
            if (bytes == MAX_HEAD && place != Place.DONE) {
                faults.add(Fault.HEAD_WITHOUT_END);
                place = Place.DONE;
            }
        }
        return at - from;
    }

    boolean isDone() {
        return place == Place.DONE;
    }

    /// Bytes of the head so far, with the empty line.
    int bytes() {
        return bytes;
    }

    /// The status that a web server takes from this head; 0 when there is none to take.
    int status() {
        return status != 0 || hasStatus || !isDone() ? status : hasLocation ? 302 : 200;
    }

    /// CONTENT_LENGTH of the answer, or -1.
    long contentLength() {
        return contentLength;
    }

    /// What is wrong with the head; complete when it is done.
    Set<Fault> faults() {
        return faults;
    }

    private byte pass(byte b) {
        if (b == '\n') {
            lineEnd();
            return b;
        }
        if (isAfterCr) {
            faults.add(Fault.HEAD_CONTROL);
            isAfterCr = false;
        }
        if (b == '\r') {
            isAfterCr = true;
            return b;
        }
        if (b == 0) {
            faults.add(Fault.HEAD_CONTROL);
        }
        return switch (place) {
            case LINE_START -> lineStart(b);
            case NAME -> name(b);
            case VALUE -> value(b);
            case RUBBISH, DONE -> masked(b);
        };
    }

    private byte lineStart(byte b) {
        if (b == ' ' || b == '\t') {
            // A line that goes on; it is as secret as the one before.
            faults.add(Fault.HEAD_FOLDED);
            place = bytes == 1 ? Place.RUBBISH : Place.VALUE;
            return b;
        }
        name.setLength(0);
        value.setLength(0);
        place = Place.NAME;
        return name(b);
    }

    private byte name(byte b) {
        if (b == ':') {
            nameRead();
        } else if (!isTokenByte(b) || name.length() == MAX_NAME) {
            faults.add(Fault.HEAD_LINE);
            place = Place.RUBBISH;
            return masked(b);
        } else {
            name.append((char) b);
        }
        return b;
    }

    private void nameRead() {
        if (name.isEmpty()) {
            faults.add(Fault.HEAD_LINE);
        }
        rule = rules.of(name.toString());
        query.begin(false);
        place = Place.VALUE;
    }

    private byte value(byte b) {
        if (value.length() < MAX_VALUE) {
            value.append((char) (b & 0xff));
        }
        return switch (rule) {
            case SHOW -> b;
            case MASK -> b == ' ' || b == '\t' ? b : masked(b);
            case MASK_WITHIN_ADDRESS, MASK_WITHIN_QUERY -> query.pass(b);
        };
    }

    private byte masked(byte b) {
        return rules.keepsSecrets() ? b : Secrets.MASK;
    }

    private void lineEnd() {
        int length = line - (isAfterCr ? 2 : 1);
        if (!isAfterCr) {
            faults.add(Fault.HEAD_LF);
        }
        isAfterCr = false;
        line = 0;
        if (length > APACHE_LINE) {
            faults.add(Fault.HEAD_LINE_TOO_LONG);
        }
        if (place == Place.LINE_START) {
            end();
            return;
        }
        if (place == Place.NAME) {
            faults.add(Fault.HEAD_LINE);
        } else if (place == Place.VALUE) {
            field(name.toString().toLowerCase(Locale.ROOT), value.toString().strip());
        }
        place = Place.LINE_START;
    }

    private void field(String header, String text) {
        switch (header) {
            case "status" -> {
                hasStatus = true;
                status = number(text.substring(0, Math.min(3, text.length())), 100, 999);
                if (status == 0 || (text.length() > 3 && text.charAt(3) != ' ')) {
                    faults.add(Fault.HEAD_STATUS);
                }
            }
            case "location" -> hasLocation = true;
            case "content-length" -> contentLength = length(text);
            default -> {}
        }
    }

    private void end() {
        place = Place.DONE;
        if (!hasStatus) {
            faults.add(hasLocation ? Fault.LOCATION_ALONE : Fault.NO_STATUS);
        }
        if (bytes > HAPROXY_HEAD) {
            faults.add(Fault.HEAD_OVER_16K);
        } else if (bytes > NGINX_HEAD) {
            faults.add(Fault.HEAD_OVER_4K);
        }
    }

    private static int number(String digits, int least, int most) {
        long number = length(digits);
        return number >= least && number <= most ? (int) number : 0;
    }

    private static long length(String digits) {
        return digits.length() <= 18 && !digits.isEmpty() && digits.chars().allMatch(c -> c >= '0' && c <= '9')
                ? Long.parseLong(digits)
                : -1;
    }

    private static boolean isTokenByte(byte b) {
        return (b >= 'a' && b <= 'z')
                || (b >= 'A' && b <= 'Z')
                || (b >= '0' && b <= '9')
                || "!#$%&'*+-.^_`|~".indexOf(b) >= 0;
    }
}
