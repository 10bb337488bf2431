/// The command line. Nothing imports this package.
@NullMarked
package dev.penstock.cli;

import org.jspecify.annotations.NullMarked;
