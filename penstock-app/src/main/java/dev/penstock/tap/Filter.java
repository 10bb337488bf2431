package dev.penstock.tap;

import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Which requests are shown.
///
/// @param uri what the URI must have in it, or null
/// @param statuses `404`, or `5xx` for all of that hundred; empty for any
/// @param onlyFaults those with a fault
public record Filter(@Nullable Pattern uri, List<String> statuses, boolean onlyFaults) {
    private static final Pattern STATUS = Pattern.compile("[1-9](xx|[0-9][0-9])");

    /// Checks the statuses.
    ///
    /// @throws IllegalArgumentException when a status is none
    public Filter {
        for (String status : statuses) {
            if (!STATUS.matcher(status).matches()) {
                throw new IllegalArgumentException("a status like 404 or 5xx, found: " + status);
            }
        }
    }

    boolean shows(Exchange exchange) {
        return (uri == null || uri.matcher(exchange.uri()).find())
                && (statuses.isEmpty() || statuses.stream().anyMatch(status -> isOf(status, exchange.head.status())))
                && (!onlyFaults || exchange.hasFault());
    }

    private static boolean isOf(String wanted, int status) {
        return wanted.endsWith("xx") ? wanted.charAt(0) - '0' == status / 100 : wanted.equals(Integer.toString(status));
    }
}
