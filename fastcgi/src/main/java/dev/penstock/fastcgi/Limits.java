package dev.penstock.fastcgi;

/// What a peer may make us hold, per connection. Where Penstock uses them, each is a setting, and a
/// [ProtocolException] names it.
///
/// @param maxParameterBytes bytes of all name-value pairs of one request, as encoded
/// @param maxParameters name-value pairs of one request
/// @param maxConcurrentRequests requests of one connection whose input is not complete yet
/// @param maxParameterName bytes of one name
/// @param maxParameterValue bytes of one value
/// @param maxIgnoredRecords records in a row that belong to no request
public record Limits(
        int maxParameterBytes,
        int maxParameters,
        int maxConcurrentRequests,
        int maxParameterName,
        int maxParameterValue,
        int maxIgnoredRecords) {
    /// 256 KiB of parameters (nginx and mod_fcgid send at most 64 KiB), 1,000 pairs, 64 requests at once;
    /// names of 8 KiB (a header line of Apache's), values of 64 KiB; 1,000 records for nobody (after an abort,
    /// what fills the socket's buffer may still be on its way).
    public static final Limits DEFAULT = new Limits(256 * 1024, 1000, 64);

    public Limits {
        if (maxParameterBytes < 8 || maxParameters < 1 || maxConcurrentRequests < 1) {
            throw new IllegalArgumentException("every limit must be positive: " + maxParameterBytes + ", "
                    + maxParameters + ", " + maxConcurrentRequests);
        }
        if (maxParameterName < 1 || maxParameterValue < 1 || maxIgnoredRecords < 0) {
            throw new IllegalArgumentException("every limit must be positive: " + maxParameterName + ", "
                    + maxParameterValue + ", " + maxIgnoredRecords);
        }
    }

    /// The defaults for what is not named.
    public Limits(int maxParameterBytes, int maxParameters, int maxConcurrentRequests) {
        this(maxParameterBytes, maxParameters, maxConcurrentRequests, 8 * 1024, 64 * 1024, 1000);
    }

    /// Bytes that a decoder may hold for its peer between two feeds: the parameters of all unfinished requests, and
    /// a GET_VALUES record.
    long maxHeldBytes() {
        return Decoder.MAX_MANAGEMENT_BYTES + (long) maxConcurrentRequests * maxParameterBytes;
    }
}
