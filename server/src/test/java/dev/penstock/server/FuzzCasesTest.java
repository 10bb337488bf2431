package dev.penstock.server;

import java.io.IOException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Every fuzz target holds for all [FuzzInputs]: what was found once stays found.
class FuzzCasesTest {
    @TestFactory
    Stream<DynamicTest> scgiHolds() throws IOException {
        return replay("ScgiFuzz", ScgiFuzz::fuzzerTestOneInput);
    }

    @TestFactory
    Stream<DynamicTest> uwsgiHolds() throws IOException {
        return replay("UwsgiFuzz", UwsgiFuzz::fuzzerTestOneInput);
    }

    private static Stream<DynamicTest> replay(String name, Consumer<byte[]> target) throws IOException {
        return FuzzInputs.of(name).entrySet().stream()
                .map(input -> DynamicTest.dynamicTest(input.getKey(), () -> target.accept(input.getValue())));
    }
}
