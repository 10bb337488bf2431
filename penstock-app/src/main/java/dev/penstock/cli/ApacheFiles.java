package dev.penstock.cli;

import dev.penstock.paste.ConfigUri;
import java.nio.file.Path;
import java.util.List;

/// The two files that put an application behind an Apache that one cannot configure.
///
/// @param python the interpreter that has penstock, absolute
/// @param ini what to load
/// @param script the dispatch script
/// @param rootUrl the URL path of the script's folder, empty where Apache knows it
/// @param statics folders of static files that Apache could serve itself
record ApacheFiles(Path python, ConfigUri ini, Path script, String rootUrl, List<Path> statics) {
    String dispatch() {
        return """
                #!%s
                # Run by Apache: starts a Penstock server for the site below, or finds the one that runs.
                # After a change: touch this file. To see what runs: %s status %s
                from penstock.fcgi import serve

                serve(%s)
                """.formatted(python, python.resolveSibling("penstock"), script, quoted(target()));
    }

    String htaccess() {
        String name = String.valueOf(script.getFileName());
        String base = rootUrl.isEmpty() ? "" : "RewriteBase " + rootUrl + "\n";
        return """
                # Sends every request below this folder to %1$s, which `penstock init apache` wrote.
                Options +ExecCGI
                <IfModule mod_fastcgi.c>
                    AddHandler fastcgi-script .fcgi
                </IfModule>
                <IfModule mod_fcgid.c>
                    AddHandler fcgid-script .fcgi
                </IfModule>

                RewriteEngine On
                %2$sRewriteRule ^(%3$s/.*)$ - [L]
                %4$sRewriteRule ^(.*)$ %1$s/$1 [L]
                """.formatted(name, base, name.replace(".", "\\."), staticRules());
    }

    private String target() {
        return ini.name().equals("main") ? ini.path().toString() : ini.toString();
    }

    /// How Apache could take static files off the application's hands; a person has to want it.
    private String staticRules() {
        StringBuilder rules = new StringBuilder();
        for (Path folder : statics) {
            String name = String.valueOf(folder.getFileName());
            rules.append("# To let Apache serve these files itself, take the # away before the rule and run:  ln -s ")
                    .append(folder)
                    .append(" .\n# RewriteRule ^(")
                    .append(name.replace(".", "\\."))
                    .append("/.*)$ - [L]\n");
        }
        return rules.toString();
    }

    /// As Python writes a string.
    private static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
