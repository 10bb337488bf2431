package dev.penstock.deploy;

import dev.penstock.fastcgi.Role;
import dev.penstock.server.AllowedClients;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The kinds of value that there are. Plain classes, not lambdas: this is read before the first worker is
/// started, and a first lambda costs a start-up more than all of these.
public final class Kinds {
    static final Kind<Boolean> SWITCH = new Switch();
    static final Kind<Duration> DURATION = new Quantities.Durations();
    public static final Kind<Long> SIZE = new Quantities.Sizes();
    public static final Kind<Integer> MODE = new Quantities.Mode();
    static final Kind<Optional<Path>> PATH = new Places.OnePath();
    static final Kind<Optional<Path>> PROGRAM = new Places.Program();
    static final Kind<List<Path>> PATHS = new Places.Paths();
    static final Kind<List<ListenAddress>> ADDRESSES = new Places.Addresses();
    static final Kind<Optional<ListenAddress.Tcp>> HTTP_ADDRESS = new Places.HttpAddress();
    static final Kind<Optional<AllowedClients>> CLIENTS = new Places.Clients();
    static final Kind<String> ACCOUNT = new Account();
    static final Kind<String> MOUNT = new Mount();
    static final Kind<List<String>> WORDS = new Words();
    static final Kind<Set<Role>> ROLES = new Roles();

    static final Kind<String> RELOAD = new Word(List.of("asked", "changed", "always"));

    private Kinds() {}

    static Kind<Integer> number(int least, int most) {
        return new Quantities.Count(least, most);
    }

    /// The words that Paste's own converters know.
    private static final class Switch implements Kind<Boolean> {
        @Override
        public String syntax() {
            return "true or false";
        }

        @Override
        public Boolean parse(String text, Path base) {
            return switch (text.toLowerCase(Locale.ROOT)) {
                case "true", "yes", "on", "y", "t", "1" -> true;
                case "false", "no", "off", "n", "f", "0" -> false;
                default -> throw new IllegalArgumentException(syntax());
            };
        }
    }

    private static final class Words implements Kind<List<String>> {
        @Override
        public String syntax() {
            return "words with blanks between";
        }

        @Override
        public List<String> parse(String text, Path base) {
            String stripped = text.strip();
            return stripped.isEmpty() ? List.of() : List.of(stripped.split("\\s+"));
        }

        @Override
        public String show(List<String> value) {
            return String.join(" ", value);
        }
    }

    /// A user's or group's name or number; whether there is one is seen when it is used.
    private static final class Account implements Kind<String> {
        @Override
        public String syntax() {
            return "a name or a number";
        }

        @Override
        public String parse(String text, Path base) {
            if (text.chars().anyMatch(c -> c <= ' ' || c == ':')) {
                throw new IllegalArgumentException(syntax());
            }
            return text;
        }
    }

    /// One of a few words.
    private record Word(List<String> words) implements Kind<String> {
        @Override
        public String syntax() {
            return "one of " + String.join(", ", words);
        }

        @Override
        public String parse(String text, Path base) {
            if (!words.contains(text)) {
                throw new IllegalArgumentException(syntax());
            }
            return text;
        }
    }

    private static final class Mount implements Kind<String> {
        @Override
        public String syntax() {
            return "auto, as-is, or a prefix that begins with /";
        }

        @Override
        public String parse(String text, Path base) {
            if (text.equals("auto") || text.equals("as-is")) {
                return text;
            }
            if (!text.startsWith("/")) {
                throw new IllegalArgumentException(syntax());
            }
            int end = text.length();
            while (end > 0 && text.charAt(end - 1) == '/') {
                end--;
            }
            return end == 0 ? "/" : text.substring(0, end);
        }
    }

    private static final class Roles implements Kind<Set<Role>> {
        @Override
        public String syntax() {
            return "one or more of responder, authorizer and filter, with blanks between them";
        }

        @Override
        public Set<Role> parse(String text, Path base) {
            Set<Role> roles = EnumSet.noneOf(Role.class);
            for (String word : text.strip().split("\\s+", -1)) {
                Role role = named(word);
                if (role == null) {
                    throw new IllegalArgumentException(syntax());
                }
                roles.add(role);
            }
            return roles;
        }

        private static @Nullable Role named(String word) {
            for (Role role : Role.values()) {
                if (role.name().equalsIgnoreCase(word)) {
                    return role;
                }
            }
            return null;
        }

        @Override
        public String show(Set<Role> value) {
            StringBuilder words = new StringBuilder();
            value.forEach(role ->
                    words.append(words.isEmpty() ? "" : " ").append(role.name().toLowerCase(Locale.ROOT)));
            return words.toString();
        }
    }
}
