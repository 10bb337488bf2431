package dev.penstock.tap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// The table of faults in `docs/tools.md` says what [Fault] says; `-Dpenstock.docs=write` writes it.
class FaultsManualTest {
    private static final Path MANUAL = Path.of("..", "docs", "tools.md");
    private static final String BEGIN = "<!-- faults: written by FaultsManualTest -->\n";
    private static final String END = "<!-- end of faults -->";

    @Test
    void theManualHasEveryFault() throws IOException {
        String manual = Files.readString(MANUAL);
        int begin = manual.indexOf(BEGIN) + BEGIN.length();
        int end = manual.indexOf(END);
        if ("write".equals(System.getProperty("penstock.docs"))) {
            Files.writeString(MANUAL, manual.substring(0, begin) + table() + manual.substring(end));
            return;
        }
        assertThat(manual.substring(begin, end))
                .as("docs/tools.md; -Dpenstock.docs=write writes it")
                .isEqualTo(table());
    }

    private static String table() {
        StringBuilder table = new StringBuilder("| in `--json` | | rule | |\n|---|---|---|---|\n");
        for (Fault fault : Fault.values()) {
            table.append("| `").append(fault.name()).append("` | ").append(fault.isFault() ? "fault" : "note");
            table.append(" | ")
                    .append(fault.section())
                    .append(" | ")
                    .append(fault.text())
                    .append(" |\n");
        }
        return table.toString();
    }
}
