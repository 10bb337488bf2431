package dev.penstock.fastcgi;

/// What a peer may make us hold, per connection.
///
/// @param maxParameterBytes bytes of all name-value pairs of one request, as encoded
/// @param maxParameters name-value pairs of one request
/// @param maxConcurrentRequests requests of one connection whose input is not complete yet
public record Limits(int maxParameterBytes, int maxParameters, int maxConcurrentRequests) {
    /// 256 KiB of parameters (nginx and mod_fcgid send at most 64 KiB), 1,000 pairs, 64 requests at once.
    public static final Limits DEFAULT = new Limits(256 * 1024, 1000, 64);

    public Limits {
        if (maxParameterBytes < 8 || maxParameters < 1 || maxConcurrentRequests < 1) {
            throw new IllegalArgumentException("every limit must be positive: " + maxParameterBytes + ", "
                    + maxParameters + ", " + maxConcurrentRequests);
        }
    }

    /// Bytes that a decoder may hold for its peer between two feeds: the parameters of all unfinished requests, and
    /// a GET_VALUES record.
    long maxHeldBytes() {
        return Decoder.MAX_MANAGEMENT_BYTES + (long) maxConcurrentRequests * maxParameterBytes;
    }
}
