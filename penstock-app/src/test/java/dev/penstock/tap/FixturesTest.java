package dev.penstock.tap;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The library's fixtures look right to the tap, however they are cut.
class FixturesTest {
    /// Bounds of the library's for what it has to answer; a tap answers nothing.
    private static final Set<String> NO_FAULTS_OF_THE_PEER =
            Set.of("get-values-of-17-names.txt", "get-values-over-the-limit.txt");
    /// The tap counts what is sent, the library what is kept.
    private static final Set<String> COUNTED_DIFFERENTLY = Set.of("same-name-does-not-count-twice.txt");

    static List<Fixtures> valid() {
        return Fixtures.of("valid").stream()
                .filter(fixture -> !COUNTED_DIFFERENTLY.contains(fixture.name()))
                .toList();
    }

    static List<Fixtures> invalid() {
        return Fixtures.of("invalid").stream()
                .filter(fixture -> !NO_FAULTS_OF_THE_PEER.contains(fixture.name()))
                .toList();
    }

    static List<Fixtures> all() {
        return Stream.concat(Fixtures.of("valid").stream(), Fixtures.of("invalid").stream())
                .toList();
    }

    @ParameterizedTest
    @MethodSource("valid")
    void whatIsValidShowsNoFault(Fixtures fixture) {
        assertThat(fixture.watch(Integer.MAX_VALUE).findings)
                .filteredOn(finding -> finding.fault().isFault())
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource("invalid")
    void whatIsInvalidShowsAFaultOfTheWebServer(Fixtures fixture) {
        assertThat(fixture.watch(Integer.MAX_VALUE).findings).anySatisfy(finding -> {
            assertThat(finding.fault().isFault()).isTrue();
            assertThat(finding.side()).isEqualTo(Side.SERVER);
        });
    }

    @ParameterizedTest
    @MethodSource("all")
    void oneByteAtATimeLooksTheSame(Fixtures fixture) {
        Watched slowly = fixture.watch(1);

        assertThat(slowly.budget.used()).isZero();
        assertThat(slowly.faults())
                .containsExactlyInAnyOrderElementsOf(
                        fixture.watch(Integer.MAX_VALUE).faults());
    }
}
