package dev.penstock.deploy;

import dev.penstock.paste.ConfigUri;
import dev.penstock.python.PythonSettings;
import java.nio.file.Path;
import java.util.Map;

/// What is to be served; as text, what a person would call it.
public sealed interface Target {
    /// The instance that serves it. (A method, not a `switch`: on the way to the first worker a first type switch
    /// costs more than everything else about settings.)
    InstanceId instance();

    /// The same for the Python side. (A method for the same reason.)
    PythonSettings.Target forPython();

    /// A dispatch script that a web server runs; what it loads is the script's own business.
    ///
    /// @param path absolute, as the web server names it: links are not followed
    record Script(Path path) implements Target {
        @Override
        public InstanceId instance() {
            return InstanceId.ofFile(path);
        }

        @Override
        public PythonSettings.Target forPython() {
            return new PythonSettings.Target.Script(path);
        }

        @Override
        public String toString() {
            return path.toString();
        }
    }

    /// An application out of an INI file, loaded by Paste Deploy.
    ///
    /// @param path absolute
    /// @param name the application in it, `main` when left out
    /// @param globalConf the `name=value` pairs that a person gave
    record Config(Path path, String name, Map<String, String> globalConf) implements Target {
        public Config {
            globalConf = Map.copyOf(globalConf);
        }

        /// `config:/path/file.ini#name`, as Paste Deploy reads it.
        public String uri() {
            return new ConfigUri(path, name).toString();
        }

        @Override
        public InstanceId instance() {
            return InstanceId.ofFile(path);
        }

        @Override
        public PythonSettings.Target forPython() {
            return new PythonSettings.Target.Config(uri(), globalConf);
        }

        @Override
        public String toString() {
            return uri();
        }
    }

    /// A WSGI application that is an attribute of a module.
    ///
    /// @param spec `package.module:attribute`
    /// @param directory where the module is looked for first, absolute
    record Callable(String spec, Path directory) implements Target {
        @Override
        public InstanceId instance() {
            return InstanceId.ofCallable(spec, directory);
        }

        @Override
        public PythonSettings.Target forPython() {
            return new PythonSettings.Target.Callable(spec);
        }

        @Override
        public String toString() {
            return spec;
        }
    }
}
