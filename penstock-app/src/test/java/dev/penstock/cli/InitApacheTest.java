package dev.penstock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InitApacheTest {
    @TempDir
    Path folder;

    private Path project;
    private Path web;
    private Path python;
    private final StringWriter out = new StringWriter();

    @BeforeEach
    void aProject() throws Exception {
        project = Files.createDirectory(folder.resolve("site"));
        web = folder.resolve("web");
        python = Programs.make(project.resolve("venv/bin/python"), "exit 0");
        Files.writeString(project.resolve("development.ini"), "[app:main]\nuse = egg:site\n");
    }

    @Test
    void writesTheScriptAndTheRules() throws Exception {
        run(plain());
        assertThat(web.resolve("dispatch.fcgi")).isExecutable();
        assertThat(Files.readString(web.resolve("dispatch.fcgi"))).isEqualTo("""
                #!%s
                # Run by Apache: starts a Penstock server for the site below, or finds the one that runs.
                # After a change: touch this file. To see what runs: %s status %s
                from penstock.fcgi import serve

                serve('%s')
                """.formatted(
                        python,
                        project.resolve("venv/bin/penstock"),
                        web.resolve("dispatch.fcgi"),
                        project.resolve("development.ini")));
        assertThat(Files.readString(web.resolve(".htaccess"))).isEqualTo("""
                # Sends every request below this folder to dispatch.fcgi, which `penstock init apache` wrote.
                Options +ExecCGI
                <IfModule mod_fastcgi.c>
                    AddHandler fastcgi-script .fcgi
                </IfModule>
                <IfModule mod_fcgid.c>
                    AddHandler fcgid-script .fcgi
                </IfModule>

                RewriteEngine On
                RewriteRule ^(dispatch\\.fcgi/.*)$ - [L]
                RewriteRule ^(.*)$ dispatch.fcgi/$1 [L]
                """);
    }

    @Test
    void showsWhatItWroteAndWhatToDoNext() {
        run(plain());
        assertThat(out.toString())
                .contains("Made " + web)
                .contains("    #!" + python)
                .contains("    RewriteEngine On")
                .contains("Next:")
                .contains("penstock status " + web);
    }

    @Test
    void namesAnotherApplicationAndTheUrlOfTheFolder() throws Exception {
        Files.writeString(project.resolve("it's.ini"), "[app:shop]\nuse = egg:shop\n");
        run(wish("it's.ini#shop", "dispatch.fcgi", "/shop"));
        assertThat(Files.readString(web.resolve("dispatch.fcgi")))
                .contains("serve('config:" + project + "/it\\'s.ini#shop')");
        assertThat(Files.readString(web.resolve(".htaccess"))).contains("\nRewriteBase /shop/\n");
    }

    @Test
    void offersApacheTheStaticFiles() throws Exception {
        Files.createDirectories(project.resolve("site/public/css"));
        Files.createDirectories(project.resolve("venv/static"));
        Files.createFile(project.resolve("venv/pyvenv.cfg"));
        run(plain());
        assertThat(Files.readString(web.resolve(".htaccess")))
                .contains("\n# RewriteRule ^(css/.*)$ - [L]\n")
                .contains("ln -s " + project.resolve("site/public/css"))
                .doesNotContain("venv");
    }

    @Test
    void overwritesNothingUnlessForced() throws Exception {
        Files.createDirectory(web);
        Files.writeString(web.resolve(".htaccess"), "RewriteEngine On\n");
        assertThatThrownBy(() -> run(plain()))
                .hasMessageContaining(web.resolve(".htaccess") + " is there and says something else:")
                .hasMessageContaining("  + Options +ExecCGI")
                .hasMessageContaining("--force");
        assertThat(web.resolve("dispatch.fcgi")).doesNotExist();
        run(new InitApache.Wish(web, "development.ini", "dispatch.fcgi", "", "", true));
        assertThat(web.resolve("dispatch.fcgi")).exists();
        run(plain());
    }

    @Test
    void wantsAPythonThatHasPenstock() throws Exception {
        Programs.make(python, "exit 1");
        assertThatThrownBy(() -> run(plain())).hasMessageContaining(python + " -m pip install penstock");
        assertThat(web).doesNotExist();
    }

    @Test
    void takesTheInstallationsPythonAndTellsOfTheProjectsOwn() throws Exception {
        Programs.make(python, "exit 1");
        Path own = Programs.make(folder.resolve("own/bin/python"), "exit 0");
        run(plain(), new PythonFinder(Map.of(), own.toString()));
        assertThat(Files.readString(web.resolve("dispatch.fcgi"))).startsWith("#!" + own + "\n");
        assertThat(out.toString()).contains("Note: ").contains("say `python = " + python + "`");
    }

    @Test
    void asksThePythonWithoutOurOwnEnvironment() throws Exception {
        Programs.make(python, "test -z \"$PYTHONPATH\" && test \"$2\" = 'import penstock.fcgi' && test \"$PWD\" = /");
        run(plain());
        assertThat(web.resolve("dispatch.fcgi")).exists();
    }

    @Test
    void refusesAPythonThatAFirstLineCannotName() throws Exception {
        Path blank = Programs.make(folder.resolve("my venv/bin/python"), "exit 0");
        assertThatThrownBy(() -> run(withPython(blank))).hasMessageContaining("blank or is too long");
        Path deep = Programs.make(folder.resolve("d".repeat(120) + "/bin/python"), "exit 0");
        assertThatThrownBy(() -> run(withPython(deep))).hasMessageContaining("blank or is too long");
    }

    @Test
    void refusesAnIniFileThatCouldNotBeServed() throws Exception {
        assertThatThrownBy(() -> run(wish("development.ini#shop", "dispatch.fcgi", "")))
                .hasMessageContaining("expected a section [app:shop]");
        assertThatThrownBy(() -> run(wish("none.ini", "dispatch.fcgi", ""))).hasMessageContaining("no such file");
        Files.writeString(project.resolve("wrong.ini"), "[app:main]\n[penstock]\nworker = 1\n");
        assertThatThrownBy(() -> run(wish("wrong.ini", "dispatch.fcgi", "")))
                .hasMessageContaining("did you mean `workers`");
        assertThat(web).doesNotExist();
    }

    @Test
    void refusesNamesThatTheRulesCouldNotCarry() {
        assertThatThrownBy(() -> run(wish("development.ini", "a b.fcgi", ""))).hasMessageContaining("ends in .fcgi");
        assertThatThrownBy(() -> run(wish("development.ini", "dispatch.fcgi", "shop")))
                .hasMessageContaining("a path like /shop");
        assertThatThrownBy(() -> run(wish("development.ini", "dispatch.fcgi", "/a b")))
                .hasMessageContaining("a path like /shop");
    }

    private InitApache.Wish plain() {
        return wish("development.ini", "dispatch.fcgi", "");
    }

    private InitApache.Wish wish(String ini, String name, String rootUrl) {
        return new InitApache.Wish(web, ini, name, rootUrl, "", false);
    }

    private InitApache.Wish withPython(Path python) {
        return new InitApache.Wish(web, "development.ini", "dispatch.fcgi", "", python.toString(), false);
    }

    private void run(InitApache.Wish wish) {
        run(wish, new PythonFinder(Map.of(), null));
    }

    private void run(InitApache.Wish wish, PythonFinder finder) {
        new InitApache(project, finder, new PrintWriter(out, true)).run(wish);
    }
}
