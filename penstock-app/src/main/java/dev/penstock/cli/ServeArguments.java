package dev.penstock.cli;

import dev.penstock.deploy.Deployment;
import dev.penstock.deploy.InstanceId;
import dev.penstock.deploy.ListenAddress;
import dev.penstock.deploy.Settings;
import dev.penstock.deploy.SettingsBuilder;
import dev.penstock.deploy.SettingsException;
import dev.penstock.deploy.Target;
import dev.penstock.paste.IniException;
import dev.penstock.paste.IniFile;
import dev.penstock.paste.IniSection;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a person said to `penstock serve`, and the deployment that it means.
///
/// @param target as it was written
/// @param globalConf the `name=value` pairs
/// @param options the settings among the options
/// @param isActivated whether listening sockets were handed over
record ServeArguments(String target, Map<String, String> globalConf, List<Option> options, boolean isActivated) {
    private static final ListenAddress.Tcp DEFAULT_HTTP = new ListenAddress.Tcp("127.0.0.1", 8080);

    /// A setting on the command line.
    ///
    /// @param origin the option as a message should name it
    record Option(String name, String value, String origin) {}

    /// @param directory the working directory
    /// @throws CommandFailure when the target, a setting or the interpreter is not what it should be
    Deployment deployment(Path directory, PythonFinder pythons) {
        Target read = TargetReader.read(target, globalConf, directory);
        try {
            IniFile ini = read instanceof Target.Config config
                    ? SettingsBuilder.read(config.path(), config.globalConf())
                    : null;
            Path project = ini == null ? directory : parent(ini.path());
            Settings settings = listening(settings(ini, directory, project), ini);
            Path python = pythons.find(settings, project);
            return new Deployment(read, settings, InstanceId.of(read).name(), python, directory, List.of());
        } catch (SettingsException e) {
            throw CommandFailure.usage(e.getMessage());
        }
    }

    private Settings settings(@Nullable IniFile ini, Path directory, Path project) throws SettingsException {
        SettingsBuilder builder = new SettingsBuilder();
        for (Option option : options) {
            builder.option(option.name(), option.value(), option.origin(), directory);
        }
        if (ini != null) {
            builder.section(ini);
        }
        return builder.beside(project).build();
    }

    /// Somebody who starts a server wants it to listen: where nothing says otherwise, where the INI file's own
    /// server would.
    private Settings listening(Settings settings, @Nullable IniFile ini) throws SettingsException {
        if (isActivated
                || settings.get(Settings.HTTP).isPresent()
                || !settings.get(Settings.FCGI).isEmpty()
                || !settings.get(Settings.SCGI).isEmpty()
                || !settings.get(Settings.UWSGI).isEmpty()) {
            return settings;
        }
        try {
            IniSection server = ini == null ? null : ini.server("main");
            return server == null
                    ? settings.with(Settings.HTTP, Optional.of(DEFAULT_HTTP), "default")
                    : settings.with(Settings.HTTP, Optional.of(address(server)), server.where("port"));
        } catch (IniException e) {
            throw new SettingsException(e.getMessage());
        }
    }

    private static ListenAddress.Tcp address(IniSection server) throws IniException, SettingsException {
        String host = own(server, "host");
        String port = own(server, "port");
        try {
            ListenAddress.Tcp address = ListenAddress.parseTcp(port == null ? "8080" : port);
            return new ListenAddress.Tcp(host == null ? DEFAULT_HTTP.host() : host, address.port());
        } catch (IllegalArgumentException e) {
            throw new SettingsException(server.where("port") + ": expected a port from 0 to 65535, found: " + port);
        }
    }

    /// Without the keys of `[DEFAULT]`: Paste Deploy does not give them to a server either.
    private static @Nullable String own(IniSection section, String key) throws IniException {
        return section.keys().contains(key) ? section.get(key) : null;
    }

    private static Path parent(Path file) {
        Path folder = file.getParent();
        return folder == null ? file : folder;
    }
}
