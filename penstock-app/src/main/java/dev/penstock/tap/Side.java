package dev.penstock.tap;

/// Who said it.
enum Side {
    SERVER("web server"),
    APPLICATION("application");

    private final String title;

    Side(String title) {
        this.title = title;
    }

    /// As people read it.
    String title() {
        return title;
    }

    Side other() {
        return this == SERVER ? APPLICATION : SERVER;
    }
}
