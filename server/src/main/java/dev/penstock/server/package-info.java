/// The front: listeners, connections, requests and responses, whatever application answers them.
///
/// The way of a request:
///
/// ```
/// Listener -> FastCgiConnection -> Decoder -> Request -> Application -> Response -> Encoder -> connection
/// ```
///
/// Blocking code, one thread a connection's reading; its writing belongs to whoever has the response.
/// Nothing here knows Python, Jetty or the command line.
@NullMarked
package dev.penstock.server;

import org.jspecify.annotations.NullMarked;
