package dev.penstock.fastcgi;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The head of a response as an application gave it in CGI's form (RFC 3875, section 6): status and headers.
///
/// Text is a byte a character (ISO 8859-1) and has no control characters but tabs: what is here can go into
/// an HTTP response as it is. `Status` itself is not among the headers.
///
/// @param status 200 where the application gave none, 302 if it gave a Location then
/// @param reason what stood behind the status, or empty
/// @param headers in the order of their arrival; names may repeat
public record ResponseHead(int status, String reason, List<Header> headers) {
    /// One header.
    ///
    /// @param name as the application wrote it
    public record Header(String name, String value) {}

    private static final String VARIABLE = "variable-";

    public ResponseHead {
        headers = List.copyOf(headers);
    }

    /// The first value of a header, in whatever case its name was written, or null.
    public @Nullable String first(String name) {
        for (Header header : headers) {
            if (header.name().equalsIgnoreCase(name)) {
                return header.value();
            }
        }
        return null;
    }

    /// All values of a header.
    public List<String> all(String name) {
        return headers.stream()
                .filter(header -> header.name().equalsIgnoreCase(name))
                .map(Header::value)
                .toList();
    }

    /// The variables that an authorizer adds to the request that it lets pass (FastCGI 6.3), from its
    /// `Variable-NAME` headers. They count only where the status is 200.
    public Parameters variables() {
        Parameters variables = new Parameters();
        for (Header header : headers) {
            String name = header.name();
            if (name.toLowerCase(Locale.ROOT).startsWith(VARIABLE) && name.length() > VARIABLE.length()) {
                variables.set(name.substring(VARIABLE.length()), header.value());
            }
        }
        return variables;
    }
}
