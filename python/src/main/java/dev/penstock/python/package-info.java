/// Python applications: a zygote per generation that loads the application once, workers forked from
/// it, and the wire between them and the server.
///
/// ```
/// PythonApplication  which generation answers; load, reload, stop
///   Generation       one loaded version: its zygote, its workers, its requests
///     Zygote         the process that loads and forks
///     RequestQueue   one queue in the kernel from which every free worker takes
///     WorkerStream   what one worker thread sends back
/// ```
///
/// What comes from a worker is treated as hostile: every frame is checked, and a lie ends the worker.
@NullMarked
package dev.penstock.python;

import org.jspecify.annotations.NullMarked;
