package dev.penstock.tap;

/// What a side can do wrong, with the section that says so.
///
/// A fault breaks a rule that the other side relies on. A note breaks the letter only, or is something that one web
/// server takes and another does not: it explains a failure where there is one.
enum Fault {
    BAD_VERSION(true, "FastCGI 3.3", "not a FastCGI record of version 1"),
    UNKNOWN_TYPE(false, "FastCGI 4.2", "a record of a type that is not defined"),
    FOREIGN_TYPE(true, "FastCGI 3.3", "a record that only a web server sends"),
    FOREIGN_TYPE_SKIPPED(false, "FastCGI 3.3", "a record that only an application sends"),
    MANAGEMENT_ID(false, "FastCGI 3.3", "a request's record with id 0, or a management record with another id"),
    BEGIN_WITH_ID_0(true, "FastCGI 3.3", "BEGIN_REQUEST with id 0, which is for management records"),
    UNKNOWN_ID(false, "FastCGI 3.3", "a record for an id that has not begun: it is ignored"),
    ANSWER_TO_NOBODY(true, "FastCGI 3.3", "an answer for an id that was not asked: nginx and Apache fail the request"),
    RECORD_AFTER_END(true, "FastCGI 5.5", "a record after END_REQUEST"),
    CUT_RECORD(true, "FastCGI 3.3", "closed in the middle of a record"),

    BEGIN_LENGTH(true, "FastCGI 5.1", "BEGIN_REQUEST must have 8 bytes"),
    BEGIN_AGAIN(true, "FastCGI 3.3", "BEGIN_REQUEST for an id that is in use"),
    UNKNOWN_ROLE(false, "FastCGI 5.1", "a role that is not defined"),
    PARAMS_AFTER_END(true, "FastCGI 3.3", "PARAMS after the empty PARAMS"),
    PARAMS_NOT_ENDED(true, "FastCGI 5.2", "the empty PARAMS is missing: a body before it"),
    PAIR_CUT(true, "FastCGI 3.4", "a name-value pair claims more than there is"),
    TOO_MANY_PAIRS(true, "the tap's own bound", "more variables than any web server sends"),
    TOO_MANY_PAIR_BYTES(true, "the tap's own bound", "more bytes of variables than any web server sends"),
    STDIN_AFTER_END(true, "FastCGI 3.3", "STDIN after the empty STDIN"),
    STDIN_ENDS_TWICE(false, "FastCGI 3.3", "a second empty STDIN"),
    STDIN_NOT_ENDED(true, "FastCGI 5.3", "the empty STDIN is missing: the id is used again"),
    STDIN_SHORT(true, "RFC 3875, 4.2", "the body is shorter than CONTENT_LENGTH"),
    STDIN_LONG(true, "RFC 3875, 4.2", "the body is longer than CONTENT_LENGTH"),
    DATA_FOR_NO_FILTER(false, "FastCGI 6.4", "DATA for a request that is no filter's"),

    END_LENGTH(true, "FastCGI 5.5", "END_REQUEST must have 8 bytes"),
    END_STATUS(true, "FastCGI 5.5", "a protocol status that is not defined"),
    END_WITHOUT_STDOUT(
            true, "FastCGI 5.5", "END_REQUEST without an answer: an empty 200 on mod_proxy_fcgi, HAProxy hangs"),
    STDOUT_AFTER_END(true, "FastCGI 3.3", "STDOUT after the empty STDOUT"),
    STDOUT_NOT_ENDED(false, "FastCGI 3.3", "END_REQUEST without the empty STDOUT"),
    CLOSED_WITHOUT_END(true, "FastCGI 5.5", "closed without END_REQUEST"),
    NOT_CLOSED(true, "FastCGI 5.1", "KEEP_CONN is 0 and the connection was not closed after END_REQUEST: nginx waits"),
    CLOSED_DESPITE_KEEP(false, "FastCGI 5.1", "KEEP_CONN is 1 and the connection was closed after END_REQUEST"),
    CLOSED_WITH_INPUT(true, "FastCGI 5.5", "closed without reading all input: a 500 from mod_fcgid, a 502 from Caddy"),
    VALUES_NOT_ANSWERED(true, "FastCGI 4.1", "GET_VALUES has got no answer"),
    VALUES_EMPTY(false, "FastCGI 4.1", "an empty answer to GET_VALUES: no limits are known"),
    NOBODY_LISTENS(true, "FastCGI 2.2", "the application cannot be reached"),

    NO_STATUS(false, "RFC 3875, 6.3.3", "no Status header: taken for 200"),
    LOCATION_ALONE(false, "RFC 3875, 6.3.2", "Location without Status: servers differ in what they make of it"),
    HEAD_STATUS(true, "RFC 3875, 6.3.3", "Status is no three-digit number"),
    HEAD_LINE(true, "RFC 3875, 6.3", "a line of the head is not `Name: value`"),
    HEAD_CONTROL(true, "RFC 3875, 6.3", "a CR without LF, or a NUL, in the head"),
    HEAD_LF(false, "RFC 3875, 6.3", "lines of the head end in LF without CR"),
    HEAD_FOLDED(false, "RFC 9112, 5.2", "a header that goes on in the next line"),
    HEAD_WITHOUT_END(true, "RFC 3875, 6", "no empty line ends the head"),
    HEAD_LINE_TOO_LONG(false, "Apache: 8,190 bytes", "a header that Apache refuses with a 500"),
    HEAD_OVER_4K(false, "nginx: fastcgi_buffer_size", "a head that nginx refuses with a 502, as it comes (4 KiB)"),
    HEAD_OVER_16K(false, "HAProxy: tune.bufsize", "a head that nginx and HAProxy refuse (16 KiB)"),
    BODY_LENGTH(true, "RFC 9110, 8.6", "the answer's length is not its Content-Length");

    private final boolean isFault;
    private final String section;
    private final String text;

    Fault(boolean isFault, String section, String text) {
        this.isFault = isFault;
        this.section = section;
        this.text = text;
    }

    /// Whether it is more than a note.
    boolean isFault() {
        return isFault;
    }

    /// Where the rule stands.
    String section() {
        return section;
    }

    String text() {
        return text;
    }
}
