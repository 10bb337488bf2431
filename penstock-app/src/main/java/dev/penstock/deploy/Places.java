package dev.penstock.deploy;

import dev.penstock.server.AllowedClients;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// The kinds of value that are a place: files and addresses.
final class Places {
    private Places() {}

    static final class OnePath implements Kind<Optional<Path>> {
        @Override
        public String syntax() {
            return "a path";
        }

        @Override
        public Optional<Path> parse(String text, Path base) {
            return text.isEmpty() ? Optional.empty() : Optional.of(resolve(text, base));
        }

        @Override
        public String show(Optional<Path> value) {
            return value.isPresent() ? value.get().toString() : "";
        }
    }

    /// A path, or the name of a program that is looked for on the PATH by whoever uses it: such a name stays
    /// a relative path of one part.
    static final class Program implements Kind<Optional<Path>> {
        @Override
        public String syntax() {
            return "a path, or the name of a program on the PATH";
        }

        @Override
        public Optional<Path> parse(String text, Path base) {
            boolean isName = text.indexOf('/') < 0 && !Files.exists(base.resolve(text));
            return isName && !text.isEmpty() ? Optional.of(Path.of(text)) : Kinds.PATH.parse(text, base);
        }

        @Override
        public String show(Optional<Path> value) {
            return Kinds.PATH.show(value);
        }
    }

    static final class Paths implements Kind<List<Path>> {
        @Override
        public String syntax() {
            return "paths, one a line or with colons between";
        }

        @Override
        public List<Path> parse(String text, Path base) {
            return words(text, "[:\\n]").stream()
                    .map(path -> resolve(path, base))
                    .toList();
        }

        @Override
        public String show(List<Path> value) {
            return String.join(":", value.stream().map(Path::toString).toList());
        }
    }

    static final class Addresses implements Kind<List<ListenAddress>> {
        @Override
        public String syntax() {
            return "paths of Unix sockets, @NAME (abstract ones) or HOST:PORT, with blanks between";
        }

        @Override
        public List<ListenAddress> parse(String text, Path base) {
            return words(text, "\\s").stream()
                    .map(address -> ListenAddress.parse(address, base))
                    .toList();
        }

        @Override
        public String show(List<ListenAddress> value) {
            return String.join(" ", value.stream().map(Object::toString).toList());
        }
    }

    static final class HttpAddress implements Kind<Optional<ListenAddress.Tcp>> {
        @Override
        public String syntax() {
            return "HOST:PORT or PORT";
        }

        @Override
        public Optional<ListenAddress.Tcp> parse(String text, Path base) {
            return text.isEmpty() ? Optional.empty() : Optional.of(ListenAddress.parseTcp(text));
        }

        @Override
        public String show(Optional<ListenAddress.Tcp> value) {
            return value.isPresent() ? value.get().toString() : "";
        }
    }

    static final class Clients implements Kind<Optional<AllowedClients>> {
        @Override
        public String syntax() {
            return "addresses and networks, with blanks or commas between";
        }

        /// Nothing is not the same as nothing said: an empty list is nobody.
        @Override
        public Optional<AllowedClients> parse(String text, Path base) {
            return Optional.of(AllowedClients.parse(words(text, "[\\s,]")));
        }

        @Override
        public String show(Optional<AllowedClients> value) {
            return value.isPresent() ? value.get().toString() : "";
        }
    }

    private static List<String> words(String text, String divider) {
        return Arrays.stream(text.split(divider))
                .map(String::strip)
                .filter(word -> !word.isEmpty())
                .toList();
    }

    private static Path resolve(String text, Path base) {
        return base.resolve(text).toAbsolutePath().normalize();
    }
}
