package dev.penstock.deploy;

/// One thing that can be set. The INI reader, the options, `--help` and `docs/settings.md` are all made
/// from it.
///
/// @param name as it stands in `[penstock]`
/// @param fallback what counts when nobody says anything
/// @param fallbackWords the same in words where the value is another on each machine, or none; else empty
/// @param help whole sentences, Markdown
public record Setting<T>(String name, Kind<T> kind, T fallback, String fallbackWords, String help) {
    static <T> Setting<T> of(String name, Kind<T> kind, T fallback, String help) {
        return new Setting<>(name, kind, fallback, "", help);
    }

    /// The fallback for a reader.
    public String fallbackText() {
        return fallbackWords.isEmpty() ? "`" + kind.show(fallback) + "`" : fallbackWords;
    }
}
