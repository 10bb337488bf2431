package dev.penstock.deploy;

import org.jspecify.annotations.Nullable;

/// The setting that a mistyped name most likely means.
final class Nearest {
    private Nearest() {}

    /// `, did you mean `x`?`, or where all settings are listed.
    static String hint(String name) {
        Setting<?> nearest = null;
        int least = Math.max(2, name.length() / 3) + 1;
        for (Setting<?> setting : Settings.ALL) {
            int distance = distance(name.replace('-', '_'), setting.name());
            if (distance < least) {
                least = distance;
                nearest = setting;
            }
        }
        return hint(nearest);
    }

    private static String hint(@Nullable Setting<?> nearest) {
        return nearest == null
                ? "; `penstock serve --help` lists all settings"
                : "; did you mean `" + nearest.name() + "`?";
    }

    /// How many letters have to be added, taken away or changed (Levenshtein).
    static int distance(String one, String other) {
        int[] row = new int[other.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int changed = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(changed, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[other.length()];
    }
}
