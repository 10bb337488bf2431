package dev.penstock.tap;

/// How much is shown, and for whom.
///
/// @param isFull variables, heads, the beginnings of bodies
/// @param hasRecords every record
/// @param isJson one JSON object a line
/// @param isColoured for a terminal
public record Look(boolean isFull, boolean hasRecords, boolean isJson, boolean isColoured) {}
