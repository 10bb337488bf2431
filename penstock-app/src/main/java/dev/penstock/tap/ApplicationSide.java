package dev.penstock.tap;

import dev.penstock.fastcgi.RecordType;
import org.jspecify.annotations.Nullable;

/// Follows what the application sends on one connection.
final class ApplicationSide extends SideReader {
    private static final String[] PROTOCOL_STATUS = {"complete", "cannot multiplex", "overloaded", "unknown role"};

    private final NameRules rules;
    private PairScanner values;

    ApplicationSide(Conversation conversation) {
        super(conversation, Side.APPLICATION);
        this.rules = conversation.following().rules();
        this.values = new PairScanner(rules);
    }

    @Override
    void begin() {
        switch (type) {
            case STDOUT, STDERR, END_REQUEST -> {
                if (conversation.active(id) == null) {
                    conversation.answerToNobody(id, name());
                }
            }
            case GET_VALUES_RESULT, UNKNOWN_TYPE -> {
                values = new PairScanner(rules);
                if (id != 0) {
                    conversation.find(Fault.MANAGEMENT_ID, side, name() + " with id " + id);
                }
            }
            case BEGIN_REQUEST, ABORT_REQUEST, PARAMS, STDIN, DATA, GET_VALUES ->
                conversation.find(id, Fault.FOREIGN_TYPE, side, name());
            default -> conversation.find(id, Fault.FOREIGN_TYPE, side, name());
        }
    }

    private String name() {
        RecordType known = RecordType.of(type);
        return (known == null ? "type " + type : known.name()) + " with id " + id + ", " + length + " bytes";
    }

    @Override
    public void content(byte[] bytes, int from, int count) {
        Exchange exchange = conversation.active(id);
        switch (type) {
            case STDOUT -> output(exchange, bytes, from, count);
            case STDERR -> errors(exchange, bytes, from, count);
            case END_REQUEST, UNKNOWN_TYPE -> collect(bytes, from, count);
            case GET_VALUES_RESULT -> values.feed(bytes, from, count);
            default -> mask(bytes, from, count);
        }
    }

    private void output(@Nullable Exchange exchange, byte[] bytes, int from, int count) {
        if (exchange == null) {
            // Perhaps a head with cookies in it.
            mask(bytes, from, count);
            return;
        }
        if (exchange.firstByte < 0) {
            exchange.firstByte = conversation.time();
        }
        exchange.outputBytes += count;
        int ofHead = exchange.head.feed(bytes, from, count);
        exchange.bodyBytes += count - ofHead;
        if (exchange.samples != null) {
            exchange.samples.head.add(bytes, from, ofHead);
            exchange.samples.body.add(bytes, from + ofHead, count - ofHead);
        }
    }

    private void errors(@Nullable Exchange exchange, byte[] bytes, int from, int count) {
        if (exchange == null) {
            mask(bytes, from, count);
            return;
        }
        exchange.errorBytes += count;
        if (exchange.samples != null) {
            exchange.samples.errors.add(bytes, from, count);
        }
    }

    @Override
    public void contentEnd() {
        if (type == GET_VALUES_RESULT) {
            if (!values.isBetweenPairs()) {
                conversation.find(Fault.PAIR_CUT, side, "GET_VALUES_RESULT");
            }
            if (length == 0) {
                conversation.find(Fault.VALUES_EMPTY, side, "");
            }
            conversation.valuesAnswered();
            return;
        }
        Exchange exchange = conversation.active(id);
        if (exchange == null) {
            return;
        }
        if (type == STDOUT) {
            outputRecord(exchange);
        } else if (type == END_REQUEST) {
            endRequest(exchange);
        }
    }

    private void outputRecord(Exchange exchange) {
        if (exchange.isOutputComplete) {
            exchange.find(Fault.STDOUT_AFTER_END, side, length + " bytes");
        } else if (length == 0) {
            exchange.isOutputComplete = true;
        }
    }

    private void endRequest(Exchange exchange) {
        if (length != body.length) {
            exchange.find(Fault.END_LENGTH, side, "found " + length);
        }
        if (exchange.outputBytes == 0) {
            if (!exchange.isAborted) {
                exchange.find(Fault.END_WITHOUT_STDOUT, side, "");
            }
        } else {
            checkAnswer(exchange);
        }
        int protocolStatus = body[4] & 0xff;
        if (protocolStatus >= PROTOCOL_STATUS.length) {
            exchange.find(Fault.END_STATUS, side, "status " + protocolStatus);
        }
        conversation.end(exchange, outcome(exchange, protocolStatus));
    }

    private void checkAnswer(Exchange exchange) {
        if (!exchange.isOutputComplete) {
            exchange.find(Fault.STDOUT_NOT_ENDED, side, "");
        }
        exchange.head.faults().forEach(fault -> exchange.find(fault, side, ""));
        if (!exchange.head.isDone()) {
            if (!exchange.isAborted) {
                exchange.find(Fault.HEAD_WITHOUT_END, side, exchange.outputBytes + " bytes of STDOUT");
            }
            return;
        }
        long expected = exchange.head.contentLength();
        int status = exchange.head.status();
        boolean hasNoBody = exchange.method().equals("HEAD") || status == 304 || status == 204;
        if (expected >= 0 && expected != exchange.bodyBytes && !hasNoBody && !exchange.isAborted) {
            exchange.find(Fault.BODY_LENGTH, side, exchange.bodyBytes + " bytes instead of " + expected);
        }
    }

    private String outcome(Exchange exchange, int protocolStatus) {
        StringBuilder text = new StringBuilder(
                protocolStatus < PROTOCOL_STATUS.length ? PROTOCOL_STATUS[protocolStatus] : "status " + protocolStatus);
        int appStatus = (body[0] & 0xff) << 24 | (body[1] & 0xff) << 16 | (body[2] & 0xff) << 8 | (body[3] & 0xff);
        if (appStatus != 0) {
            text.append(", application status ").append(appStatus);
        }
        return exchange.isAborted ? text.append(", aborted").toString() : text.toString();
    }
}
