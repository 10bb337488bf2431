package dev.penstock.server;

import dev.penstock.fastcgi.Parameters;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Computes SCRIPT_NAME and PATH_INFO, once, from what the web server sent (PEP 3333, RFC 3875 4.1).
///
/// Web servers disagree about both. What they agree on is REQUEST_URI, the URL as the client wrote it.
/// So the rule is: **the URL's path is SCRIPT_NAME followed by PATH_INFO**, and the web server's own
/// variables only say where to cut:
///
/// | what came | where the cut is |
/// |---|---|
/// | PATH_INFO ends the URL's path | before PATH_INFO. A rewrite to `dispatch.fcgi/$1` becomes `/app` + `/hello` |
/// | PATH_INFO is the URL's path and begins with SCRIPT_NAME | after SCRIPT_NAME (nginx with a SCRIPT_NAME of its own)
/// |
/// | no PATH_INFO, SCRIPT_FILENAME `proxy:fcgi://host:port/hello` | before `/hello` (mod_proxy_fcgi, mod_proxy_scgi) |
/// | no PATH_INFO, SCRIPT_NAME is the whole path | at the front: the application is at the root |
/// | no PATH_INFO, SCRIPT_NAME is the path's beginning | after SCRIPT_NAME |
///
/// `script_name = /prefix` cuts after that prefix instead; `as-is` changes nothing.
public final class PathTruth {
    private final @Nullable String prefix;
    private final boolean asIs;
    private final @Nullable String dispatchName;
    private final @Nullable String cgiName;

    /// @param scriptName the setting: `auto`, `as-is`, or a prefix such as `/app`
    /// @param dispatchName the file name of the script that the web server spawns, or null; as a CGI
    ///     program it may also end in `.cgi`
    /// @throws IllegalArgumentException for any other setting
    public PathTruth(String scriptName, @Nullable String dispatchName) {
        this.dispatchName = dispatchName;
        this.cgiName = dispatchName == null ? null : dispatchName.replaceFirst("\\.[^.]*$", "") + ".cgi";
        asIs = scriptName.equals("as-is");
        if (asIs || scriptName.equals("auto")) {
            prefix = null;
        } else if (scriptName.startsWith("/")) {
            prefix = scriptName.replaceAll("/+$", "");
        } else {
            throw new IllegalArgumentException(
                    "script_name is auto, as-is, or a path that begins with /, not " + Printable.of(scriptName));
        }
    }

    /// Sets SCRIPT_NAME and PATH_INFO, and removes what would contradict them.
    public void apply(Parameters environ) {
        if (asIs) {
            environ.set("SCRIPT_NAME", environ.get("SCRIPT_NAME", ""));
            environ.set("PATH_INFO", environ.get("PATH_INFO", ""));
            return;
        }
        String script = environ.get("SCRIPT_NAME", "");
        String info = environ.get("PATH_INFO", "");
        String url = urlPath(environ.get("REQUEST_URI"));
        Cut cut = prefix != null ? afterPrefix(prefix, script, info, url) : cut(environ, script, info, url);
        if (!cut.script.equals(script)) {
            environ.set("SCRIPT_NAME", cut.script);
        }
        if (!cut.info.equals(info) || environ.find("PATH_INFO") < 0) {
            environ.set("PATH_INFO", cut.info);
        }
        if (environ.find("SCRIPT_NAME") < 0) {
            environ.set("SCRIPT_NAME", "");
        }
        // Django takes its prefix from these before SCRIPT_NAME; they repeat what is corrected here.
        environ.remove("SCRIPT_URL");
        environ.remove("REDIRECT_URL");
    }

    private record Cut(String script, String info) {}

    private static Cut afterPrefix(String prefix, String script, String info, @Nullable String url) {
        String path = url != null ? url : script + info;
        for (String candidate : List.of(path, normalised(path), script)) {
            if (startsWithPath(candidate, prefix)) {
                return new Cut(prefix, candidate.substring(prefix.length()));
            }
        }
        return new Cut(prefix, info.isEmpty() ? script : info);
    }

    private Cut cut(Parameters environ, String script, String info, @Nullable String url) {
        if (info.isEmpty()) {
            return withoutPathInfo(environ, script, url);
        }
        if (url == null) {
            return new Cut(root(script), info);
        }
        if (!script.isEmpty()
                && startsWithPath(info, root(script))
                && (info.equals(url) || info.equals(normalised(url)))) {
            return new Cut(root(script), info.substring(root(script).length()));
        }
        String proxied = proxiedPath(environ.get("SCRIPT_FILENAME", ""), "proxy:scgi://");
        if (proxied != null && !info.equals(proxied)) { // proxy-scgi-pathinfo leaves it encoded
            return new Cut(root(valueOr(before(normalised(url), proxied), script)), proxied);
        }
        String before = before(url, info);
        if (before == null) {
            before = before(normalised(url), normalised(info));
        }
        if (before != null && startsWithPath(script, before)) {
            return new Cut(root(before), info);
        }
        String clean = withoutDispatch(environ, script, url);
        return new Cut(root(clean), onceDecoded(url, clean, info));
    }

    /// A rewrite in an `.htaccess` decodes the path a second time: `%2525` arrives as `%`. The URL knows better.
    private static String onceDecoded(String url, String clean, String info) {
        String rest = startsWithPath(url, clean) ? url.substring(clean.length()) : "";
        String merged = normalised(rest);
        return !merged.equals(info) && decoded(merged).equals(info) ? merged : info;
    }

    /// No PATH_INFO: either the URL is the script itself, or the server never sends any.
    private Cut withoutPathInfo(Parameters environ, String script, @Nullable String url) {
        String file = environ.get("SCRIPT_FILENAME", "");
        String proxied = proxiedPath(file, file.startsWith("proxy:s") ? "proxy:scgi://" : "proxy:fcgi://");
        if (proxied != null && !script.isEmpty()) {
            String before = before(script, proxied);
            return before != null ? new Cut(root(before), proxied) : new Cut("", script);
        }
        if (url == null) {
            return new Cut(root(script), "");
        }
        if (isDispatch(environ)) {
            String clean = withoutDispatch(environ, script, url);
            String path = normalised(url);
            return new Cut(root(clean), startsWithPath(path, clean) ? path.substring(clean.length()) : "");
        }
        String path = normalised(url);
        if (!root(script).isEmpty() && !script.equals(path) && startsWithPath(path, root(script))) {
            return new Cut(root(script), path.substring(root(script).length()));
        }
        return new Cut("", path.startsWith(script) ? path : script);
    }

    /// What is left of `path` when `tail` is taken off its end, or null when it does not end so.
    private static @Nullable String before(String path, String tail) {
        return path.endsWith(tail) ? path.substring(0, path.length() - tail.length()) : null;
    }

    /// Whether the web server found the dispatch script on its disk, so that a missing PATH_INFO is the truth.
    private boolean isDispatch(Parameters environ) {
        String file = environ.get("SCRIPT_FILENAME", "");
        return dispatchName != null && (file.endsWith("/" + dispatchName) || file.endsWith("/" + cgiName));
    }

    /// SCRIPT_NAME without the dispatch script's own name, unless the client wrote that name itself.
    private String withoutDispatch(Parameters environ, String script, String url) {
        boolean hidden = isDispatch(environ)
                && (script.endsWith("/" + dispatchName) || script.endsWith("/" + cgiName))
                && !startsWithPath(normalised(url), script);
        return hidden ? script.substring(0, script.lastIndexOf('/')) : script;
    }

    private static String valueOr(@Nullable String value, String other) {
        return value != null ? value : other;
    }

    /// The path that mod_proxy_fcgi or mod_proxy_scgi would have sent as PATH_INFO, if this is its SCRIPT_FILENAME.
    private static @Nullable String proxiedPath(String file, String scheme) {
        if (!file.startsWith(scheme)) {
            return null;
        }
        int slash = file.indexOf('/', scheme.length());
        return slash < 0 ? null : normalised(decoded(withoutQuery(file.substring(slash))));
    }

    private static boolean startsWithPath(String path, String prefix) {
        return path.startsWith(prefix)
                && (path.length() == prefix.length() || prefix.isEmpty() || path.charAt(prefix.length()) == '/');
    }

    /// SCRIPT_NAME of an application at the root is empty, never `/`.
    private static String root(String script) {
        return script.endsWith("/") ? script.replaceAll("/+$", "") : script;
    }

    /// The decoded path of REQUEST_URI, which may be absolute; null when there is none.
    private static @Nullable String urlPath(@Nullable String uri) {
        if (uri == null || uri.isEmpty()) {
            return null;
        }
        String path = withoutQuery(uri);
        if (!path.startsWith("/")) {
            int authority = path.indexOf("://");
            int slash = authority < 0 ? -1 : path.indexOf('/', authority + 3);
            path = slash < 0 ? "/" : path.substring(slash);
        }
        return decoded(path);
    }

    private static String withoutQuery(String uri) {
        int query = uri.indexOf('?');
        return query < 0 ? uri : uri.substring(0, query);
    }

    /// Percent-decoded; what is not a valid escape stays as it is.
    ///
    /// @param path a byte a character, and so is the result
    public static String decoded(String path) {
        if (path.indexOf('%') < 0) {
            return path;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream(path.length());
        for (int i = 0; i < path.length(); i++) {
            int value = path.charAt(i) == '%' ? escape(path, i) : -1;
            out.write(value >= 0 ? value : path.charAt(i));
            i += value >= 0 ? 2 : 0;
        }
        return out.toString(StandardCharsets.ISO_8859_1);
    }

    private static int escape(String path, int at) {
        if (at + 2 >= path.length()) {
            return -1;
        }
        int high = Character.digit(path.charAt(at + 1), 16);
        int low = Character.digit(path.charAt(at + 2), 16);
        return high < 0 || low < 0 ? -1 : high * 16 + low;
    }

    /// Slashes merged and dot segments resolved, as web servers do before they compute PATH_INFO.
    private static String normalised(String path) {
        if (!path.contains("//") && !path.contains("/.")) {
            return path;
        }
        Deque<String> segments = new ArrayDeque<>();
        String[] parts = path.split("/", -1);
        for (String part : parts) {
            if (part.equals("..")) {
                segments.pollLast();
            } else if (!part.isEmpty() && !part.equals(".")) {
                segments.addLast(part);
            }
        }
        StringBuilder out = new StringBuilder();
        for (Iterator<String> each = segments.iterator(); each.hasNext(); ) {
            out.append('/').append(each.next());
        }
        String last = parts[parts.length - 1];
        boolean folder = last.isEmpty() || last.equals(".") || last.equals("..");
        return folder || out.isEmpty() ? out.append('/').toString() : out.toString();
    }
}
