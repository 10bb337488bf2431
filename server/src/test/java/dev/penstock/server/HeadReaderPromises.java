package dev.penstock.server;

import dev.penstock.fastcgi.Limits;
import dev.penstock.fastcgi.Parameters;
import dev.penstock.fastcgi.ProtocolException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import java.util.zip.CRC32;

/// What a [HeadReader] promises for any input: variables or a [ProtocolException], never anything else; the same
/// however the bytes are cut, with every byte of the body left; within the limits.
final class HeadReaderPromises {
    /// Small, so that short inputs reach them.
    static final Limits LIMITS = new Limits(1024, 10, 1, 100, 200, 0);

    private HeadReaderPromises() {}

    static void check(Supplier<HeadReader> readers, byte[] input) {
        CRC32 seed = new CRC32();
        seed.update(input);
        String whole = read(readers.get(), input, input.length, bound -> bound);
        same("one byte at a time", whole, read(readers.get(), input, 1, bound -> bound));
        Random random = new Random(seed.getValue());
        same("in random pieces", whole, read(readers.get(), input, 40, bound -> 1 + random.nextInt(bound)));
    }

    private static void same(String how, String whole, String cut) {
        if (!whole.equals(cut)) {
            throw new AssertionError(how + ": " + cut + " instead of " + whole);
        }
    }

    private static String read(
            HeadReader reader, byte[] input, int maxPiece, java.util.function.IntUnaryOperator length) {
        try {
            for (int at = 0; at < input.length; ) {
                int piece = Math.min(input.length - at, length.applyAsInt(maxPiece));
                ByteBuffer bytes = ByteBuffer.wrap(input, at, piece);
                Parameters parameters = reader.read(bytes);
                if (parameters != null) {
                    return words(parameters) + " and the body from byte " + bytes.position();
                }
                if (bytes.hasRemaining()) {
                    throw new AssertionError("wants more and leaves bytes");
                }
                at += piece;
            }
        } catch (ProtocolException e) {
            return "! " + e.getMessage();
        }
        return "unfinished, begun: " + reader.begun();
    }

    private static String words(Parameters parameters) {
        StringBuilder words = new StringBuilder();
        Set<String> names = new HashSet<>();
        for (int pair = 0; pair < parameters.count(); pair++) {
            String name = parameters.name(pair);
            String value = parameters.value(pair);
            if (!names.add(name) || name.isEmpty() || name.length() > 100 || value.length() > 200) {
                throw new AssertionError("empty, twice or too long: " + name + "=" + value);
            }
            words.append(name).append('=').append(value).append('\n');
        }
        if (parameters.count() > LIMITS.maxParameters()) {
            throw new AssertionError(parameters.count() + " variables");
        }
        return words.toString();
    }
}
