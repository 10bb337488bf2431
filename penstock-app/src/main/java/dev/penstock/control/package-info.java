/// The control socket of an instance: how commands reach its server.
@NullMarked
package dev.penstock.control;

import org.jspecify.annotations.NullMarked;
