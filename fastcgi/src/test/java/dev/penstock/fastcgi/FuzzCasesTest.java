package dev.penstock.fastcgi;

import java.io.IOException;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Every fuzz target holds for all [FuzzInputs]: what was found once stays found.
class FuzzCasesTest {
    @TestFactory
    Stream<DynamicTest> decoderHolds() throws IOException {
        return replay("DecoderFuzz", DecoderFuzz::fuzzerTestOneInput);
    }

    @TestFactory
    Stream<DynamicTest> parametersHold() throws IOException {
        return replay("ParametersFuzz", ParametersFuzz::fuzzerTestOneInput);
    }

    @TestFactory
    Stream<DynamicTest> responseDecoderHolds() throws IOException {
        return replay("ResponseDecoderFuzz", ResponseDecoderFuzz::fuzzerTestOneInput);
    }

    @TestFactory
    Stream<DynamicTest> responseHeadHolds() throws IOException {
        return replay("ResponseHeadFuzz", ResponseHeadFuzz::fuzzerTestOneInput);
    }

    @TestFactory
    Stream<DynamicTest> whatTheEncodersWriteTheDecodersReturn() throws IOException {
        return replay("RoundTripFuzz", RoundTripFuzz::fuzzerTestOneInput);
    }

    private static Stream<DynamicTest> replay(String name, Consumer<byte[]> target) throws IOException {
        Map<String, byte[]> inputs = FuzzInputs.of(name);
        return inputs.entrySet().stream()
                .map(input -> DynamicTest.dynamicTest(input.getKey(), () -> target.accept(input.getValue())));
    }
}
