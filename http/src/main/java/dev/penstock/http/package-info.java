/// HTTP without a web server in front: for development, or behind an HTTP proxy. Jetty speaks the
/// protocol; requests and responses become those of `dev.penstock.server`.
///
/// ```
/// Jetty -> Exchange (body taken in whole) -> Application -> HttpResponse -> Jetty
/// ```
///
/// No thread belongs to a connection: Jetty's few threads read, and what an application writes goes out
/// as fast as the client takes it. HTTP/1.0 and 1.1 without TLS; no servlets, no static files.
@NullMarked
package dev.penstock.http;

import org.jspecify.annotations.NullMarked;
