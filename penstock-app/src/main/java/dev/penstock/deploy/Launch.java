package dev.penstock.deploy;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// How this process was started.
///
/// @param instanceDirectory the directory that the starter has made and checked, or null: find one
/// @param startedByDispatch descriptor 0 is the listening control socket, nobody watches, and the server
///     leaves when no dispatch is attached any more
/// @param foreground a person watches: say what is served, end on Ctrl-C
/// @param activation the listening sockets that the starter has opened
public record Launch(
        @Nullable Path instanceDirectory, boolean startedByDispatch, boolean foreground, Activation activation) {}
