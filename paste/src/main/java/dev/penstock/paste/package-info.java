/// INI files read as Paste Deploy reads them.
///
/// The applications themselves are loaded in their workers by the real Paste Deploy of their
/// virtualenv; this package is how the server sees the same file: `[penstock]`, `[server:main]` and
/// which section is meant by `config:development.ini#name`. It depends on nothing.
@NullMarked
package dev.penstock.paste;

import org.jspecify.annotations.NullMarked;
