package dev.penstock.deploy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.zip.CRC32;

/// How the instance of a target is called. The dispatch (Python) computes the same.
///
/// @param name what people see: the folder of the script or INI file, or the module's first name;
///     at most 24 harmless characters
/// @param id the name of the instance's directory: `name`, `-`, and the CRC 32 of the target's real path
public record InstanceId(String name, String id) {
    private static final int MAX_CHARACTERS = 24;

    public static InstanceId of(Target target) {
        return target.instance();
    }

    /// The instance of a script or an INI file.
    public static InstanceId ofFile(Path file) {
        Path path = real(file);
        Path folder = path.getParent();
        Path name = folder == null ? null : folder.getFileName();
        return of(name == null ? "root" : name.toString(), path.toString());
    }

    /// The instance of an attribute of a module.
    static InstanceId ofCallable(String spec, Path directory) {
        int end = 0;
        while (end < spec.length() && spec.charAt(end) != '.' && spec.charAt(end) != ':') {
            end++;
        }
        return of(spec.substring(0, end), real(directory) + "/" + spec);
    }

    private static InstanceId of(String name, String path) {
        StringBuilder harmless = new StringBuilder();
        for (int at = 0; at < name.length() && harmless.length() < MAX_CHARACTERS; at++) {
            // Two halves of one character are one: the dispatch counts code points.
            if (!Character.isLowSurrogate(name.charAt(at))) {
                harmless.append(isHarmless(name.charAt(at)) ? name.charAt(at) : '_');
            }
        }
        CRC32 sum = new CRC32();
        sum.update(path.getBytes(StandardCharsets.UTF_8));
        String digits = "0000000" + Long.toHexString(sum.getValue());
        return new InstanceId(harmless.toString(), harmless + "-" + digits.substring(digits.length() - 8));
    }

    private static boolean isHarmless(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || "._-".indexOf(c) >= 0;
    }

    /// The path without links; of a file that is not there, the path as it is.
    private static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            return path.toAbsolutePath().normalize();
        }
    }
}
