package dev.penstock.cli;

import picocli.CommandLine.IVersionProvider;

/// What `--version` prints.
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        String version = Version.class.getPackage().getImplementationVersion();
        return new String[] {
            "penstock " + (version == null ? "(not packaged)" : version) + ", Java " + Runtime.version()
        };
    }
}
