package dev.penstock.tap;

/// What all conversations of one tap have in common. For one thread.
///
/// @param keepsSamples whether the views want more of a request than its line
/// @param keepsRecords whether the views want every record
record Following(
        NameRules rules, Bounds bounds, Budget budget, View view, boolean keepsSamples, boolean keepsRecords) {}
