package dev.penstock.deploy;

import java.nio.file.Path;
import java.util.List;

/// Everything that an instance has to know about what it runs.
///
/// @param target what is served
/// @param settings how
/// @param name what people see in `ps`, the log and `status`, see [InstanceId#name]
/// @param python the interpreter that loads the application; absolute, links not followed, because a
///     virtualenv's interpreter is a link
/// @param directory the working directory of the application
/// @param problems what is wrong with the settings although a server has to start, because a web server
///     asked for it and its visitors should be told; empty where a person started it
public record Deployment(
        Target target, Settings settings, String name, Path python, Path directory, List<String> problems) {
    public Deployment {
        problems = List.copyOf(problems);
    }

    /// The file or folder that is served.
    Path served() {
        return switch (target) {
            case Target.Script(Path path) -> path;
            case Target.Config config -> config.path();
            case Target.Callable(String _, Path folder) -> folder;
        };
    }
}
