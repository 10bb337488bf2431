package dev.penstock.tap;

/// A fault that was seen.
///
/// @param detail what was found, or empty
record Finding(Fault fault, Side side, String detail) {
    @Override
    public String toString() {
        return (fault.isFault() ? "fault" : "note") + " (" + side.title() + ", " + fault.section() + "): "
                + fault.text() + (detail.isEmpty() ? "" : ": " + detail);
    }
}
