/// A small FastCGI server for Java programs that want to answer requests and no more.
///
/// [Responder] accepts connections and calls an [Responder.Application] for each request. A server that
/// multiplexes, has deadlines and counts is better built on [dev.penstock.fastcgi.Decoder] itself.
@NullMarked
package dev.penstock.fastcgi.responder;

import org.jspecify.annotations.NullMarked;
