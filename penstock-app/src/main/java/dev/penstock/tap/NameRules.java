package dev.penstock.tap;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/// What may be shown of the value that follows a name. Remembers its answers, because the same names come with every
/// request. For one thread.
final class NameRules {
    private static final int MAX_REMEMBERED = 2000;

    enum Rule {
        SHOW,
        MASK,
        /// An address: secrets can stand behind its `?`.
        MASK_WITHIN_ADDRESS,
        MASK_WITHIN_QUERY
    }

    private final boolean keepsSecrets;
    private final Map<String, Rule> remembered = new HashMap<>();

    /// Rules that have judged nothing yet.
    ///
    /// @param keepsSecrets nothing at all is masked
    NameRules(boolean keepsSecrets) {
        this.keepsSecrets = keepsSecrets;
    }

    boolean keepsSecrets() {
        return keepsSecrets;
    }

    /// The rule for a variable or a response header.
    Rule of(String name) {
        Rule known = remembered.get(name);
        if (known != null) {
            return known;
        }
        Rule rule = judge(name);
        if (remembered.size() < MAX_REMEMBERED) {
            remembered.put(name, rule);
        }
        return rule;
    }

    private Rule judge(String name) {
        if (keepsSecrets) {
            return Rule.SHOW;
        }
        if (Secrets.isName(name)) {
            return Rule.MASK;
        }
        String upper = name.toUpperCase(Locale.ROOT).replace('-', '_');
        if (upper.endsWith("QUERY_STRING")) {
            return Rule.MASK_WITHIN_QUERY;
        }
        boolean isAddress = upper.endsWith("URI")
                || upper.endsWith("URL")
                || upper.endsWith("REFERER")
                || upper.endsWith("LOCATION")
                || upper.endsWith("REFRESH")
                || upper.equals("LINK");
        return isAddress ? Rule.MASK_WITHIN_ADDRESS : Rule.SHOW;
    }

    /// Masks what must not be shown of bytes that nobody can attribute.
    void maskAll(byte[] bytes, int from, int length) {
        if (!keepsSecrets) {
            Secrets.mask(bytes, from, length);
        }
    }
}
