package dev.penstock.deploy;

/// A setting is wrong. The message says where, what was found, what was expected, and is for the person
/// who wrote it; it has no stack trace, because the fault is not in this program.
public final class SettingsException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String text;

    public SettingsException(String text) {
        super(null, null, false, false);
        this.text = text;
    }

    @Override
    public String getMessage() {
        return text;
    }
}
