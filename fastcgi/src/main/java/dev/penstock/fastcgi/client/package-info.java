/// A FastCGI client: the web server's side, with sockets, threads and deadlines.
///
/// [FastCgiClient] sends [ClientRequest]s and gives [ClientResponse]s; [ClientOptions] says how. Everything
/// that goes wrong is a [FastCgiFailure], an IOException that knows its kind.
@NullMarked
package dev.penstock.fastcgi.client;

import org.jspecify.annotations.NullMarked;
