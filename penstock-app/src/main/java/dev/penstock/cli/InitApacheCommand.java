package dev.penstock.cli;

import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `penstock init apache DIR --ini FILE`
@Command(
        name = "apache",
        description = "Write dispatch.fcgi and .htaccess into a folder that Apache serves.",
        footer = {
            "%nExamples:",
            "  penstock init apache ~/public_html --ini development.ini",
            "  penstock init apache ~/www/shop --ini production.ini#shop --root-url /shop"
        })
final class InitApacheCommand extends Subcommand {
    @Parameters(index = "0", paramLabel = "DIR", description = "The folder; made when only it itself is missing.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path folder;

    @Option(
            names = "--ini",
            required = true,
            paramLabel = "FILE[#NAME]",
            description = "The INI file of the application.")
    private String ini = "";

    @Option(
            names = "--name",
            paramLabel = "NAME",
            defaultValue = "dispatch.fcgi",
            description = "Another name for dispatch.fcgi.")
    private String name = "";

    @Option(
            names = "--root-url",
            paramLabel = "PATH",
            description = "The folder's own URL path, like /shop; needed only where it comes from an Alias.")
    private String rootUrl = "";

    @Option(
            names = "--python",
            paramLabel = "PATH",
            description = "The Python with penstock (otherwise the virtualenv beside the project).")
    private String python = "";

    @Option(names = "--force", description = "Overwrite files that say something else.")
    private boolean isForced;

    @Option(
            names = "--no-training",
            description = "Do not prepare a fast start of the server (it takes a few seconds, once, and 20 MB).")
    private boolean isUntrained;

    @Override
    public Integer call() {
        Path directory = Path.of("").toAbsolutePath();
        PythonFinder pythons = new PythonFinder(System.getenv(), System.getProperty("penstock.python"));
        Path chosen = new InitApache(directory, pythons, out())
                .write(new InitApache.Wish(
                        directory.resolve(folder).normalize(), ini, name, rootUrl, python, isForced));
        if (!isUntrained) {
            out().flush();
            FastStart.prepare(chosen);
        }
        return Exit.OK;
    }
}
