package dev.penstock.cli;

import dev.penstock.deploy.Activation;
import dev.penstock.deploy.Deployment;
import dev.penstock.deploy.InstanceId;
import dev.penstock.deploy.Launch;
import dev.penstock.deploy.ServerStart;
import dev.penstock.deploy.Settings;
import dev.penstock.deploy.SettingsBuilder;
import dev.penstock.deploy.SettingsException;
import dev.penstock.deploy.Target;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The start of a server by a dispatch script.
final class DispatchCommand {
    private DispatchCommand() {}

    static boolean isMeantBy(String[] args) {
        return args.length > 1 && args[0].equals("serve") && args[1].equals("--dispatch");
    }

    static int run(String[] args) {
        DispatchArguments arguments;
        try {
            arguments = DispatchArguments.parse(args);
        } catch (IllegalArgumentException e) {
            System.err.println("penstock: the dispatch script and the server do not understand each other (are they"
                    + " of one version?): " + e.getMessage());
            return Exit.USAGE;
        }
        return ServerStart.run(deployment(arguments), new Launch(arguments.instance(), true, false, Activation.NONE));
    }

    /// A wrong setting does not keep the server from starting: visitors wait, and are told by it.
    static Deployment deployment(DispatchArguments arguments) {
        try {
            return deployment(arguments, settings(arguments), List.of());
        } catch (SettingsException e) {
            return deployment(arguments, Settings.DEFAULTS, List.of(e.getMessage()));
        } catch (CommandFailure e) {
            return deployment(arguments, Settings.DEFAULTS, List.of(e.getMessage()));
        }
    }

    private static Deployment deployment(DispatchArguments arguments, Settings settings, List<String> problems) {
        Target target = new Target.Script(arguments.script());
        Path python = new PythonFinder(System.getenv(), null).named(settings).orElse(arguments.python());
        return new Deployment(
                target, settings, InstanceId.of(target).name(), python, folder(arguments.script()), problems);
    }

    private static Settings settings(DispatchArguments arguments) throws SettingsException {
        SettingsBuilder builder = new SettingsBuilder();
        Path folder = folder(arguments.script());
        String config = arguments.config();
        Path ini = config == null ? null : iniFile(config, folder);
        if (ini != null) {
            builder.section(SettingsBuilder.read(ini, arguments.globalConf()));
        }
        builder.beside(folder);
        if (ini != null) {
            builder.beside(folder(ini));
        }
        return builder.build();
    }

    private static @Nullable Path iniFile(String config, Path folder) throws SettingsException {
        try {
            return IniArgument.parse(config, folder).path();
        } catch (IllegalArgumentException e) {
            throw new SettingsException("the dispatch script: " + e.getMessage());
        }
    }

    private static Path folder(Path file) {
        Path folder = file.toAbsolutePath().getParent();
        return folder == null ? file.toAbsolutePath() : folder;
    }
}
