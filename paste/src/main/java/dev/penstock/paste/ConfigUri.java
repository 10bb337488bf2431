package dev.penstock.paste;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;

/// Paste Deploy's `config:development.ini#name`: a file and the application in it that is meant.
///
/// @param path absolute
/// @param name `main` when left out
public record ConfigUri(Path path, String name) {
    private static final String SCHEME = "config:";

    /// Whether `text` says that it is one, in any case of letters.
    public static boolean isOne(String text) {
        return text.toLowerCase(Locale.ROOT).startsWith(SCHEME);
    }

    /// Reads a URI as Paste Deploy does: the name begins at the first `#`, `%xx` in the path are bytes.
    ///
    /// @param directory what a relative path is relative to
    /// @throws IllegalArgumentException when it is none
    public static ConfigUri parse(String text, Path directory) {
        if (!isOne(text)) {
            throw new IllegalArgumentException("expected config:file.ini#name, found: " + text);
        }
        int hash = text.indexOf('#');
        String path = text.substring(SCHEME.length(), hash < 0 ? text.length() : hash);
        String name = hash < 0 ? "main" : text.substring(hash + 1);
        if (path.isEmpty() || name.isEmpty()) {
            throw new IllegalArgumentException("expected config:file.ini#name, found: " + text);
        }
        Path file = Path.of(unquote(path.replace('\\', '/')));
        return new ConfigUri(directory.resolve(file).toAbsolutePath().normalize(), name);
    }

    /// The URI in a form that Paste Deploy reads as the same path and name.
    @Override
    public String toString() {
        String quoted = path.toString().replace("%", "%25").replace("#", "%23").replace("\\", "%5C");
        return SCHEME + quoted + "#" + name;
    }

    private static String unquote(String text) {
        byte[] in = text.getBytes(StandardCharsets.UTF_8);
        byte[] out = new byte[in.length];
        int length = 0;
        for (int at = 0; at < in.length; at++) {
            int value = in[at] == '%' ? hex(in, at + 1) : -1;
            out[length++] = value < 0 ? in[at] : (byte) value;
            at += value < 0 ? 0 : 2;
        }
        return new String(out, 0, length, StandardCharsets.UTF_8);
    }

    /// Two hexadecimal digits, or -1: Python leaves a `%` alone that is not followed by them.
    private static int hex(byte[] in, int at) {
        if (at + 1 >= in.length) {
            return -1;
        }
        int high = Character.digit(in[at], 16);
        int low = Character.digit(in[at + 1], 16);
        return high < 0 || low < 0 ? -1 : high * 16 + low;
    }
}
