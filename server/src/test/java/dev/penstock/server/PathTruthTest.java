package dev.penstock.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.penstock.fastcgi.Parameters;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.ValueSource;

class PathTruthTest {
    private static final String DISPATCH = "dispatch.fcgi";

    private static Parameters environ(String... pairs) {
        Parameters environ = new Parameters();
        for (int i = 0; i < pairs.length; i += 2) {
            if (!pairs[i + 1].equals("-")) {
                environ.set(pairs[i], pairs[i + 1]);
            }
        }
        return environ;
    }

    /// What real set-ups send, and what an application must see. `-` is a variable that is not there.
    @ParameterizedTest(name = "{0}: {4}")
    @CsvFileSource(resources = "/paths.csv", delimiter = '|', numLinesToSkip = 1, emptyValue = "")
    void scriptNameAndPathInfoMakeUpTheUrl(
            String setUp,
            String script,
            String info,
            String file,
            String uri,
            String setting,
            String scriptExpected,
            String infoExpected) {
        Parameters environ =
                environ("SCRIPT_NAME", script, "PATH_INFO", info, "SCRIPT_FILENAME", file, "REQUEST_URI", uri);
        new PathTruth(setting, file.contains("/dispatch.") ? DISPATCH : null).apply(environ);
        assertThat(environ.get("SCRIPT_NAME") + " + " + environ.get("PATH_INFO"))
                .as(setUp)
                .isEqualTo(scriptExpected + " + " + infoExpected);
    }

    @Test
    void bothVariablesAreAlwaysThere() {
        Parameters environ = new Parameters();
        new PathTruth("auto", DISPATCH).apply(environ);
        assertThat(environ.get("SCRIPT_NAME")).isEmpty();
        assertThat(environ.get("PATH_INFO")).isEmpty();
    }

    @Test
    void variablesThatWouldContradictThemAreRemoved() {
        Parameters environ = environ("REDIRECT_URL", "/app/x", "SCRIPT_URL", "/app/x", "REDIRECT_STATUS", "200");
        new PathTruth("auto", DISPATCH).apply(environ);
        assertThat(environ.get("REDIRECT_URL")).isNull();
        assertThat(environ.get("SCRIPT_URL")).isNull();
        assertThat(environ.get("REDIRECT_STATUS")).isEqualTo("200");
    }

    @Test
    void asIsChangesNothingButMakesSureOfBoth() {
        Parameters environ = environ("SCRIPT_NAME", "/app/dispatch.fcgi", "REQUEST_URI", "/app/x");
        new PathTruth("as-is", DISPATCH).apply(environ);
        assertThat(environ.get("SCRIPT_NAME")).isEqualTo("/app/dispatch.fcgi");
        assertThat(environ.get("PATH_INFO")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "app", "Auto", "asis"})
    void otherSettingsAreRefused(String setting) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new PathTruth(setting, null))
                .withMessageContaining("not " + setting);
    }
}
