package dev.penstock.fastcgi;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// `conformance.txt` says which tests prove which rule; here they must exist, and `docs/conformance.md` is made of it.
/// After a change of the table, or of a fixture's first line:
/// `mvn test -pl fastcgi -am -Dtest=ConformanceTest -Dsurefire.failIfNoSpecifiedTests=false -Dpenstock.docs=write`
class ConformanceTest {
    private static final Path ROOT = Path.of("..");
    private static final Path PAGE = ROOT.resolve("docs/conformance.md");
    private static final Path RULES = Path.of("src/test/resources/conformance.txt");
    private static final Path RECORDS = Path.of("src/test/resources/records");
    private static final String MISSING = "missing: ";

    /// A rule with the tests that prove it.
    private record Rule(String section, String rule, List<String> tests) {}

    /// Its rules are shown under a heading.
    private record Chapter(String heading, List<String> text, List<Rule> rules) {}

    @Test
    void everyRuleNamesTestsThatExist() throws IOException {
        List<String> faults = new ArrayList<>();
        for (Rule rule :
                chapters().stream().flatMap(chapter -> chapter.rules().stream()).toList()) {
            if (rule.tests().isEmpty()) {
                faults.add("no test: " + rule.rule());
            }
            for (String test : rule.tests()) {
                if (!test.startsWith(MISSING) && !exists(test)) {
                    faults.add("no such test: " + test + " (" + rule.rule() + ")");
                }
            }
        }
        assertThat(faults).isEmpty();
    }

    @Test
    void thePageSaysWhatTheTableSays() throws IOException {
        if ("write".equals(System.getProperty("penstock.docs"))) {
            Files.writeString(PAGE, page());
        }
        assertThat(PAGE).exists();
        assertThat(Files.readString(PAGE))
                .as("docs/conformance.md is stale; run the tests with -Dpenstock.docs=write")
                .isEqualTo(page());
    }

    private static List<Chapter> chapters() throws IOException {
        List<Chapter> chapters = new ArrayList<>();
        for (String line : Files.readAllLines(RULES)) {
            if (line.startsWith("#") || line.isBlank()) {
                continue;
            }
            if (line.startsWith("== ")) {
                chapters.add(new Chapter(line.substring(3), new ArrayList<>(), new ArrayList<>()));
            } else if (line.startsWith("    ")) {
                chapters.getLast().rules().getLast().tests().add(line.strip());
            } else if (line.contains(" | ")) {
                String[] columns = line.split(" \\| ", 2);
                chapters.getLast().rules().add(new Rule(columns[0], columns[1], new ArrayList<>()));
            } else {
                chapters.getLast().text().add(line);
            }
        }
        return chapters;
    }

    private static boolean exists(String test) throws IOException {
        if (test.contains("#")) {
            return method(test.substring(0, test.indexOf('#')), test.substring(test.indexOf('#') + 1));
        }
        if (test.contains(".py")) {
            String[] parts = test.split("::");
            Path file = ROOT.resolve(parts[0]);
            return Files.exists(file)
                    && (parts.length == 1 || Files.readString(file).contains("def " + parts[1] + "("));
        }
        return Files.exists(RECORDS.resolve(test + ".txt"));
    }

    private static boolean method(String type, String method) throws IOException {
        try (Stream<Path> modules = Files.list(ROOT)) {
            for (Path tests :
                    modules.map(module -> module.resolve("src/test/java")).toList()) {
                if (Files.isDirectory(tests) && contains(tests, type, " " + method + "(")) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean contains(Path tests, String type, String text) throws IOException {
        try (Stream<Path> files = Files.walk(tests)) {
            for (Path file : files.filter(path -> path.endsWith(type + ".java")).toList()) {
                if (Files.readString(file).contains(text)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static String page() throws IOException {
        StringBuilder page = new StringBuilder("""
                # Conformance

                Which rule of FastCGI is proven by which test. `records/…` are byte fixtures in
                `fastcgi/src/test/resources`, each fed at once, byte by byte and in random pieces; `Class.method` are unit
                tests; `it/…` are tests with the real web servers. (This page is made from `conformance.txt` beside the
                fixtures by `ConformanceTest`, which also looks whether the tests exist.)
                """);
        for (Chapter chapter : chapters()) {
            page.append("\n## ").append(chapter.heading()).append("\n\n");
            chapter.text().forEach(line -> page.append(line).append('\n'));
            page.append("\n| | rule | proven by |\n|---|---|---|\n");
            chapter.rules().forEach(rule -> page.append(row(rule)));
        }
        return page.toString();
    }

    private static String row(Rule rule) {
        String tests = rule.tests().stream()
                .map(test -> test.startsWith(MISSING)
                        ? "**not proven**: " + test.substring(MISSING.length())
                        : "`" + shown(test) + "`")
                .collect(Collectors.joining("<br>"));
        return "| " + rule.section() + " | " + rule.rule() + " | " + tests + " |\n";
    }

    private static String shown(String test) {
        if (test.contains("#")) {
            return test.replace('#', '.');
        }
        return test.contains(".py") ? test : "records/" + test;
    }
}
