package dev.penstock;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// One direction of imports: the protocol knows nothing of servers, servers nothing of Python or Jetty, and
/// nothing imports the command line. A new module gets its line here.
class ImportRulesTest {
    private static final String JUNIXSOCKET = "org.newsclub.net.unix..";
    private static final String JACKSON = "com.fasterxml.jackson.core..";
    private static final String JETTY = "org.eclipse.jetty..";

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.penstock");

    @Test
    void theProtocolImportsNothing() {
        assertImportsOnly("fastcgi");
    }

    @Test
    void pasteImportsNothing() {
        assertImportsOnly("paste");
    }

    @Test
    void theServerKnowsTheProtocolAndSockets() {
        assertImportsOnly("server", "dev.penstock.fastcgi..", JUNIXSOCKET);
    }

    @Test
    void pythonKnowsTheServer() {
        assertImportsOnly("python", "dev.penstock.server..", "dev.penstock.fastcgi..", JUNIXSOCKET, JACKSON);
    }

    @Test
    void httpKnowsTheServerAndJetty() {
        assertImportsOnly("http", "dev.penstock.server..", "dev.penstock.fastcgi..", JETTY);
    }

    @Test
    void theTapKnowsTheProtocolOnly() {
        assertImportsOnly("tap", "dev.penstock.fastcgi..", "dev.penstock.server..", JACKSON);
    }

    @Test
    void nothingImportsTheCommandLine() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.penstock.cli..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.penstock.cli..")
                .check(CLASSES);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {JETTY + "; http", "picocli..; cli", JACKSON + "; python|deploy|tap"})
    void aLibraryIsKnownWhereItIsNeeded(String library, String owners) {
        noClasses()
                .that()
                .haveNameNotMatching("dev\\.penstock\\.(" + owners + ")\\..*")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library)
                .check(CLASSES);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("dev.penstock.(*)..").should().beFreeOfCycles().check(CLASSES);
    }

    /// A visitor waits while they run.
    @ParameterizedTest
    @ValueSource(strings = {"Main", "DispatchCommand", "DispatchArguments", "IniArgument", "PythonFinder"})
    void theStartByADispatchLoadsNothingOfTheCommandLinesLibrary(String name) {
        noClasses()
                .that()
                .haveFullyQualifiedName("dev.penstock.cli." + name)
                .should()
                .dependOnClassesThat()
                .resideInAPackage("picocli..")
                .check(CLASSES);
    }

    private static void assertImportsOnly(String module, String... allowed) {
        String[] packages = Stream.concat(
                        Stream.of("java..", "org.jspecify..", "dev.penstock." + module + ".."), Stream.of(allowed))
                .toArray(String[]::new);
        classes()
                .that()
                .resideInAPackage("dev.penstock." + module + "..")
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(packages))
                .check(CLASSES);
    }
}
