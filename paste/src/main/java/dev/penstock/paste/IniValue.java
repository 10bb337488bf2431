package dev.penstock.paste;

/// A value as it stands in the file, nothing replaced yet.
///
/// @param text its lines, joined by line feeds
/// @param line where its key stands, from 1; 0 for a value that is not from the file
record IniValue(String text, int line) {}
