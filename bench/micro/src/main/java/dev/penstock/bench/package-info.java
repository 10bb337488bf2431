/// Time and bytes allocated of what the FastCGI library does for each request, beside Jetty's FastCGI parser and
/// generator. Run by `bench/jmh`.
@NullMarked
package dev.penstock.bench;

import org.jspecify.annotations.NullMarked;
