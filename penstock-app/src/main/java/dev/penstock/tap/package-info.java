/// `penstock tap`: stands between a web server and a FastCGI application, passes on what they say, and tells people.
///
/// Two halves that meet in one bounded queue. [Pump] moves bytes and knows nothing of FastCGI but where a record ends;
/// it never waits for the other half. [Traffic] takes copies out of the queue, masks what is secret in them, follows
/// each request and finds what breaks the protocol; [Recording] and the views get what it has made of them.
@NullMarked
package dev.penstock.tap;

import org.jspecify.annotations.NullMarked;
