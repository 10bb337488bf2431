package dev.penstock.fastcgi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ParametersTest {
    private final Parameters parameters = new Parameters();

    private static Parameters parsed(byte[] encoded, int maxPairs) throws ProtocolException {
        return Parameters.parse(encoded, encoded.length, maxPairs);
    }

    private static Map<String, String> map(Parameters parameters) {
        Map<String, String> map = new LinkedHashMap<>();
        for (int pair = 0; pair < parameters.count(); pair++) {
            map.put(parameters.name(pair), parameters.value(pair));
        }
        assertThat(map).as("names are there once").hasSize(parameters.count());
        return map;
    }

    @Test
    void missingVariableIsNullOrWhatStandsForIt() {
        assertThat(parameters.get("A")).isNull();
        assertThat(parameters.get("A", "-")).isEqualTo("-");
        assertThat(parameters.find("A")).isEqualTo(-1);
    }

    @Test
    void emptyVariableIsNotMissing() {
        parameters.set("A", "");
        assertThat(parameters.get("A")).isEmpty();
        assertThat(parameters.get("A", "-")).isEmpty();
    }

    @Test
    void namesThatBeginAlikeAreNotTheSame() {
        parameters.set("HTTP_HOST", "h");
        assertThat(parameters.get("HTTP_HOS")).isNull();
        assertThat(parameters.get("HTTP_HOST2")).isNull();
        assertThat(parameters.get("http_host")).isNull();
    }

    @Test
    void settingAgainReplacesTheValueInItsPlace() {
        parameters.set("A", "1");
        parameters.set("B", "2");
        parameters.set("A", "a longer value");
        assertThat(map(parameters)).containsExactly(Map.entry("A", "a longer value"), Map.entry("B", "2"));
    }

    @Test
    void removedVariableIsGoneAndTheOthersKeepTheirOrder() {
        for (String name : new String[] {"A", "B", "C"}) {
            parameters.set(name, name.toLowerCase(java.util.Locale.ROOT));
        }
        parameters.remove("B");
        assertThat(map(parameters)).containsExactly(Map.entry("A", "a"), Map.entry("C", "c"));
        parameters.remove("C");
        parameters.remove("A");
        assertThat(parameters.count()).isZero();
    }

    @Test
    void removingWhatIsNotThereDoesNothing() {
        parameters.set("A", "1");
        parameters.remove("B");
        assertThat(map(parameters)).containsExactly(Map.entry("A", "1"));
    }

    @Test
    void removedVariableMayBeSetAgain() {
        parameters.set("A", "1");
        parameters.set("B", "2");
        parameters.remove("A");
        parameters.set("A", "3");
        assertThat(map(parameters)).containsExactly(Map.entry("B", "2"), Map.entry("A", "3"));
    }

    @Test
    void growsBeyondItsFirstRoom() {
        Map<String, String> expected = new LinkedHashMap<>();
        for (int i = 0; i < 300; i++) {
            String value = "v".repeat(i);
            parameters.set("NAME" + i, value);
            expected.put("NAME" + i, value);
        }
        assertThat(map(parameters)).isEqualTo(expected);
    }

    @Test
    void valuesAreBytesAndOtherCharactersBecomeQuestionMarks() {
        parameters.set("A", "\u00ff\u0100€");
        assertThat(parameters.get("A")).isEqualTo("\u00ff??");
    }

    @Test
    void parsedVariablesCanBeChanged() throws ProtocolException {
        parameters.set("A", "1");
        parameters.set("B", "2");
        Parameters other = parsed(parameters.encode(), 2);
        other.set("B", "a value that needs more room than there was");
        other.set("C", "beyond the limit for what a peer sends");
        assertThat(other.get("A")).isEqualTo("1");
        assertThat(other.get("B")).isEqualTo("a value that needs more room than there was");
        assertThat(other.count()).isEqualTo(3);
    }

    @Test
    void bytesBehindTheLengthAreNotRead() throws ProtocolException {
        byte[] bytes = {1, 1, 'A', 'b', 1, 1, 'C', 'd'};
        assertThat(map(Parameters.parse(bytes, 4, 10))).containsExactly(Map.entry("A", "b"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 126, 127, 128, 129, 255, 256, 32767, 32768, 65535, 65536, 200_000})
    void everyLengthComesBackAsItWasEncoded(int length) throws ProtocolException {
        String text = "x".repeat(length);
        parameters.set("N" + text, "name");
        parameters.set("VALUE", text);
        byte[] encoded = parameters.encode();
        Parameters back = parsed(encoded, 10);
        assertThat(map(back)).isEqualTo(map(parameters));
        assertThat(back.encode()).isEqualTo(encoded);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 39, 40, 41, 1000})
    void pairsAreLimitedToExactlyTheirBound(int bound) throws ProtocolException {
        for (int i = 1; i < bound; i++) {
            parameters.set("N" + i, "v");
        }
        assertThat(parsed(parameters.encode(), bound).count()).isEqualTo(bound - 1);
        parameters.set("LAST", "v");
        assertThat(parsed(parameters.encode(), bound).count()).isEqualTo(bound);
        parameters.set("ONE_MORE", "v");
        assertThatThrownBy(() -> parsed(parameters.encode(), bound))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("more than " + bound + " parameters (max_parameters)");
    }

    @Test
    void behaveAsAnOrderedMap() throws ProtocolException {
        Random random = new Random(20261122);
        Map<String, String> model = new LinkedHashMap<>();
        for (int step = 0; step < 3000; step++) {
            String name = "NAME_" + random.nextInt(60);
            if (random.nextInt(3) == 0) {
                parameters.remove(name);
                model.remove(name);
            } else {
                String value = "v".repeat(random.nextInt(150));
                parameters.set(name, value);
                model.put(name, value);
            }
        }
        assertThat(map(parameters)).isEqualTo(model);
        assertThat(map(parsed(parameters.encode(), 60))).isEqualTo(model);
    }

    @Test
    void textHasNoValuesBecauseTheyCanBeSecrets() {
        parameters.set("HTTP_AUTHORIZATION", "Basic c2VjcmV0");
        parameters.set("A", "1");
        assertThat(parameters).hasToString("Parameters[HTTP_AUTHORIZATION, A]");
    }
}
