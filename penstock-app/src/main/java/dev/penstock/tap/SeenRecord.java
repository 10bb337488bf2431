package dev.penstock.tap;

import dev.penstock.fastcgi.RecordType;

/// One record's header.
///
/// @param time microseconds since the tap began to listen
record SeenRecord(Side side, long time, int type, int id, int contentLength, int paddingLength) {
    /// The type's name, or its number where it has none.
    String typeName() {
        RecordType known = RecordType.of(type);
        return known == null ? "type " + type : known.name();
    }
}
