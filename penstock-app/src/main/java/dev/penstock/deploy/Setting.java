package dev.penstock.deploy;

/// One thing that can be set. The INI reader, the options, `--help` and `docs/settings.md` are all made
/// from it.
///
/// @param name as it stands in `[penstock]`
/// @param fallback what counts when nobody says anything
/// @param fallbackText the same for a reader, who may have another machine
/// @param help whole sentences, Markdown
public record Setting<T>(String name, Kind<T> kind, T fallback, String fallbackText, String help) {
    static <T> Setting<T> of(String name, Kind<T> kind, T fallback, String help) {
        return new Setting<>(name, kind, fallback, "`" + kind.show(fallback) + "`", help);
    }
}
