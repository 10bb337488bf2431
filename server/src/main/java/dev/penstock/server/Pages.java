package dev.penstock.server;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// The few answers that Penstock gives itself: plain, small, and they say what to do.
public final class Pages {
    private Pages() {}

    /// Sends a whole page and ends the response.
    ///
    /// @param detail text for the visitor; shown as it is, so it holds no secrets
    /// @param headers further headers, names and values in turn
    public static void send(
            Response response, boolean withBody, int status, String reason, String detail, String... headers) {
        byte[] page = page(status, reason, detail);
        String[] all = new String[headers.length + 6];
        all[0] = "Content-Type";
        all[1] = "text/html; charset=utf-8";
        all[2] = "Content-Length";
        all[3] = Integer.toString(page.length);
        all[4] = "Cache-Control";
        all[5] = "no-store";
        System.arraycopy(headers, 0, all, 6, headers.length);
        response.start(Head.of(status, reason, all));
        if (withBody) {
            response.write(ByteBuffer.wrap(page));
        }
        response.end();
    }

    /// What to say of a head that is larger than `max_response_head`; null when it is not.
    public static @Nullable String overHead(Head head, Bounds bounds) {
        int length = head.block().length;
        return length <= bounds.maxResponseHead()
                ? null
                : "The head of the application's response has " + length + " bytes, more than "
                        + bounds.maxResponseHead() + " (max_response_head).";
    }

    private static byte[] page(int status, String reason, String detail) {
        String text = """
                <!DOCTYPE html>
                <html lang="en"><head><meta charset="utf-8"><title>%d %s</title></head>
                <body><h1>%s</h1><pre>%s</pre></body></html>
                """.formatted(status, escape(reason), escape(reason), escape(detail));
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
