/// What is deployed and how: the target, its settings, and the instance that runs it.
@NullMarked
package dev.penstock.deploy;

import org.jspecify.annotations.NullMarked;
