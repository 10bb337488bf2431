package dev.penstock.tap;

/// Shows people or programs what has passed. Called by one thread, in the order in which things ended.
interface View {
    /// A request is over, or nothing more can be seen of it.
    void exchange(Exchange exchange);

    /// A fault that belongs to no request, or to one that was shown already.
    ///
    /// @param id the request's id, or -1
    /// @param time microseconds since the tap began to listen
    void finding(int connection, int id, long time, Finding finding);

    /// A record that belongs to no request that is followed.
    void record(int connection, SeenRecord record);
}
