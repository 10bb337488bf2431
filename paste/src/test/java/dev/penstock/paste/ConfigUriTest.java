package dev.penstock.paste;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigUriTest {
    private static final Path SITE = Path.of("/srv/site");

    @ParameterizedTest
    @CsvSource({
        "config:/a/b.ini, /a/b.ini, main",
        "config:/a/b.ini#admin, /a/b.ini, admin",
        "CONFIG:b.ini#x#y, /srv/site/b.ini, x#y",
        "config:../b.ini, /srv/b.ini, main",
        "config:///a/b.ini, /a/b.ini, main",
        "config:/a/b%20c%23.ini, /a/b c#.ini, main",
        "config:/a/100%.ini, /a/100%.ini, main",
        "config:/caf%C3%A9.ini, /café.ini, main",
    })
    void readsWhatPasteDeployReads(String text, String path, String name) {
        assertThat(ConfigUri.parse(text, SITE)).isEqualTo(new ConfigUri(Path.of(path), name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/plain.ini", "/with space.ini", "/100%25#x.ini", "/back\\slash.ini", "/日本.ini"})
    void isWrittenSoThatItIsReadAsTheSame(String path) {
        ConfigUri uri = new ConfigUri(Path.of(path), "main");
        assertThat(ConfigUri.parse(uri.toString(), SITE)).isEqualTo(uri);
    }

    @Test
    void refusesWhatIsNone() {
        for (String text : new String[] {"egg:site", "config:", "config:a.ini#", "a.ini"}) {
            assertThatThrownBy(() -> ConfigUri.parse(text, SITE))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("expected config:file.ini#name, found: " + text);
        }
    }
}
