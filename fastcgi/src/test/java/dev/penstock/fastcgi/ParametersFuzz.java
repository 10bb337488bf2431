package dev.penstock.fastcgi;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/// Name-value pairs as a fuzz target, beside a second reader that is written for nothing but to be plain: both give
/// the same variables or both refuse; what was read can be written, read again and changed.
public final class ParametersFuzz {
    private static final int MAX_PAIRS = 20;

    private ParametersFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        Map<String, String> expected = plainly(input);
        Parameters parameters;
        try {
            parameters = Parameters.parse(input.clone(), input.length, MAX_PAIRS);
        } catch (ProtocolException refused) {
            require(expected == null, "refused (%s) what is in order: %s", refused.getMessage(), expected);
            return;
        }
        require(expected != null, "took what is broken for %s", parameters);
        check(parameters, expected);
        check(reread(parameters), expected);
        change(parameters, expected);
        check(parameters, expected);
        check(reread(parameters), expected);
    }

    private static Parameters reread(Parameters parameters) {
        byte[] encoded = parameters.encode();
        try {
            return Parameters.parse(encoded, encoded.length, MAX_PAIRS + 1);
        } catch (ProtocolException e) {
            throw new AssertionError("cannot read what it wrote itself", e);
        }
    }

    private static void check(Parameters parameters, Map<String, String> expected) {
        require(parameters.count() == expected.size(), "%d pairs instead of %s", parameters.count(), expected);
        int pair = 0;
        for (Map.Entry<String, String> entry : expected.entrySet()) {
            require(parameters.name(pair).equals(entry.getKey()), "name %d is not %s", pair, entry.getKey());
            require(parameters.value(pair).equals(entry.getValue()), "another value of %s", entry.getKey());
            require(parameters.find(entry.getKey()) == pair, "%s is not found", entry.getKey());
            pair++;
        }
    }

    /// Sets a new variable, and what else the pairs offer: sets the first again, takes the second away.
    private static void change(Parameters parameters, Map<String, String> expected) {
        String[] names = expected.keySet().toArray(String[]::new);
        if (names.length > 1) {
            parameters.remove(names[1]);
            expected.remove(names[1]);
        }
        if (names.length > 0) {
            parameters.set(names[0], "set again");
            expected.put(names[0], "set again");
        }
        String added = "v".repeat(130);
        parameters.set("ADDED", added);
        expected.put("ADDED", added);
        require(Objects.equals(parameters.get("ADDED"), added), "lost what was added");
    }

    /// FastCGI 3.4, word by word; null when it is broken or more than [#MAX_PAIRS].
    private static @org.jspecify.annotations.Nullable Map<String, String> plainly(byte[] input) {
        Map<String, String> pairs = new LinkedHashMap<>();
        long[] at = {0};
        while (at[0] < input.length) {
            long nameLength = length(input, at);
            long valueLength = nameLength < 0 ? -1 : length(input, at);
            if (valueLength < 0 || at[0] + nameLength + valueLength > input.length) {
                return null;
            }
            pairs.put(text(input, at, nameLength), text(input, at, valueLength));
            if (pairs.size() > MAX_PAIRS) {
                return null;
            }
        }
        return pairs;
    }

    private static long length(byte[] input, long[] at) {
        int width = at[0] < input.length && input[(int) at[0]] < 0 ? 4 : 1;
        if (at[0] + width > input.length) {
            return -1;
        }
        long length = 0;
        for (int i = 0; i < width; i++) {
            length = length * 256 + (input[(int) at[0]++] & (width == 4 && i == 0 ? 0x7f : 0xff));
        }
        return length;
    }

    private static String text(byte[] input, long[] at, long length) {
        String text = new String(input, (int) at[0], (int) length, StandardCharsets.ISO_8859_1);
        at[0] += length;
        return text;
    }

    private static void require(boolean holds, String otherwise, Object... values) {
        if (!holds) {
            throw new AssertionError(otherwise.formatted(values));
        }
    }
}
