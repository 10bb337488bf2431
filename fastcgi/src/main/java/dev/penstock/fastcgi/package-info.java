/// FastCGI as both sides speak it: bytes in, events out, and the way back.
///
/// Nothing here does I/O, starts a thread or logs. [Decoder] turns what a web server sent into
/// [Event]s, [Encoder] turns answers into records, [Parameters] is the request's environment as it
/// came. [ResponseDecoder], [Reply] and [RequestEncoder] are the same for the web server's side, and
/// [ResponseHeadParser] reads what a response begins with. The specification is the "FastCGI Specification 1.0";
/// sections are cited as "FastCGI 3.3".
///
/// A peer's fault is a [ProtocolException]; a caller's mistake is an ordinary unchecked exception.
@NullMarked
package dev.penstock.fastcgi;

import org.jspecify.annotations.NullMarked;
